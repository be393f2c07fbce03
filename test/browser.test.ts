/** One page in a real Chromium, not isolated: served by Vite as it develops and as it builds, with a strict CSP and without. */
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { findChromium } from './browser/chromium.ts'
import { built, develop, outcomeOf } from './browser/serve.ts'
import type { Outcome } from './browser/site/outcome.ts'
import { project, root } from './packed.ts'
import { skip } from './skip.ts'

/** What a page with a strict policy allows: its own scripts, and WebAssembly. */
const strict = { 'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'" }

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
        const server = await serve(folder, headers)
        const browser = await chromium.launch({ ...found, headless: true })
        try {
          const outcome = await outcomeOf<Outcome>(browser, server.url)
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
