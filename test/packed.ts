/** lanewise as users get it: packed, and unpacked again as a dependency of a project of its own. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** The tarball that would be published; `npm test` has built what is in it. */
export function pack(into: string): string {
  runNpm(['pack', '--ignore-scripts', '--pack-destination', into], root)
  const name = readdirSync(into).find((file) => file.endsWith('.tgz'))
  if (!name) throw new Error('npm pack made no tarball')
  return join(into, name)
}

/** A project that depends on the packed lanewise; its dependencies are found in the folders above, ours. */
export function project(name: string): string {
  const folder = temporary(name)
  const packageFolder = join(folder, 'node_modules/lanewise')
  mkdirSync(packageFolder, { recursive: true })
  execFileSync('tar', ['-xzf', pack(folder), '-C', packageFolder, '--strip-components=1'])
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  return folder
}
