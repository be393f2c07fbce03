/** Real Node binaries of the versions that lanewise promises to run on: this one, others from npm on demand. */
import { join } from 'node:path'
import { installed } from './tools.ts'

export const versions = [20, 22, 24] as const

const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

/** The binary of this major version, or why there is none. */
export function nodeBinary(major: number): { readonly path: string } | { readonly reason: string } {
  if (process.versions.node.startsWith(`${major}.`)) return { path: process.execPath }
  const tool = installed(`node-${major}`, `node-${platform}@${major}`)
  if ('reason' in tool) return tool
  const executable = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  return { path: join(tool.folder, 'node_modules', `node-${platform}`, executable) }
}
