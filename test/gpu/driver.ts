/** The software driver that npm brings (SwiftShader, in the package of Chromium), put where Dawn looks for Vulkan; or why there is no gpu. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { gpuInfo } from '../../src/targets/gpu/info.ts'

const require = createRequire(import.meta.url)

/** Files of a tar archive, by name. */
function* untar(tar: Buffer): Generator<readonly [name: string, content: Buffer]> {
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from: number, to: number) => tar.toString('latin1', at + from, at + to).split('\0')[0] ?? ''
    const size = Number.parseInt(text(124, 136), 8) || 0
    if (text(0, 100) !== '') yield [text(0, 100), tar.subarray(at + 512, at + 512 + size)]
    at += 512 + Math.ceil(size / 512) * 512
  }
}

function placeDriver(): void {
  if (process.platform !== 'linux') return
  const folder = join(dirname(require.resolve('webgpu')), 'dist', `linux-${process.arch}`)
  const place = join(folder, 'libvulkan.so.1')
  if (existsSync(place) || !existsSync(folder)) return
  const packed = join(dirname(require.resolve('@sparticuz/chromium')), '../../bin/swiftshader.tar.br')
  if (!existsSync(packed)) return
  for (const [name, content] of untar(brotliDecompressSync(readFileSync(packed)))) {
    if (!name.endsWith('libvk_swiftshader.so')) continue
    mkdirSync(folder, { recursive: true })
    writeFileSync(place, content)
  }
}

/** Null when a gpu is there, real or not; else the reason for skipping. */
export async function reasonForNoGpu(): Promise<string | null> {
  try {
    placeDriver()
  } catch (error) {
    return String(error)
  }
  const info = await gpuInfo()
  return info.available ? null : (info.reason ?? 'no reason is known')
}
