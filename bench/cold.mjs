/** The program whose whole life is timed: one kernel, one call. Its twin is peers/cold.py. */
import { vectorize } from '../dist/index.js'

const hypot = vectorize(['f8(f8,f8)'])((x, y) => Math.sqrt(x * x + y * y))
console.log(hypot([3, 5, 8], [4, 12, 15]).get(2))
