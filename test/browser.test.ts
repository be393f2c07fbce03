/** One page in a real Chromium, not isolated: served by Vite as it develops and as it builds, with a strict CSP and without. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { build, createServer, type InlineConfig, preview } from 'vite'
import { findChromium } from './browser/chromium.ts'
import type { Outcome } from './browser/site/outcome.ts'
import { project, root } from './packed.ts'
import { skip } from './skip.ts'

/** What a page with a strict policy allows: its own scripts, and WebAssembly. */
const strict = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" }

interface Served {
  readonly url: string
  close(): Promise<unknown>
}

const first = (urls: { local: readonly string[] } | null): string => {
  const url = urls?.local[0]
  if (!url) throw new Error('the server has no address')
  return url
}

async function develop(config: InlineConfig, headers: Record<string, string>): Promise<Served> {
  const server = await createServer({ ...config, server: { host: '127.0.0.1', port: 0, headers } })
  await server.listen()
  return { url: first(server.resolvedUrls), close: () => server.close() }
}

async function built(config: InlineConfig, headers: Record<string, string>): Promise<Served> {
  await build(config)
  const server = await preview({ ...config, preview: { host: '127.0.0.1', port: 0, headers } })
  return { url: first(server.resolvedUrls), close: () => server.close() }
}

async function outcomeOf(browser: Browser, url: string): Promise<Outcome> {
  const page = await browser.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => said.push(`error: ${error.message}`))
  try {
    await page.goto(url)
    // Not waitForFunction: that evaluates text in the page, which the policy forbids.
    await page.waitForSelector('body[data-done]', { state: 'attached', timeout: 60_000 })
    const outcome = await page.evaluate<Outcome | string>('globalThis.outcome')
    if (typeof outcome === 'string') throw new Error(outcome)
    return outcome
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\nthe page said:\n${said.join('\n')}`)
  } finally {
    await page.close()
  }
}

const served = { 'vite dev': develop, 'vite build': built } as const
const policies = { 'no policy': {}, 'a strict policy': strict } as const

const found = await findChromium()
for (const [way, serve] of Object.entries(served))
  for (const [policy, headers] of Object.entries(policies)) {
    const name = `${way}, ${policy}`
    if (typeof found === 'string') skip(name, found)
    else
      test(name, async () => {
        const folder = project('site')
        cpSync(join(root, 'test/browser/site'), folder, { recursive: true })
        const config: InlineConfig = {
          root: folder,
          configFile: false,
          logLevel: 'error',
          clearScreen: false,
          cacheDir: join(folder, '.vite'),
        }
        const server = await serve(config, headers)
        const browser = await chromium.launch({ ...found, headless: true })
        try {
          const outcome = await outcomeOf(browser, server.url)
          assert.is(outcome.isolated, false)
          assert.is(outcome.early, 'not-ready')
          assert.equal(outcome.shape, [37, 53])
          assert.is(outcome.wrong, 0)
          assert.is(outcome.compared, 2 * 37 * 53)
          assert.is(outcome.lanes, 2)
          assert.is(outcome.picked, 0)
          assert.is(outcome.evalWorks, policy === 'no policy')
        } finally {
          await browser.close()
          await server.close()
        }
      })
  }

test.run()
