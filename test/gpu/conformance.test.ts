/** The suite that every target passes, on the gpu: what it does not run, it refuses. Cases with subnormal operands are in calls.test.ts and math.test.ts. */
import { test } from 'uvu'
import { ready } from '../../src/index.ts'
import { conformance } from '../../src/testing/conformance.ts'
import { skip } from '../skip.ts'
import { reasonForNoGpu } from './driver.ts'

/** Their operands have subnormal numbers among them, which drivers may take for zeros. */
const subnormal = /(arithmetic|rounding|…) of f4$|of two f4$|branches in f4$|layouts of f4/

const reason = await reasonForNoGpu()
await ready()
if (reason !== null) skip('the suite of all targets', reason)
else
  for (const { name, run } of conformance('gpu', { without: ['f8'] }))
    if (!subnormal.test(name)) test(name, run)

test.run()
