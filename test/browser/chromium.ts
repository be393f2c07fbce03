/** A real Chromium: the one in `@sparticuz/chromium`, unpacked once into .cache, or one that is installed. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { brotliDecompressSync, createBrotliDecompress } from 'node:zlib'
import { root } from '../packed.ts'

export interface Chromium {
  readonly executablePath: string
  readonly args: string[]
  readonly env: Record<string, string>
}

const args = ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking']

const packageFolder = join(root, 'node_modules/@sparticuz/chromium')

/** The reason why there is none, or how to start it. */
export async function findChromium(): Promise<Chromium | string> {
  const installed = onPath(['chromium', 'chromium-browser', 'google-chrome'])
  if (installed) return { executablePath: installed, args, env: ownEnv() }
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `no Chromium is installed, and there is none in npm for ${process.platform}-${process.arch}`
  if (!existsSync(packageFolder)) return '@sparticuz/chromium is not installed'
  const folder = await unpacked()
  return {
    executablePath: join(folder, 'chromium'),
    args: [...args, '--headless=shell', '--disable-gpu'],
    env: { ...ownEnv(), LD_LIBRARY_PATH: join(folder, 'lib') },
  }
}

function ownEnv(): Record<string, string> {
  const { HOME = '/tmp', PATH = '' } = process.env
  return { HOME, PATH }
}

function onPath(names: readonly string[]): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(':'))
    for (const name of names) if (existsSync(join(folder, name))) return join(folder, name)
  return undefined
}

async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as {
    version: string
  }
  const folder = join(root, `.cache/chromium-${version}`)
  if (existsSync(join(folder, 'chromium'))) return folder
  mkdirSync(folder, { recursive: true })
  // The libraries beyond libc that this Chromium links; systems that have them take their own.
  const libraries = brotliDecompressSync(readFileSync(join(packageFolder, 'bin/al2023.tar.br')))
  execFileSync('tar', ['-xf', '-', '-C', folder], { input: libraries })
  const partial = join(folder, `chromium-${process.pid}`)
  await pipeline(
    createReadStream(join(packageFolder, 'bin/chromium.br')),
    createBrotliDecompress(),
    createWriteStream(partial),
  )
  chmodSync(partial, 0o755)
  renameSync(partial, join(folder, 'chromium'))
  return folder
}

/** The same with WebGPU, on SwiftShader: its files have to lie beside the browser's. */
export function withWebGpu(found: Chromium): Chromium {
  const packed = join(packageFolder, 'bin/swiftshader.tar.br')
  const folder = dirname(found.executablePath)
  if (folder.startsWith(root) && existsSync(packed) && !existsSync(join(folder, 'vk_swiftshader_icd.json')))
    execFileSync('tar', ['-xf', '-', '-C', folder], { input: brotliDecompressSync(readFileSync(packed)) })
  const own = found.args.filter((arg) => arg !== '--disable-gpu')
  return { ...found, args: [...own, '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] }
}
