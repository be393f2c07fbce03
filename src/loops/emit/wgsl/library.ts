/**
 * Functions in WGSL that emitted code calls: what the language lacks, and what drivers get wrong. Each is here once, with a name of
 * its own; a module holds those that its code names, and those that these name.
 *
 * Drivers take it that there are no NaNs, so those are known by their bits. They also fold what error terms are made of: `exact`
 * hides a value from them, by a zero that they cannot know (`lw.zero`). There is no && or ||: each is a branch, and compilers of drivers
 * need seconds for a hundred.
 */

import { double } from './library-double.ts'
import { long } from './library-long.ts'
import { pair } from './library-pair.ts'

const float = `
fn exact(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ lw.zero); }
fn of_bits(u: u32) -> f32 { return bitcast<f32>(u ^ lw.zero); }
fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }
fn eq_f(a: f32, b: f32) -> bool { return (a == b) & !(is_nan(a) | is_nan(b)); }
fn lt_f(a: f32, b: f32) -> bool { return (a < b) & !(is_nan(a) | is_nan(b)); }
fn le_f(a: f32, b: f32) -> bool { return (a <= b) & !(is_nan(a) | is_nan(b)); }
fn copysign_f(x: f32, y: f32) -> f32 { return of_bits((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(y) & 0x80000000u)); }
fn neg_f(x: f32) -> f32 { return of_bits(bitcast<u32>(x) ^ 0x80000000u); }
fn abs_f(x: f32) -> f32 { return of_bits(bitcast<u32>(x) & 0x7fffffffu); }
fn order_f(x: f32) -> i32 { let i = bitcast<i32>(x); return i ^ ((i >> 31u) & 0x7fffffff); }
fn min_f(a: f32, b: f32) -> f32 {
  if (is_nan(a) | is_nan(b)) { return of_bits(0x7fc00000u); }
  return select(b, a, order_f(a) <= order_f(b));
}
fn max_f(a: f32, b: f32) -> f32 {
  if (is_nan(a) | is_nan(b)) { return of_bits(0x7fc00000u); }
  return select(b, a, order_f(a) >= order_f(b));
}
fn pmin_f(a: f32, b: f32) -> f32 { return select(a, b, lt_f(b, a)); }
fn pmax_f(a: f32, b: f32) -> f32 { return select(a, b, lt_f(a, b)); }
fn sign_f(x: f32) -> f32 {
  let size = bitcast<u32>(x) & 0x7fffffffu;
  return select(copysign_f(1f, x), x, (size == 0u) | (size > 0x7f800000u));
}
fn floor_f(x: f32) -> f32 { return whole_f(x, copysign_f(floor(x), x)); }
fn ceil_f(x: f32) -> f32 { return whole_f(x, copysign_f(ceil(x), x)); }
fn trunc_f(x: f32) -> f32 { return whole_f(x, copysign_f(trunc(x), x)); }
fn nearest_f(x: f32) -> f32 { return whole_f(x, copysign_f(round(x), x)); }
fn round_f(x: f32) -> f32 {
  let down = floor(x);
  return whole_f(x, copysign_f(select(down, down + 1f, exact(x - down) >= 0.5f), x));
}
fn whole_f(x: f32, rounded: f32) -> f32 { return select(rounded, x, (bitcast<u32>(x) & 0x7fffffffu) >= 0x4b000000u); }
fn sqrt_f(x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  if (((bits & 0x7fffffffu) == 0u) | (bits == 0x7f800000u) | is_nan(x)) { return x; }
  return select(sqrt(x), of_bits(0x7fc00000u), bits > 0x80000000u);
}
fn f_to_u(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let e = i32((bits >> 23u) & 0xffu) - 150;
  if ((e <= -24) | (e > 31)) { return 0u; }
  let m = (bits & 0x7fffffu) | 0x800000u;
  let size = select(m >> u32(-e & 31), m << u32(e & 31), e >= 0);
  return select(size, 0u - size, bits >= 0x80000000u);
}
`

const int = `
fn div_i(a: i32, b: i32) -> i32 { return select(a / b, 0, b == 0); }
fn div_u(a: u32, b: u32) -> u32 { return select(a / b, 0u, b == 0u); }
fn floordiv_i(a: i32, b: i32) -> i32 {
  let q = div_i(a, b);
  return q - select(0, 1, (b != 0) & (a - q * b != 0) & ((a < 0) != (b < 0)));
}
fn rem_i(a: i32, b: i32) -> i32 { return select(a - div_i(a, b) * b, 0, b == 0); }
fn rem_u(a: u32, b: u32) -> u32 { return select(a - div_u(a, b) * b, 0u, b == 0u); }
fn hadd_i(a: i32, b: i32) -> i32 { return (a & b) + ((a ^ b) >> 1u); }
fn hadd_u(a: u32, b: u32) -> u32 { return (a & b) + ((a ^ b) >> 1u); }
fn rhadd_i(a: i32, b: i32) -> i32 { return (a | b) - ((a ^ b) >> 1u); }
fn rhadd_u(a: u32, b: u32) -> u32 { return (a | b) - ((a ^ b) >> 1u); }
fn zhadd_i(a: i32, b: i32) -> i32 { let h = hadd_i(a, b); return h + select(0, (a ^ b) & 1, h < 0); }
fn add_sat_i(a: i32, b: i32) -> i32 {
  let s = a + b;
  return select(s, (a >> 31u) ^ 0x7fffffff, ((a ^ s) & (b ^ s)) < 0);
}
fn sub_sat_i(a: i32, b: i32) -> i32 {
  let d = a - b;
  return select(d, (a >> 31u) ^ 0x7fffffff, ((a ^ b) & (a ^ d)) < 0);
}
fn add_sat_u(a: u32, b: u32) -> u32 { let s = a + b; return select(s, 0xffffffffu, s < a); }
fn sub_sat_u(a: u32, b: u32) -> u32 { return select(a - b, 0u, a < b); }
`

interface Helper {
  readonly text: string
  readonly needs: readonly string[]
}

const heads = /^fn (\w+)\(/

/** One function begins at each line that begins with `fn`. */
function read(text: string): Map<string, Helper> {
  const texts = text
    .split(/^(?=fn )/m)
    .map((part) => part.trim())
    .filter(Boolean)
  const names = texts.map((part) => heads.exec(part)?.[1] ?? '')
  return new Map(
    texts.map((part, k): [string, Helper] => {
      const name = names[k] ?? ''
      return [name, { text: part, needs: called(part, names).filter((other) => other !== name) }]
    }),
  )
}

const called = (text: string, names: readonly string[]): string[] => {
  const words = new Set(text.match(/\w+(?=\()/g))
  return names.filter((name) => words.has(name))
}

const helpers = read([int, float, long, double, pair].join('\n'))
const all = [...helpers.keys()]

/** The functions that this text calls, and those that they call, each before it is called. */
export function libraryFor(text: string): string {
  const found = new Set<string>()
  const visit = (name: string): void => {
    if (found.has(name)) return
    for (const other of helpers.get(name)?.needs ?? []) visit(other)
    found.add(name)
  }
  for (const name of called(text, all)) visit(name)
  return [...found].map((name) => helpers.get(name)?.text ?? '').join('\n')
}
