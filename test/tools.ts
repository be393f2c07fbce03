/** Tools that only one test needs, and that not every platform has: npm packages installed into .cache on demand. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runNpm } from './packed.ts'

export type Installed = { readonly folder: string } | { readonly reason: string }

/** The folder whose node_modules holds the package, or why it cannot be had here. */
export function installed(name: string, spec: string): Installed {
  const folder = join(root, '.cache/tools', name)
  if (existsSync(folder)) return { folder }
  const partial = `${folder}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  writeFileSync(join(partial, 'package.json'), '{ "private": true }\n')
  try {
    runNpm(['install', '--prefer-offline', '--fetch-retries=0', '--ignore-scripts', spec], partial)
    renameSync(partial, folder)
    return { folder }
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    // Another test was faster.
    if (existsSync(folder)) return { folder }
    const text = String((error as { stderr?: unknown }).stderr ?? error)
    return { reason: `npm could not install ${spec}: ${text.split('\n')[0]}` }
  }
}
