/** C from the typed IR. In the texts of ops: T is the operands' type, U the same unsigned, W a wider one, N its bits, F the end of a function's name. */

import type { Code, Expr, IrLoop, Kernel, Op, Stmt, Value } from 'lanewise/target'
import { dtypes } from 'lanewise/target'

const types: Readonly<Record<Code, string>> = {
  ...{ b1: 'bool', i1: 'int8_t', i2: 'int16_t', i4: 'int32_t', i8: 'int64_t' },
  ...{ u1: 'uint8_t', u2: 'uint16_t', u4: 'uint32_t', u8: 'uint64_t', f4: 'float', f8: 'double' },
}
const inMemory = (code: Code) => (code === 'b1' ? 'uint8_t' : types[code])
const isFloat = (code: Code) => dtypes[code].kind === 'f'

const prelude = `#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
static inline int64_t to_int(double x) {
  if (fabs(x) < 0x1p63) return (int64_t)x;
  if (!isfinite(x)) return 0;
  double m = fmod(trunc(x), 0x1p64);
  return (int64_t)(m < 0 ? -(uint64_t)-m : (uint64_t)m);
}
`

const both: Partial<Record<Op, string>> = {
  ...{ add: 'x + y', sub: 'x - y', mul: 'x * y', and: 'x & y', or: 'x | y', xor: 'x ^ y', neg: '-x' },
  ...{ eq: 'x == y', ne: 'x != y', lt: 'x < y', le: 'x <= y', gt: 'x > y', ge: 'x >= y' },
}
/** -fwrapv makes overflow wrap; what would trap is asked for first. */
const ofInts: Partial<Record<Op, string>> = {
  ...both,
  not: '~x',
  abs: 'x < 0 ? -x : x',
  sign: '(x > 0) - (x < 0)',
  min: 'x < y ? x : y',
  max: 'x > y ? x : y',
  div: 'y == 0 ? 0 : MINUS ? -x : x / y',
  rem: 'y == 0 || MINUS ? 0 : x % y',
  floordiv: 'y == 0 ? 0 : MINUS ? -x : x / y - (x % y != 0 && (x < 0) != (y < 0))',
  hadd: '((W)x + y) >> 1',
  rhadd: '((W)x + y + 1) >> 1',
  zhadd: '((W)x + y) / 2',
  addSat: '({ W s = (W)x + y; s < LOW ? LOW : s > HIGH ? HIGH : s; })',
  subSat: '({ W s = (W)x - y; s < LOW ? LOW : s > HIGH ? HIGH : s; })',
  shl: '(U)x << (y & (N - 1))',
  shr: 'x >> (y & (N - 1))',
  popcnt: '__builtin_popcountll((uint64_t)(U)x)',
  clz: 'x == 0 ? N : __builtin_clzll((uint64_t)(U)x) - (64 - N)',
}
const ofFloats: Partial<Record<Op, string>> = {
  ...both,
  div: 'x / y',
  abs: 'fabsF(x)',
  nearest: 'rintF(x)',
  sign: 'x > 0 ? 1 : x < 0 ? -1 : x',
  min: 'x != x ? x : y != y ? y : x < y ? x : y < x ? y : signbit(x) ? x : y',
  max: 'x != x ? x : y != y ? y : x > y ? x : y > x ? y : signbit(x) ? y : x',
  pmin: 'y < x ? y : x',
  pmax: 'y > x ? y : x',
  round: '({ T r = floorF(x); copysignF(r + (x - r >= (T)0.5), x); })',
}

/** An op on x, y and z. */
function opText(op: Op, code: Code, count: number): string {
  const { kind, bytes } = dtypes[code]
  if (kind === 'b' && op === 'not') return '!x'
  const text = kind === 'f' ? (ofFloats[op] ?? `${op}F(${['x', 'y', 'z'].slice(0, count)})`) : ofInts[op]
  if (text === undefined) throw new TypeError(`${op} of ${code} has no C`)
  const signed = kind === 'i'
  return text
    .replace('MINUS', signed ? 'y == -1' : 'false')
    .replaceAll('LOW', signed ? '-((W)1 << (N - 1))' : '0')
    .replaceAll('HIGH', signed ? '((W)1 << (N - 1)) - 1' : '((W)1 << N) - 1')
    .replace(/\bT\b/g, types[code])
    .replace(/\bU\b/g, types[code.replace('i', 'u') as Code])
    .replace(/\bW\b/g, bytes === 8 ? '__int128' : 'int64_t')
    .replace(/\bN\b/g, String(8 * bytes))
    .replace(/F\(/g, code === 'f4' ? 'f(' : '(')
}

function constant(code: Code, value: Value): string {
  if (!isFloat(code)) return `(${types[code]})0x${BigInt.asUintN(64, BigInt(value)).toString(16)}ull`
  const x = Number(value)
  if (!Number.isFinite(x)) return Number.isNaN(x) ? '(0.0 / 0.0)' : x > 0 ? 'INFINITY' : '(-INFINITY)'
  const text = Object.is(x, -0) ? '-0' : String(x)
  return `(${types[code]})${/[.e]/.test(text) ? text : `${text}.0`}`
}

const cast = (from: Code, to: Code, x: string): string =>
  to === 'b1' ? `(${x} != 0)` : `(${types[to]})${isFloat(from) && !isFloat(to) ? 'to_int' : ''}(${x})`
const truth = (code: Code, text: string): string => (code === 'b1' ? `(${text} != 0)` : text)

/** The lines of one kernel. */
function bodyOf(kernel: Kernel): string[] {
  const views = kernel.core?.views ?? []
  const sizeOf = (view: number, axis: number) => {
    const dim = views[view]?.dims[axis] ?? -1
    return dim < 0 ? '1' : `sizes[${dim}]`
  }
  const checked = (index: string, size: string, check: number, known = 'checked') =>
    known !== 'checked'
      ? index
      : `({ int64_t k = ${index}; if ((uint64_t)k >= (uint64_t)${size}) { error[0] = k; error[1] = ${size}; return ${check + 1}; } k; })`
  const place = (e: Extract<Expr | Stmt, { kind: 'element' | 'store' }>): string => {
    const terms = e.indices.map((index, axis) => {
      const at = checked(expr(index), sizeOf(e.view, axis), e.check + axis, e.inside?.[axis])
      return `${at} * s${e.view}_${axis}`
    })
    return `((${inMemory(views[e.view]?.type ?? 'f8')} *)a${e.view})[${terms.join(' + ') || 0}]`
  }

  const expr = (e: Expr): string => (exprs[e.kind] as (e: Expr) => string)(e)
  const exprs: { readonly [K in Expr['kind']]: (e: Extract<Expr, { kind: K }>) => string } = {
    const: (e) => constant(e.type, e.value),
    local: (e) => `v${e.local}`,
    input: (e) => `i${e.operand}`,
    cast: (e) => cast(e.arg.type, e.type, expr(e.arg)),
    bits: (e) =>
      `({ ${types[e.arg.type]} x = ${expr(e.arg)}; ${types[e.type]} y; memcpy(&y, &x, sizeof y); y; })`,
    select: (e) => `(${expr(e.cond)} ? ${expr(e.then)} : ${expr(e.else)})`,
    load(e) {
      const size = String(kernel.arrays[e.array]?.length)
      return truth(e.type, `t${e.array}[${checked(expr(e.index), size, e.check, e.inside?.[0])}]`)
    },
    element: (e) => truth(e.type, place(e)),
    size: (e) => `(int32_t)${sizeOf(e.view, e.axis)}`,
    op(e) {
      const code = e.args[0]?.type ?? e.type
      const named = e.args.map((arg, k) => `${types[code]} ${'xyz'[k]} = ${expr(arg)}; `)
      return `({ ${named.join('')}(${types[e.type]})(${opText(e.op, code, e.args.length)}); })`
    },
  }

  const lines = (body: readonly Stmt[]): string[] =>
    body.flatMap((s) => (stmts[s.kind] as (s: Stmt) => string[])(s))
  const stmts: { readonly [K in Stmt['kind']]: (s: Extract<Stmt, { kind: K }>) => string[] } = {
    set: (s) => [`v${s.local} = ${expr(s.value)};`],
    store: (s) => [`{ ${types[s.value.type]} w = ${expr(s.value)}; ${place(s)} = w; }`],
    if: (s) => [`if (${expr(s.cond)}) {`, ...lines(s.then), '} else {', ...lines(s.else), '}'],
    loop: (s) => [
      ...['for (;;) {', ...lines(s.body), `next${s.label}:;`],
      ...[...lines(s.update), '}', `end${s.label}:;`],
    ],
    block: (s) => ['{', ...lines(s.body), '}', `end${s.label}:;`],
    break: (s) => [`goto end${s.label};`],
    continue: (s) => [`goto next${s.label};`],
  }
  const locals = kernel.locals.map(({ type }, id) => `${types[type]} v${id} = 0;`)
  return [...locals, ...lines(kernel.body), ...kernel.outs.map((id, k) => `*o${k} = v${id};`), 'return 0;']
}

const each = <X>(items: readonly X[], text: (item: X, k: number) => string): string =>
  items.map(text).join('')

/**
 * The file: `element` is the kernel, of values as memory holds them; `run` calls it n times. Its numbers g are n, for each operand an
 * offset and a step, sizes, and the steps of arrays.
 */
export function emitC({ form, kernel, inputs, outputs, operands: codes }: IrLoop): string {
  const { views = [], sizes = 0 } = kernel.core ?? {}
  const [last, sizesAt] = [codes.length - 1, 1 + 2 * codes.length]
  const at = (k: number) => `p${k}[i * s${k}]`
  const isArray = (k: number) => views.some(({ operand }) => operand === k)
  // What the kernel reads, and where it writes.
  const reads = inputs.map((code, k) => ({ code, text: isArray(k) ? '0' : truth(code, at(k)) }))
  let gives = kernel.outs.map((_, k) => at(inputs.length + k))
  let begin = ''
  if (form === 'masked') {
    reads.pop()
    begin = `if (${at(inputs.length - 1)} == 0) continue;`
  } else if (form === 'indexed') {
    const place = `p${last}[k * s${last}]`
    reads[0] = { code: outputs[0] ?? 'f8', text: truth(outputs[0] ?? 'f8', place) }
    gives = [place]
    begin = `int64_t k = ${at(0)}; if (k < 0) k += g[${sizesAt}];`
  }
  // An input is an output element by element, or shares no memory with any.
  const apart = form === 'indexed' || kernel.core ? '' : '#pragma GCC ivdep\n'
  let step = sizesAt + sizes
  const arrays = each(views, ({ operand, dims }) => `, &${at(operand)}${each(dims, () => `, g[${step++}]`)}`)
  const [tables, tableArgs] = [
    each(kernel.arrays, ({ type }, k) => `, const ${inMemory(type)} *t${k}`),
    each(kernel.arrays, (_, k) => `, t${k}`),
  ]
  const parameters = [
    each(views, ({ dims }, v) => `, void *a${v}${each(dims, (_, d) => `, int64_t s${v}_${d}`)}`),
    each(reads, ({ code }, k) => `, ${types[code]} i${k}`),
    each(gives, (_, k) => `, ${inMemory(outputs[k] ?? 'f8')} *o${k}`),
  ]
  const args = [arrays, each(reads, ({ text }) => `, ${text}`), each(gives, (text) => `, &${text}`)]
  const operands = each(codes, (code, k) => `, ${inMemory(code)} *p${k}`)
  const pointers = each(codes, (_, k) => `, p${k}`)
  const inline = 'static inline __attribute__((always_inline)) int'
  return `${prelude}
${inline} element(double *error, const int64_t *sizes${tables}${parameters.join('')}) {
  ${bodyOf(kernel).join('\n  ')}
}
${inline} inner(const int64_t *g, double *error${tables}${operands}${each(codes, (_, k) => `, int64_t s${k}`)}) {
  const int64_t n = g[0];
${apart}  for (int64_t i = 0; i < n; i++) {
    ${begin}
    int c = element(error, g + ${sizesAt}${tableArgs}${args.join('')});
    if (c) return c;
  }
  return 0;
}
int run(const int64_t *g, double *error${tables}${operands}) {
  ${each(codes, (_, k) => `p${k} += g[${1 + 2 * k}]; `)}
  // With known steps, compilers make it lanes.
  if (${codes.map((_, k) => `g[${2 + 2 * k}] == 1`).join(' && ')})
    return inner(g, error${tableArgs}${pointers}${each(codes, () => ', 1')});
  return inner(g, error${tableArgs}${pointers}${each(codes, (_, k) => `, g[${2 + 2 * k}]`)});
}
`
}
