/** Where the numbers come from: one seeded generator, and the ranges the rows draw from. */

/** mulberry32: small, fast, the same on every machine. */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Reals spread evenly over [low, high). */
export const uniform = (low, high) => (random) => low + (high - low) * random()

/** Integers from low to high, both included. */
export const integers = (low, high) => (random) => low + Math.floor((high - low + 1) * random())

/** All 64 bits at random. */
export const words = (random) =>
  (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32))

const side = (n) => Math.ceil(Math.sqrt(n))

/** The pixel coordinates of a square image, row after row, so that neighbours do similar work. */
export const imageX = (low, high) => (_, n, i) => low + ((high - low) * (i % side(n))) / side(n)
export const imageY = (low, high) => (_, n, i) => low + ((high - low) * Math.floor(i / side(n))) / side(n)
