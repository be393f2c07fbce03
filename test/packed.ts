/** lanewise as users get it: packed, and unpacked again as a dependency of a project of its own. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** Runs npm quietly; its output is in the error when it fails. */
export function runNpm(args: readonly string[], cwd: string): string {
  return execFileSync(npm, [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** A new folder below .cache, gone when the process ends. */
export function temporary(name: string): string {
  const parent = join(root, '.cache')
  mkdirSync(parent, { recursive: true })
  const folder = mkdtempSync(join(parent, `${name}-`))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What the tarball is made of, as it was last changed. */
function state(): string {
  const hash = createHash('sha1')
  for (const file of ['package.json', 'README.md', 'CHANGELOG.md', 'CITATION.cff', 'LICENSE', ...built()]) {
    const { size, mtimeMs } = statSync(join(root, file))
    hash.update(`${file} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

const built = (): string[] =>
  readdirSync(join(root, 'dist'), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .sort()

/** The tarball that would be published; `npm test` has built what is in it. Tests that want it at the same build share it. */
export function tarball(): string {
  const folder = join(root, '.cache/packed', state())
  const name = 'lanewise.tgz'
  if (existsSync(folder)) return join(folder, name)
  const partial = temporary('packing')
  runNpm(['pack', '--ignore-scripts', '--pack-destination', partial], root)
  const made = readdirSync(partial).find((file) => file.endsWith('.tgz'))
  if (!made) throw new Error('npm pack made no tarball')
  const parent = dirname(folder)
  mkdirSync(parent, { recursive: true })
  renameSync(join(partial, made), join(partial, name))
  try {
    renameSync(partial, folder)
  } catch {
    // Another test was faster.
    return join(folder, name)
  }
  for (const old of readdirSync(parent))
    if (join(parent, old) !== folder) rmSync(join(parent, old), { recursive: true, force: true })
  return join(folder, name)
}

/** A project that depends on the packed lanewise; its dependencies are found in the folders above, ours. */
export function project(name: string): string {
  const folder = temporary(name)
  const packageFolder = join(folder, 'node_modules/lanewise')
  mkdirSync(packageFolder, { recursive: true })
  execFileSync('tar', ['-xzf', tarball(), '-C', packageFolder, '--strip-components=1'])
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  return folder
}
