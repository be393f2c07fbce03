/** Hooks of built.mjs. */
import { readFile } from 'node:fs/promises'

const packed = new URL('packed.js', import.meta.url)
const built = new URL('../../dist/binaryen/', import.meta.url).href

export const resolve = (specifier, context, next) =>
  specifier === 'binaryen' ? { url: packed.href, shortCircuit: true } : next(specifier, context)

export async function load(url, context, next) {
  if (url !== packed.href) return next(url, context)
  const text = await readFile(packed, 'utf8')
  const source = `${text.replaceAll("'./binaryen/", `'${built}`)}\nawait binaryen.load()\n`
  return { format: 'module', source, shortCircuit: true }
}
