/**
 * node --import ./scripts/loader.mjs FILE.ts: runs TypeScript of this repository. Two things that tsx does cost a test much: it names every
 * closure each time that one is made, and works for ten seconds on the 15 MB of the package binaryen. The latter is here what the build
 * has made of it (so npm run build comes first), ready when it has been imported.
 */
import { register } from 'node:module'

register('./loader-hooks.mjs', import.meta.url)
process.setSourceMapsEnabled(true)
