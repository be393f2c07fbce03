/** WebGPU in a real Chromium, on the software adapter that npm brings: the suite of all targets, and a few kernels of size. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, type InlineConfig, preview } from 'vite'
import { findChromium, withWebGpu } from '../browser/chromium.ts'
import { project, root } from '../packed.ts'
import { skip } from '../skip.ts'
import type { Outcome } from './site/outcome.ts'

const found = await findChromium()
const name = 'the gpu in Chromium gives what cpu gives'
if (typeof found === 'string') skip(name, found)
else
  test(name, async () => {
    const folder = project('gpu-site')
    cpSync(join(root, 'test/gpu/site'), folder, { recursive: true })
    const config: InlineConfig = { root: folder, configFile: false, logLevel: 'error', clearScreen: false }
    await build(config)
    const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0 } })
    const browser = await chromium.launch({ ...withWebGpu(found), headless: true })
    try {
      const page = await browser.newPage()
      await page.goto(server.resolvedUrls?.local[0] ?? '')
      await page.waitForSelector('body[data-done]', { state: 'attached', timeout: 120_000 })
      const outcome = await page.evaluate<Outcome | string>('globalThis.outcome')
      if (typeof outcome === 'string') throw new Error(outcome)
      const { adapter, suite, ...rest } = outcome
      assert.equal(suite.failed, [])
      assert.ok(suite.passed > 100, String(suite.passed))
      assert.match(adapter, /swiftshader/i)
      assert.equal(rest, { available: true, waves: 0, escapes: 0, sums: 0, dispatched: 'gpu' })
    } finally {
      await browser.close()
      await server.close()
    }
  })

test.run()
