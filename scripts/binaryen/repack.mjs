// Takes the npm package `binaryen` apart. Its one file is 15 MB of JavaScript, nearly all of it a text that holds WebAssembly code,
// and it loads that code while it is imported. Here the two become files of their own: `glue.js`, a module that exports the function
// which instantiates the code it is given, and `code.wasm`; `text.js` is the code once more, for where files cannot be read. ./packed.js, the loader, is bundled in the place of the package.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { parse } from 'acorn'
import { transform } from 'esbuild'

const root = new URL('../../', import.meta.url)
const source = new URL('node_modules/binaryen/index.js', root)

const problem = (what) =>
  new Error(`binaryen's index.js is not what scripts/binaryen/repack.mjs knows: ${what}`)

/** The parts of the tree that `wanted` takes. */
function* find(node, wanted) {
  if (wanted(node)) yield node
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value])
      if (typeof child?.type === 'string') yield* find(child, wanted)
}

/** The one call whose only argument is a text of megabytes: it decodes the code. */
function decoding(tree) {
  const calls = [
    ...find(tree, ({ type, arguments: given }) => {
      const only = given?.length === 1 ? given[0] : undefined
      return type === 'CallExpression' && only !== undefined && only.end - only.start > 1e6
    }),
  ]
  if (calls.length !== 1) throw problem(`${calls.length} calls with a text of megabytes`)
  return calls[0]
}

/** The places that ask whether this is Node: what it does there alone (reading files and the command line) is not for a library. */
function askingForNode(tree) {
  const [declared] = find(tree, ({ type, init }) => {
    return type === 'VariableDeclarator' && init?.type === 'LogicalExpression' && /versions/.test(names(init))
  })
  if (!declared) throw problem('it does not ask for Node')
  const uses = [...find(tree, ({ type, name }) => type === 'Identifier' && name === declared.id.name)]
  return [declared.init, ...uses.filter((use) => use !== declared.id)]
}

const names = (tree) => [...find(tree, ({ type }) => type === 'Identifier')].map(({ name }) => name).join(' ')

/** The text with these parts of its tree replaced. */
function replaced(text, parts) {
  let at = 0
  let result = ''
  for (const [{ start, end }, by] of [...parts].sort(([a], [b]) => a.start - b.start)) {
    result += text.slice(at, start) + by
    at = end
  }
  return result + text.slice(at)
}

/** The module without its code, and without what it does while it is imported. */
async function glueOf(text) {
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module' })
  const [factory, ...rest] = tree.body
  if (factory.type !== 'FunctionDeclaration' || rest.some(({ type }) => /^Function|^Class/.test(type)))
    throw problem('it is more than one function')
  const parts = [[decoding(factory), 'null'], ...askingForNode(factory).map((use) => [use, 'false'])]
  const glue = `${replaced(text.slice(0, factory.end), parts)}\nexport default ${factory.id.name}`
  const { code } = await transform(glue, {
    define: { 'import.meta.url': '""' },
    minify: true,
    format: 'esm',
    legalComments: 'inline',
  })
  if (/\bimport\b|\bprocess\b/.test(code)) throw problem('it does more in Node than a library should')
  return code
}

/** The code, caught where the package hands it to the engine. */
async function codeOf() {
  const { instantiate } = WebAssembly
  let code
  WebAssembly.instantiate = (bytes, imports) => {
    code = bytes
    return instantiate(bytes, imports)
  }
  try {
    await import(source.href)
  } finally {
    WebAssembly.instantiate = instantiate
  }
  if (!code) throw problem('it instantiates no code')
  return code
}

/** Writes into a folder what ./packed.js loads, and the licence. Kept in .cache until the package or this file changes. */
export async function repack(folder) {
  const text = await readFile(source, 'utf8')
  const hash = createHash('sha256').update(text)
  hash.update(await readFile(fileURLToPath(import.meta.url)))
  const cached = new URL(`.cache/binaryen-${hash.digest('hex').slice(0, 16)}/`, root)
  if (!existsSync(cached)) {
    const [glue, code] = await Promise.all([glueOf(text), codeOf()])
    const made = fileURLToPath(new URL(`.cache/binaryen-${process.pid}`, root))
    await mkdir(made, { recursive: true })
    await writeFile(join(made, 'glue.js'), glue)
    await writeFile(join(made, 'code.wasm'), code)
    await writeFile(
      join(made, 'text.js'),
      `export default '${gzipSync(code, { level: 9 }).toString('base64')}'\n`,
    )
    await copyFile(new URL('LICENSE', source), join(made, 'LICENSE'))
    await rename(made, fileURLToPath(cached))
  }
  await cp(cached, folder, { recursive: true })
}
