/** What would be published: installed into an empty folder, and used from there in all the ways that users have. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { tools } from './bundlers/tools.ts'
import { expectedOutput, expectedUfuncs } from './package/expected.ts'
import { root, runNpm, tarball } from './packed.ts'
import { skip } from './skip.ts'
import { installed } from './tools.ts'

/** Outside the repository, so that nothing is found that the package does not bring. */
const folder = mkdtempSync(join(tmpdir(), 'lanewise-package-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const archive = tarball()

function output(command: string, args: readonly string[], cwd = folder): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } })
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${command} ${args.join(' ')} failed\n${stdout}\n${stderr}`)
  }
}

const node = (...args: readonly string[]) => output(process.execPath, args).trim()
const bin = (name: string) => join(root, 'node_modules', name)

test('only what users need is published', () => {
  const files = output('tar', ['-tzf', archive]).trim().split('\n')
  const allowed = /^package\/(dist\/|package\.json$|README\.md$|LICENSE$|CHANGELOG\.md$|CITATION\.cff$)/
  assert.equal(
    files.filter((file) => !allowed.test(file)),
    [],
  )
  const entries = ['index', 'math', 'target', 'testing', 'ufuncs'].flatMap((name) => [
    `dist/${name}.js`,
    `dist/types/${name}.d.ts`,
  ])
  for (const file of [...entries, 'dist/compile-thread.js', 'dist/parallel-worker.js', 'LICENSE'])
    assert.ok(files.includes(`package/${file}`), file)
})

test('publint', () => {
  const text = output(process.execPath, [bin('publint/src/cli.js'), 'run', archive, '--strict'])
  assert.match(text, /All good!/)
})

test('are the types wrong', () => {
  const attw = bin('@arethetypeswrong/cli/dist/index.js')
  output(process.execPath, [attw, archive, '--profile', 'esm-only', '--no-definitely-typed'])
})

/** npm leaves out what its registry did not show it, and `npm ci` then refuses the lock on every machine. */
test('the lock names the binaries of every platform, and no registry', () => {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8')
  const { packages } = JSON.parse(text) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>
  }
  const missing = Object.values(packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !(`node_modules/${name}` in packages))
  assert.equal(missing, [])
  assert.not.match(text, /"resolved"/)
})

test('it installs with its dependencies, without running scripts', () => {
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  runNpm(['install', '--prefer-offline', '--ignore-scripts', archive], folder)
  cpSync(join(root, 'test/package'), folder, { recursive: true })
  assert.ok(existsSync(join(folder, 'node_modules/lanewise/dist/index.js')))
})

test('an ES module uses it', () => {
  assert.is(node('use.mjs'), expectedOutput)
})

test('a CommonJS module uses it', () => {
  assert.is(node('use.cjs'), expectedOutput)
})

test('it runs where generating code from strings is forbidden', () => {
  writeFileSync(
    join(folder, 'strict.mjs'),
    readFileSync(join(folder, 'use.mjs'), 'utf8')
      .replace("import ndarray from 'ndarray'", '')
      .replace('ndarray(new Float64Array([3, 5, 8, 20, 7, 9]), [2, 3])', '[[3, 5, 8], [20, 7, 9]]'),
  )
  assert.is(node('--disallow-code-generation-from-strings', 'strict.mjs'), expectedOutput)
})

const options = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  types: [],
  typeRoots: [],
  // Our declarations are checked too.
  skipLibCheck: false,
}

/** Writes a project of these files, checks it with this compiler, and emits it. */
function compiled(tsc: string, name: string, files: readonly string[], more: object = {}): void {
  const project = join(folder, `${name}.json`)
  const compilerOptions = { ...options, outDir: `out-${name}`, ...more }
  writeFileSync(project, JSON.stringify({ compilerOptions, files }))
  output(process.execPath, [tsc, '-p', project])
}

test('a strict TypeScript program compiles against it and runs', () => {
  compiled(bin('typescript/bin/tsc'), 'use', ['use.mts'])
  assert.is(node('out-use/use.mjs'), expectedOutput)
})

test('the ready-made functions compile, and give what NumPy gives', () => {
  compiled(bin('typescript/bin/tsc'), 'ufuncs', ['ufuncs.mts'])
  assert.is(node('out-ufuncs/ufuncs.mjs'), expectedUfuncs)
})

for (const [name, tool] of Object.entries(tools)) {
  test(`the ready-made functions survive ${name}`, async () => {
    const entry = join(folder, 'node_modules/lanewise/dist/ufuncs.js')
    const built = readFileSync(entry, 'utf8')
    const changed = await tool(built)
    assert.is.not(changed, built)
    try {
      writeFileSync(entry, changed)
      assert.is(node('out-ufuncs/ufuncs.mjs'), expectedUfuncs)
    } finally {
      writeFileSync(entry, built)
    }
  })
}

test('a user bundles and minifies them, and what is not used is left out', async () => {
  const entry = join(folder, 'ufuncs.mts')
  writeFileSync(
    join(folder, 'app.mjs'),
    `import { ready } from 'lanewise'\nawait ready()\nawait import('./out-ufuncs/ufuncs.mjs')\n`,
  )
  const shared = { bundle: true, minify: true, format: 'esm', platform: 'node', write: false } as const
  const outdir = join(folder, 'bundled')
  await build({ ...shared, entryPoints: [join(folder, 'app.mjs')], outdir, splitting: true, write: true })
  writeFileSync(join(outdir, 'package.json'), '{ "type": "module" }\n')
  assert.is(node('bundled/app.js'), expectedUfuncs)
  const { outputFiles } = await build({ ...shared, entryPoints: [entry] })
  const text = outputFiles[0]?.text ?? ''
  assert.match(text, /floor_divide/)
  assert.not.match(text, /logical_or/)
})

test('a user bundles everything into one file of CommonJS', async () => {
  writeFileSync(
    join(folder, 'one.mjs'),
    `import { ready, vectorize } from 'lanewise'
const add = vectorize(['f8(f8,f8)'], (x, y) => x + y)
ready().then(() => console.log(add([1, 2], 40).get(1)))
`,
  )
  const outfile = join(folder, 'one.cjs')
  const format = { format: 'cjs', platform: 'node', logLevel: 'error' } as const
  await build({ ...format, bundle: true, minify: true, entryPoints: [join(folder, 'one.mjs')], outfile })
  assert.is(node('one.cjs').trim(), '42')
})

test('the type tests hold for the package as for the source', () => {
  cpSync(join(root, 'test/types'), join(folder, 'types'), { recursive: true })
  const files = ['arrays', 'same', 'calls', 'kernels', 'errors', 'tour'].map((name) => `types/${name}.ts`)
  const more = {
    noEmit: true,
    allowImportingTsExtensions: true,
    lib: ['es2023', 'dom'],
    module: 'preserve',
    moduleResolution: 'bundler',
  }
  compiled(bin('typescript/bin/tsc'), 'types', files, more)
})

for (const version of ['5.4', '5.9', '6.0']) {
  const tool = installed(`typescript-${version}`, `typescript@${version}`)
  if ('reason' in tool) skip(`TypeScript ${version}`, tool.reason)
  else
    test(`a program of a user with TypeScript ${version}`, () => {
      compiled(join(tool.folder, 'node_modules/typescript/bin/tsc'), `ts-${version}`, ['use.mts'])
    })
}

test.run()
