/** node bench/literature-cold.mjs KEY: one of the programs from start to result; its twin is peers/literature.py. */
import { empty, jit, ones } from '../dist/index.js'
import { prepare, programs } from './kernels/literature.mjs'

const program = programs.find(({ key }) => key === process.argv[2])
console.log(prepare(program, { jit, ones, empty })())
