/**
 * node --import tsx --import ./scripts/binaryen/built.mjs: `binaryen` is what the build has made of it, ready when it has been imported.
 * The package is a file of 15 MB, on which loaders such as tsx work for ten seconds in every process.
 */
import { register } from 'node:module'

register('./built-hooks.mjs', import.meta.url)
