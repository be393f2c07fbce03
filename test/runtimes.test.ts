/** The packed library on every Node that it promises to run on: real binaries, from npm, on demand. */
import { execFileSync } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeBinary, versions } from './nodes.ts'
import { expectedOutput } from './package/expected.ts'
import { project, root } from './packed.ts'
import { skip } from './skip.ts'

const folder = project('runtimes')
cpSync(join(root, 'test/package'), folder, { recursive: true })

for (const major of versions) {
  const node = nodeBinary(major)
  if ('reason' in node) {
    skip(`Node ${major}`, node.reason)
    continue
  }
  const run = (...args: readonly string[]) =>
    execFileSync(node.path, args, {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    }).trim()

  test(`Node ${major} is what it says`, () => {
    assert.match(run('--version'), new RegExp(`^v${major}\\.`))
  })
  test(`Node ${major}: an ES module`, () => {
    assert.is(run('use.mjs'), expectedOutput)
  })
  test(`Node ${major}: a CommonJS module`, () => {
    assert.is(run('use.cjs'), expectedOutput)
  })
}

test.run()
