/** The second half of a call of a jit function of arrays: its kernel runs once, on whole arrays; results are numbers and arrays it made. */

import { copy } from '../broadcast/copy.ts'
import type { Access, CoreCall } from '../broadcast/core.ts'
import { isSameLayout } from '../broadcast/recall.ts'
import type { Layout, Strided } from '../broadcast/view.ts'
import { NoLoopError, OptionError, TargetError } from '../errors.ts'
import { resultOf } from '../targets/index.ts'
import { addressOf, isElsewhere } from '../targets/memory/resident.ts'
import { noKeywords } from '../vectorize/keywords.ts'
import type { Call, Core, Finish, Last, Ready } from '../vectorize/prepare.ts'
import { checkContiguous } from './contiguous.ts'
import { single } from './finish.ts'
import { madeArrays } from './made.ts'
import { checkWritable, separateAll, temporary } from './written.ts'

export interface JitRules {
  /** The dimensions of each argument, 0 for a number. */
  readonly ranks: readonly number[]
  /** Of each result. */
  readonly results: readonly number[]
  /** Arguments that the kernel writes to. */
  readonly writable: ReadonlySet<number>
}

const dimensions = (rank: number): string =>
  rank === 0 ? 'a number' : `an array of ${rank} dimension${rank === 1 ? '' : 's'}`

function checkRanks(
  { name }: Core,
  { overload }: Ready,
  operands: readonly Strided[],
  ranks: readonly number[],
): void {
  const odd = operands.findIndex(({ shape }, k) => shape.length !== ranks[k])
  if (odd < 0) return
  const { shape = [], code = 'f8' } = operands[odd] ?? {}
  throw new NoLoopError(
    `${name}() argument ${odd} is ${dimensions(shape.length)}, but ${overload.text} takes ${dimensions(ranks[odd] ?? 0)}: functions of jit do not broadcast, those of guvectorize do`,
    { dtypes: [code], types: [overload.text] },
  )
}

/** Of the keywords of calls only those that choose the loop mean something here. */
function checkKeywords({ name, nin }: Core, { keywords, outs }: Call): void {
  const { mask, axes, axis, keepdims, order } = keywords
  const plain = mask === null && axes === undefined && axis === undefined && !keepdims
  if (outs === null && plain && order === noKeywords.order) return
  throw new OptionError(
    `${name}() takes its ${nin} arguments and the keywords casting, dtype and signature: it makes its results itself, or writes to arrays that are arguments`,
    { option: outs === null ? 'keywords' : 'out', known: ['casting', 'dtype', 'signature'] },
  )
}

export function jitFinish({ ranks, results, writable }: JitRules): Finish {
  let recalled: Recalled | null = null
  return (core, request, ready) => {
    const { nin } = core
    const last = recalled?.ready === ready ? recalled : null
    // Whoever is called meanwhile makes numbers of its own.
    recalled = null
    const { runCore, target } = ready
    if (runCore === undefined)
      throw new TargetError(`the target '${target.name}' does not run kernels of arrays`, {
        target: target.name,
        reason: 'it takes scalar kernels only',
      })
    checkKeywords(core, request)
    const given = request.operands.slice(0, nin)
    checkRanks(core, ready, given, ranks)
    checkContiguous(core.name, ready, given)
    if (writable.size > 0) {
      checkWritable(core, request.args, writable)
      separateAll(core, given, ready, writable)
    }
    const run = given.map((o, k) => temporary(core, ready, writable, o, k))
    // In short calls this is most of the time: flatMap takes longer than all else.
    const sizes: number[] = []
    for (const { shape } of given) for (const size of shape) sizes.push(size)
    const { outs } = ready.overload.kernel
    const made = madeArrays(core, ready, run, sizes)
    const inResident = given.some(({ data }) => !isElsewhere(data) && addressOf(data) >= 0)
    const numbers =
      last?.inResident === inResident ? last.numbers : outs.map((_, k) => oneElement(ready, k, given))
    run.push(...numbers, ...made.arrays)
    const same = last !== null && made.arrays.length === 0 && isSameAs(last.layouts, run)
    const call: CoreCall = same
      ? last.call
      : {
          loop: [],
          sizes: made.sizes,
          ranks: run.map(({ shape }) => shape.length),
          access: run.map((_, k): Access => {
            if (k < nin) return writable.has(k) ? 'both' : 'read'
            return k < nin + results.length ? 'write' : 'scratch'
          }),
          mask: null,
        }
    const report: Last = { target: target.name, threads: 1, calls: 0, bytesCopied: 0 }
    if (ready.why !== undefined) report.why = ready.why
    const done: unknown = runCore(run, call, report)
    core.last = report
    core.lastLoop = ready
    const answer = (): unknown => {
      given.forEach((to, k) => {
        const from = run[k]
        if (from && from !== to) copy(from, to)
      })
      const values = results.map((rank, k): unknown => {
        const from = run[nin + k]
        if (!from) return undefined
        return rank === 0 ? single(from) : resultOf(target, from)
      })
      return values.length > 1 ? values : values[0]
    }
    if (done instanceof Promise) return done.then(answer)
    const result = answer()
    const layouts = same ? last.layouts : run.map(layoutOf)
    recalled = { ready, inResident, numbers, layouts, call }
    return result
  }
}

/** The last call that has come back: with the same layouts its plan is this call's, and its numbers are written again. */
interface Recalled {
  readonly ready: Ready
  readonly inResident: boolean
  readonly numbers: readonly Strided[]
  readonly layouts: readonly Layout[]
  readonly call: CoreCall
}

const layoutOf = ({ shape, stride }: Strided): Layout => ({
  shape: [...shape],
  stride: [...stride],
  offset: 0,
})

const isSameAs = (layouts: readonly Layout[], run: readonly Strided[]): boolean =>
  layouts.length === run.length && layouts.every((layout, k) => isSameLayout(layout, run[k] as Strided))

/** Numbers are for the host, wherever the arguments are. */
function oneElement({ overload, target }: Ready, k: number, given: readonly Strided[]): Strided {
  const code = overload.outputs[k] ?? 'f8'
  const beside = given.map((o) => o.data).filter((data) => !isElsewhere(data))
  const data = target.memory.allocate(code, 1, beside)
  return { data, code, shape: [], stride: [], offset: 0 }
}
