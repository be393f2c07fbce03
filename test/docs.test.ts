/** The pages of docs/ are programs: each prints, with the built package, what stands below its examples. */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { reasonForNoGpu } from './gpu/driver.ts'
import { project, root } from './packed.ts'
import { skip } from './skip.ts'

const folder = project('docs')

const noGpu = await reasonForNoGpu()

for (const page of ['ufuncs.md', 'guvectorize.md', 'fastmath.md', 'parallel.md', 'gpu.md', 'targets.md']) {
  if (page === 'gpu.md' && noGpu !== null) {
    skip(page, noGpu)
    continue
  }
  test(`docs/${page} prints what it says`, () => {
    const text = readFileSync(join(root, 'docs', page), 'utf8')
    const blocks = [...text.matchAll(/^```(ts|text)\n([\s\S]*?)^```$/gm)]
    const of = (kind: string) => blocks.filter(([, own]) => own === kind).map(([, , block = '']) => block)
    assert.ok(of('ts').length > 3)
    writeFileSync(join(folder, 'page.mjs'), of('ts').join('\n'))
    const { stdout, stderr, status } = spawnSync(process.execPath, ['page.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    })
    assert.is(status, 0, stderr)
    assert.is(stdout, of('text').join(''))
  })
}

test.run()
