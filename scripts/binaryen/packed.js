/**
 * Bundled in the place of the package `binaryen`: the same object, with nothing but `load` in it until that has been waited for.
 * The code is in a file beside this one, which is the fastest way, or where files cannot be read (in a page, in somebody's bundle)
 * in a module that holds it as text.
 */

/** A name in a variable, so that bundlers leave it alone. */
const file = './binaryen/code.wasm'

/** Synchronous: what else this thread loads shall not come before it. */
function fromFile() {
  const fs = globalThis.process?.getBuiltinModule?.('node:fs')
  // A bundle in CommonJS does not know where it lies.
  const here = import.meta.url
  if (!fs || !here?.startsWith('file:')) return null
  const url = new URL(file, here)
  return fs.existsSync(url) ? fs.readFileSync(url) : null
}

async function fromText() {
  const { default: text } = await import('./binaryen/text.js')
  const characters = atob(text)
  const packed = new Uint8Array(characters.length)
  for (let i = 0; i < packed.length; i++) packed[i] = characters.charCodeAt(i)
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'))
  return new Response(stream).arrayBuffer()
}

async function compile() {
  return WebAssembly.compile(fromFile() ?? (await fromText()))
}

async function instantiate() {
  // The code is compiled on other threads while this one reads the glue.
  const [module, { default: factory }] = await Promise.all([compile(), import('./binaryen/glue.js')])
  await new Promise((resolve, reject) => {
    // The glue's own promise never hears of a failure here. Asynchronous: a page may not make so large an instance otherwise.
    const instantiateWasm = (imports, done) => {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance, module), reject)
      return {}
    }
    factory(Object.assign(binaryen, { instantiateWasm })).then(resolve, reject)
  })
}

let loading

const binaryen = {
  /** Resolves when the object has everything that the package's has; after a failure it tries again. */
  load() {
    loading ??= instantiate().catch((error) => {
      loading = undefined
      throw error
    })
    return loading
  },
}
export default binaryen
