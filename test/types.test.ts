/** TypeScript knows: test/types compiles with its marked errors and no others, and so does every example of the README. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { canCast, codes, dtypes } from '../src/dtype.ts'
import { type ArgType, parseSignature } from '../src/loops/signature.ts'
import { programs } from './readme.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What the compiler says about a project; empty when it is content. */
function complaints(project: string): string {
  try {
    execFileSync(
      process.execPath,
      [join(root, 'node_modules/typescript/bin/tsc'), '-p', project, '--noEmit'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    )
    return ''
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? error)
  }
}

test('test/types: results, kernels, and what must be an error', () => {
  assert.is(complaints('test/types/tsconfig.json'), '')
})

test('the compiler is the one that package.json names', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/typescript/package.json'), 'utf8'))
  assert.match(version, /^7\./)
})

/** A project of generated files; what it imports as 'lanewise' is the source. */
function generated(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, '.cache', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const options = {
    extends: '../../tsconfig.json',
    compilerOptions: { paths: { lanewise: ['../../src/index.ts'] } },
    include: ['.'],
    exclude: [],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

test('every example of README.md', () => {
  const readme = join(root, 'README.md')
  const found = existsSync(readme) ? programs(readFileSync(readme, 'utf8')) : []
  assert.ok(found.length > 0, 'README.md has no TypeScript example')
  const files = found.map(({ line, text }) => [`line-${line}.ts`, `${text}\nexport {}\n`])
  assert.is(complaints(generated('readme', Object.fromEntries(files))), '')
})

const quoted = (text: string) => JSON.stringify(text)

const argument = ({ code, rank }: ArgType) => `{ code: '${code}', rank: ${rank} }`
const list = (types: readonly ArgType[]) => `readonly [${types.map(argument)}]`

/** The type that TypeScript should read from a signature: what the run time reads. */
function parsedType(text: string): string {
  const { inputs, outputs } = parseSignature(text)
  return `{ inputs: ${list(inputs)}, outputs: ${outputs ? list(outputs) : 'null'} }`
}

const signatures = [
  ...['f8(f8,f8)', ' f8 ( f8 ,\n\tf8 ) ', '(f8,f8)', 'bool(int8,uint64)', 'double(float32)'],
  ...['void(f8[:],f8[:,:])', 'none(f4[:,:,::1])', 'f8[:](f8[:],f8)', 'f8[::1](i4,f8[::1,:],u1[:],b1)'],
  ...[
    'UniTuple(f8,2)(f8)',
    'UniTuple(f8[:,:],3)(f8[:],i2)',
    'Tuple(f8,i4)(f8)',
    'Tuple(f8[:,:],i4[:],b1)(f8[:])',
  ],
  ...['dd->d', 'd->dd', ' ?bB -> hHiI ', 'lLqQfd->d'],
  ...codes.map((code) => `${code}(${dtypes[code].name},${code}[:])`),
  ...codes.map((code) => `${dtypes[code].char}->${dtypes[code].char}${dtypes[code].char}`),
]

test('TypeScript reads signatures, casts and arrays as the run time does', () => {
  const lines = [
    `import type { CodeByTag, SafelyTo } from '../../src/dtype-types.ts'`,
    `import type { Parse, Signature } from '../../src/vectorize/signature-types.ts'`,
    'type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false',
    ...signatures.map(
      (text, i) => `export const s${i}: Same<Parse<${quoted(text)}>, ${parsedType(text)}> = true`,
    ),
    ...['f9(f8)', 'f8', 'f8(f8', '', 'dx->d', 'UniTuple(f8)(f8)'].map(
      (text, i) => `export const m${i}: Same<Parse<${quoted(text)}>, Signature> = true`,
    ),
    ...codes.flatMap((from) =>
      codes.map((to) => {
        const safe = canCast(from, to)
        return `export const ${from}_${to}: '${from}' extends SafelyTo['${to}'] ? true : false = ${safe}`
      }),
    ),
    ...codes
      .filter((code) => code !== 'b1')
      .map((code) => `export const a${code}: CodeByTag['${dtypes[code].array.name}'] = '${code}'`),
  ]
  assert.is(complaints(generated('tables', { 'tables.ts': `${lines.join('\n')}\n` })), '')
})

test.run()
