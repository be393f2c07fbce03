/**
 * Does this engine's `relaxed_madd` round once? The specification leaves it open, so a module of two functions is run on numbers
 * for which it shows. The answer goes into compile requests: math functions are faster with fused multiply-adds.
 */

/** `f8` and `f4`: a*b + c through the first lane of f64x2.relaxed_madd and f32x4.relaxed_madd. */
const probe = [
  '00 61 73 6d 01 00 00 00 01 0f 02 60 03 7c 7c 7c 01 7c 60 03 7d 7d 7d 01 7d 03 03 02 00 01',
  '07 0b 02 02 66 38 00 00 02 66 34 00 01 0a 2b 02',
  '14 00 20 00 fd 14 20 01 fd 14 20 02 fd 14 fd 87 02 fd 21 00 0b',
  '14 00 20 00 fd 13 20 01 fd 13 20 02 fd 13 fd 85 02 fd 1f 00 0b',
].join(' ')

type Madd = (a: number, b: number, c: number) => number

function run(): boolean {
  const code = Uint8Array.from(probe.split(' '), (byte) => Number.parseInt(byte, 16))
  if (!WebAssembly.validate(code)) return false
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code))
  const [f8, f4] = [exports.f8 as Madd, exports.f4 as Madd]
  // (1 + e)² - (1 + 2e) is e², which two roundings lose.
  const [e8, e4] = [2 ** -30, 2 ** -14]
  const double = f8(1 + e8, 1 + e8, -1 - 2 * e8) === e8 ** 2
  return double && f4(1 + e4, 1 + e4, -1 - 2 * e4) === e4 ** 2
}

let known: boolean | undefined

/** True where math functions may be compiled with fused multiply-adds. */
export const fuses = (): boolean => {
  known ??= run()
  return known
}
