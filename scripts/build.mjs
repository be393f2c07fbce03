// Builds dist/: one bundled file an entry (the compile pipeline and binaryen in chunks of their own, which load only when something
// is compiled), binaryen's code and licence, and the declarations beside them.
import { execFileSync } from 'node:child_process'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { repack } from './binaryen/repack.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

// Every file that something outside the bundle loads by name: users the names, `new Worker` the thread.
const names = ['index', 'math', 'target', 'testing', 'ufuncs']
/** These are small, and take what they share with the others from src/internals.ts. */
const beside = ['target', 'testing']
const entries = [
  ...[...names.filter((name) => !beside.includes(name)), 'internals'].map((name) => `src/${name}.ts`),
  'src/loops/compile-thread.ts',
]

/** Puts our loader in the place of the package `binaryen`; what it names is published as it is. */
const packedBinaryen = {
  name: 'binaryen',
  setup({ onResolve }) {
    onResolve({ filter: /^binaryen$/ }, () => ({ path: join(root, 'scripts/binaryen/packed.js') }))
    onResolve({ filter: /^\.\/binaryen\// }, ({ path }) => ({ path, external: true }))
  },
}

/** What is not theirs alone comes from there. */
const throughInternals = {
  name: 'internals',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined
      const own = join(resolveDir, path).startsWith(join(root, 'src/testing/'))
      return own ? undefined : { path: './internals.js', external: true }
    })
  },
}

const options = {
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*', 'acorn', 'ndarray'],
  plugins: [packedBinaryen],
  target: ['es2022', 'node20'],
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
}

async function bundle() {
  await build({
    ...options,
    entryPoints: entries,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    outdir: 'dist',
    splitting: true,
  })
  await build({
    ...options,
    entryPoints: beside.map((name) => `src/${name}.ts`),
    entryNames: '[name]',
    outdir: 'dist',
    plugins: [throughInternals],
  })
  // One file alone, which can be put anywhere: see configure({ workerUrl }).
  await build({
    ...options,
    entryPoints: ['src/targets/parallel/worker.ts'],
    outfile: 'dist/parallel-worker.js',
  })
}

const specifier = /((?:from|import)\s*\(?\s*['"])(\.{1,2}\/[^'"]*)\.ts(?=['"])/g

/**
 * The declarations that the entries' own reach, and no others. They keep the `.ts` of our imports; consumers of every TypeScript
 * version know `.js`.
 */
async function declarations() {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: 'inherit',
  })
  const reached = new Set()
  const visit = async (path) => {
    if (reached.has(path)) return
    reached.add(path)
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace(specifier, '$1$2.js'))
    for (const [, , to] of text.matchAll(specifier)) await visit(join(dirname(path), `${to}.d.ts`))
  }
  for (const name of names) await visit(join('dist/types', `${name}.d.ts`))
  for (const file of await readdir('dist/types', { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name)
    if (file.isFile() && !reached.has(path)) await rm(path)
  }
}

await rm('dist', { recursive: true, force: true })
await Promise.all([bundle(), declarations(), repack('dist/binaryen')])
