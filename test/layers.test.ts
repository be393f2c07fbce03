/** DESIGN's order of folders, enforced: data passes them in one direction, and so do imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'

const src = fileURLToPath(new URL('../src', import.meta.url))

const maxLines = 400

/** The first row that a path starts with gives its rank; a file imports from its own rank and those above it. */
const order: readonly (readonly string[])[] = [
  [
    'dtype.ts',
    'dtype-types.ts',
    'errors.ts',
    'outside.ts',
    'prange.ts',
    'settings.ts',
    'thread.ts',
    'unknown-option.ts',
    'wgsl-words.ts',
  ],
  ['broadcast/', 'loops/signature.ts'],
  ['loops/kernel/'],
  ['loops/loop.ts'],
  ['loops/emit/'],
  ['loops/'],
  ['targets/'],
  ['vectorize/'],
  ['guvectorize/'],
  ['testing/'],
  ['index.ts', 'internals.ts', 'math.ts', 'target.ts', 'testing.ts', 'ufuncs.ts'],
]

/** Pairs that may not meet although their ranks would allow it. */
const strangers: readonly (readonly [from: string, to: string])[] = [
  ['loops/', 'broadcast/'],
  ['broadcast/', 'loops/'],
]

/** What runs a ufunc takes ready loops: reached from here, no code of loops/ may be loaded. */
const loopless = ['ufunc', 'call', 'choose', 'prepare', 'source', 'at', 'outer', 'resolve', 'mask'].map(
  (name) => `vectorize/${name}.ts`,
)

interface Import {
  readonly from: string
  readonly to: string
  readonly typeOnly: boolean
  readonly dynamic: boolean
}

const files = readdirSync(src, { recursive: true })
  .map((name) => String(name).replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts'))
const textOf = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]))

const staticImport = /^(?:import|export)\s(?:([^'"();]*?)\sfrom\s*)?['"]([^'"]+)['"]/gm
const dynamicImport = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g

function importsOf(from: string): Import[] {
  const text = textOf.get(from) ?? ''
  const target = (specifier: string) => posix.join(dirname(from), specifier)
  const fixed = [...text.matchAll(staticImport)]
    .filter(([, , specifier = '']) => specifier.startsWith('.'))
    .map(([, clause = '', specifier = '']): Import => {
      const names = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]
      const inline = names
        ?.split(',')
        .filter((name) => name.trim())
        .every((name) => /^\s*type\s/.test(name))
      return {
        from,
        to: target(specifier),
        typeOnly: /^type\s/.test(clause.trim()) || inline === true,
        dynamic: false,
      }
    })
  const late = [...text.matchAll(dynamicImport)]
    .filter(([, specifier = '']) => specifier.startsWith('.'))
    .map(([, specifier = '']): Import => ({ from, to: target(specifier), typeOnly: false, dynamic: true }))
  return [...fixed, ...late]
}

const imports = files.flatMap(importsOf)
const rankOf = (file: string) => order.findIndex((row) => row.some((start) => file.startsWith(start)))
const show = ({ from, to }: Import) => `${from} imports ${to}`

test('the test sees the imports', () => {
  assert.ok(files.includes('index.ts'))
  assert.ok(imports.some(({ from, to }) => from === 'index.ts' && to === 'errors.ts'))
  assert.ok(imports.some(({ from, typeOnly }) => from === 'targets/target.ts' && typeOnly))
})

test('every file has its place in the order', () => {
  assert.equal(
    files.filter((file) => rankOf(file) < 0),
    [],
  )
})

test('every relative import names a file, with its extension', () => {
  assert.equal(imports.filter(({ to }) => !textOf.has(to)).map(show), [])
})

test('a file imports only from its own folder and those above it', () => {
  assert.equal(imports.filter(({ from, to }) => rankOf(to) > rankOf(from)).map(show), [])
})

test('broadcast and loops do not know each other', () => {
  const meet = ({ from, to }: Import) => strangers.some(([a, b]) => from.startsWith(a) && to.startsWith(b))
  assert.equal(imports.filter(meet).map(show), [])
})

test('targets take only types from loops', () => {
  const wrong = imports.filter(
    ({ from, to, typeOnly }) => from.startsWith('targets/') && to.startsWith('loops/') && !typeOnly,
  )
  assert.equal(wrong.map(show), [])
})

test('the callable loads no code of loops, not even through another file', () => {
  const wrong = loopless
    .filter((file) => textOf.has(file))
    .flatMap((file) =>
      [...reach(file)].filter((to) => to.startsWith('loops/')).map((to) => `${file} -> ${to}`),
    )
  assert.equal(wrong, [])
})

/** All files whose code loads with `start`. */
function reach(start: string, seen = new Set<string>()): Set<string> {
  for (const { from, to, typeOnly, dynamic } of imports) {
    if (from !== start || typeOnly || dynamic || seen.has(to)) continue
    seen.add(to)
    reach(to, seen)
  }
  return seen
}

test('no import comes back to where it started', () => {
  const done = new Set<string>()
  const cycles: string[] = []
  const walk = (file: string, path: readonly string[]) => {
    const at = path.indexOf(file)
    if (at >= 0) cycles.push([...path.slice(at), file].join(' -> '))
    if (at >= 0 || done.has(file)) return
    for (const { from, to } of imports) if (from === file) walk(to, [...path, file])
    done.add(file)
  }
  for (const file of files) walk(file, [])
  assert.equal(cycles, [])
})

test(`no file has more than ${maxLines} lines`, () => {
  const lines = (file: string) => (textOf.get(file) ?? '').trimEnd().split('\n').length
  assert.equal(
    files.filter((file) => lines(file) > maxLines).map((file) => `${file}: ${lines(file)}`),
    [],
  )
})

test.run()
