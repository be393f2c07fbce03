/** The hooks of loader.mjs. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url).href
const { version } = JSON.parse(readFileSync(new URL('node_modules/esbuild/package.json', root), 'utf8'))
const packed = new URL('binaryen/packed.js', import.meta.url)
const built = new URL('dist/binaryen/', root).href
const cache = new URL('.cache/typescript/', root)
mkdirSync(cache, { recursive: true })

export const resolve = (specifier, context, next) =>
  specifier === 'binaryen' ? { url: packed.href, shortCircuit: true } : next(specifier, context)

export async function load(url, context, next) {
  if (url === packed.href) {
    const text = readFileSync(packed, 'utf8').replaceAll("'./binaryen/", `'${built}`)
    return { format: 'module', source: `${text}\nawait binaryen.load()\n`, shortCircuit: true }
  }
  const [path] = url.split('?')
  if (!path.endsWith('.ts') || !path.startsWith(root)) return next(url, context)
  return { format: 'module', source: await javaScript(fileURLToPath(path)), shortCircuit: true }
}

/** What esbuild makes of the file, kept for the next process that reads it. */
async function javaScript(sourcefile) {
  const text = readFileSync(sourcefile, 'utf8')
  const key = createHash('sha1').update(`${version} ${sourcefile} ${text}`).digest('hex')
  const file = new URL(`${key}.js`, cache)
  try {
    return readFileSync(file, 'utf8')
  } catch {
    const { transform } = await import('esbuild')
    const options = {
      loader: 'ts',
      format: 'esm',
      target: 'es2022',
      sourcemap: 'inline',
      sourcesContent: false,
    }
    const { code } = await transform(text, { ...options, sourcefile })
    // Whole or not at all: others read at the same time.
    const partial = new URL(`${key}.${process.pid}`, cache)
    writeFileSync(partial, code)
    renameSync(partial, file)
    return code
  }
}
