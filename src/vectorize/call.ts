/**
 * One call: arguments -> operands -> loop -> shape -> results -> run. For small arrays this is the time that counts, so what
 * most calls need comes first, and nothing is allocated that the run does not need.
 */
import { toOutput, toStrided } from '../broadcast/operand.ts'
import { makePlan, type Plan } from '../broadcast/plan.ts'
import { isRecalled, recall } from '../broadcast/recall.ts'
import {
  broadcastCall,
  type Order,
  outputStrides,
  type Shape,
  sameShape,
  shapeText,
  sizeOf,
} from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import type { Code } from '../dtype.ts'
import { LanewiseError, NoLoopError, OutputError } from '../errors.ts'
import type { LoopForm } from '../loops/loop.ts'
import { debug, settings } from '../settings.ts'
import { findTarget, resultOf } from '../targets/index.ts'
import { later, watched } from '../targets/later.ts'
import { type Target, throwIfAborted, type Watch } from '../targets/target.ts'
import type { Given } from './choose.ts'
import { checkDistinct, separate } from './distinct.ts'
import { digits, mostDigits } from './key.ts'
import { noKeywords, readKeywords } from './keywords.ts'
import { isScalarMask } from './mask.ts'
import { isOptions } from './options.ts'
import {
  absent,
  bind,
  type Call,
  type Core,
  type Last,
  loaded,
  loadedAsync,
  type Query,
  type Ready,
  refresh,
} from './prepare.ts'
import { callShort, notShort } from './short.ts'
import { beyond, fits, isScalar, kindOf, misfit, weakOperand } from './weak.ts'

/** Beyond the four bits of every operand. */
const maskedKey = 2 ** (4 * mostDigits)

/** Runs the loop for these arguments. Returns arrays, or scalars when all inputs are; several results as a list. */
export function call(core: Core, args: readonly unknown[]): unknown {
  if (core.epoch !== settings.epoch) refresh(core)
  if (core.promises) return callPromised(core, args)
  if (settings.debug > 0) return timed(core, args)
  const result = callShort(core, args)
  return result === notShort ? run(core, args) : result
}

function run(core: Core, args: readonly unknown[]): unknown {
  const request = read(core, args)
  let ready = core.byCall.get(request.key) ?? prepare(core, request)
  if (request.scalars > 0 && !writeScalars(core, request, ready)) {
    ready = core.byCall.get(request.key) ?? prepare(core, request)
    writeScalars(core, request, ready)
  }
  return core.finish ? core.finish(core, request, ready) : finish(core, request, ready)
}

/** On an asynchronous target, or what it falls back to: arguments are read now, everything else is waited for. */
async function callPromised(core: Core, args: readonly unknown[], watch: Watch = nobody): Promise<unknown> {
  const start = performance.now()
  const request = read(core, args)
  await findTarget(core.target)
  const ready = await readyFor(core, request)
  const waiting =
    ready.target.kind === 'sync' ? later(ready, watch) : watch === nobody ? ready : watched(ready, watch)
  return settled(core, request, waiting, start)
}

const nobody: Watch = { signal: undefined, patient: true, progress: () => {} }

/** A call that is waited for on every target: for the compiler, and then in parts, between which this thread is free. */
export async function callAsync(core: Core, args: readonly unknown[], watch: Watch): Promise<unknown> {
  if (core.epoch !== settings.epoch) refresh(core)
  if (core.promises) return callPromised(core, args, watch)
  const start = performance.now()
  await readyFor(core, read(core, args))
  throwIfAborted(watch.signal)
  // Its loop is loaded now; the arguments are read again, for arrays may have changed while it was.
  const request = read(core, args)
  return settled(core, request, later(await readyFor(core, request), watch), start)
}

async function readyFor(core: Core, request: Call): Promise<Ready> {
  const ready = core.byCall.get(request.key) ?? (await prepareAsync(core, request))
  if (request.scalars === 0 || writeScalars(core, request, ready)) return ready
  const other = core.byCall.get(request.key) ?? (await prepareAsync(core, request))
  writeScalars(core, request, other)
  return other
}

/** The results; `explain` tells of this call, whatever was called in between. */
async function settled(core: Core, request: Call, ready: Ready, start: number): Promise<unknown> {
  const result = core.finish ? core.finish(core, request, ready) : finish(core, request, ready)
  const { last, lastLoop } = core
  const waited = await result
  core.last = last
  core.lastLoop = lastLoop
  if (settings.debug > 0 && last) last.milliseconds = performance.now() - start
  return waited
}

function timed(core: Core, args: readonly unknown[]): unknown {
  const start = performance.now()
  const result = run(core, args)
  if (core.last) core.last.milliseconds = performance.now() - start
  return result
}

// ---- arguments

function read(core: Core, args: readonly unknown[]): Call {
  const { nin, nout } = core
  if (core.epoch !== settings.epoch) refresh(core)
  let count = args.length
  let keywords = noKeywords
  const last = args[count - 1]
  if (typeof last === 'object' && isOptions(last)) {
    keywords = readKeywords(last, core)
    count--
  }
  if (count < nin || count > nin + core.outs) throw wrongCount(core, args, count)
  const { mask } = keywords
  const first = mask === null ? nin : nin + 1
  const operands = new Array<Strided>(first + nout)
  if (mask !== null) operands[nin] = mask
  let key = 0
  let scalars = 0
  for (let i = 0; i < nin; i++) {
    const value = args[i]
    if (isScalar(value)) {
      operands[i] = absent
      key = (key << 4) | digits[kindOf(value)]
      scalars++
    } else {
      const operand = readInput(core, value, i)
      operands[i] = operand
      key = (key << 4) | digits[operand.code]
    }
  }
  const inArgs = count > nin
  if (inArgs && keywords.out !== null) throw bothWays(core)
  const outs = inArgs ? args : keywords.out
  const outsFrom = inArgs ? nin : 0
  const outsTo = inArgs ? count : nout
  let given = false
  for (let k = 0; k < nout; k++) {
    const out = outs === null || outsFrom + k >= outsTo ? null : outs[outsFrom + k]
    if (out === null || out === undefined) {
      operands[first + k] = absent
      key <<= 4
    } else {
      const operand = toOutput(out, nin + k)
      given = true
      operands[first + k] = operand
      key = (key << 4) | digits[operand.code]
    }
  }
  const request: Call = {
    args,
    keywords,
    outs: given ? outs : null,
    outsFrom,
    outsTo,
    operands,
    first,
    scalars,
    key: mask === null ? key : key + maskedKey,
    widened: null,
  }
  if (keywords.key !== '' || nin + nout > mostDigits) request.key = longKey(core, request)
  return request
}

function readInput(core: Core, value: unknown, operand: number): Strided {
  try {
    return toStrided(value)
  } catch (error) {
    if (error instanceof LanewiseError) error.message = `${core.name}() input ${operand}: ${error.message}`
    throw error
  }
}

const bothWays = ({ name, nin }: Core): Error =>
  new OutputError(`${name}() cannot specify 'out' as both a positional and keyword argument`, {
    operand: nin,
  })

const givenOf = (core: Core, { args, operands }: Call): Given[] =>
  operands.slice(0, core.nin).map((operand, i) => {
    const value = args[i]
    return isScalar(value) ? kindOf(value) : operand.code
  })

const outsOf = ({ operands, first }: Call): (Code | null)[] =>
  operands.slice(first).map((operand) => (operand === absent ? null : operand.code))

/** The mask of a gufunc chooses core calls; its loop knows nothing of it. */
const formOf = ({ finish }: Core, { keywords }: Call): LoopForm =>
  keywords.mask === null || finish !== null ? 'map' : 'masked'

const longKey = (core: Core, request: Call): string =>
  `${givenOf(core, request)} ${outsOf(request)} ${formOf(core, request)} ${request.keywords.key} ${request.widened ?? ''}`

function wrongCount({ name, nin, outs, source }: Core, args: readonly unknown[], count: number): Error {
  const range = outs === 0 ? `${nin}` : `from ${nin} to ${nin + outs}`
  return new NoLoopError(`${name}() takes ${range} positional arguments but ${count} were given`, {
    dtypes: args.slice(0, count).map((value) => (isScalar(value) ? typeof value : codeName(value))),
    types: source.overloads.map((overload) => overload.text),
  })
}

function codeName(value: unknown): string {
  try {
    return toStrided(value).code
  } catch {
    return typeof value
  }
}

// ---- the loop

function prepare(core: Core, request: Call): Ready {
  const ready = loaded(core, bind(core, queryOf(core, request)))
  core.byCall.set(request.key, ready)
  return ready
}

async function prepareAsync(core: Core, request: Call): Promise<Ready> {
  const ready = await loadedAsync(core, bind(core, queryOf(core, request)))
  core.byCall.set(request.key, ready)
  return ready
}

const queryOf = (core: Core, request: Call): Query => ({
  form: formOf(core, request),
  given: givenOf(core, request),
  outs: outsOf(request),
  asked: request.keywords.asked,
  casting: request.keywords.casting,
  widened: request.widened,
})

/** Scalars take the loop's dtype. False: some do not fit, and the call is now one for a loop that compares them in f8. */
function writeScalars(core: Core, request: Call, ready: Ready): boolean {
  const { args, operands, keywords, widened } = request
  let misfits: (Code | null)[] | null = null
  for (let i = 0; i < core.nin; i++) {
    const value = args[i]
    if (!isScalar(value)) continue
    const code = ready.overload.inputs[i] as Code
    const narrow = widened === null ? null : (widened[i] as Code | null)
    if (narrow !== null) operands[i] = weakOperand(code, beyond(narrow, value))
    else if (fits(code, value) || keywords.casting === 'unsafe') operands[i] = weakOperand(code, value)
    else if (ready.compares) {
      misfits ??= new Array<Code | null>(core.nin).fill(null)
      misfits[i] = code
    } else throw misfit(core.name, i, value, ready.overload, hasWideLoop(core))
  }
  if (misfits === null) return true
  request.widened = misfits
  request.key = longKey(core, request)
  return false
}

const hasWideLoop = ({ source }: Core): boolean =>
  source.lazy || source.overloads.some(({ outputs }) => outputs.every((code) => code === 'f8'))

// ---- the run

function finish(core: Core, request: Call, ready: Ready): unknown {
  const { nin, nout } = core
  const { operands, outs, scalars, first, keywords } = request
  const { recalled } = core
  const known =
    recalled !== null && keywords.order === 'K' && isRecalled(recalled, absent, operands) ? recalled : null
  const shape = known?.shape ?? shapeOf(operands, first)
  const given = known === null ? operands.slice() : operands
  const sync = ready.target.kind === 'sync'
  if (outs !== null && nout > 1 && sync) checkDistinct(core.name, operands, (k) => k >= first)
  // What an asynchronous target reads, it has copied before it writes.
  const moved = outs !== null && sync && separate(operands, first, ready)
  const alone = scalars === nin && outs === null && (keywords.mask === null || isScalarMask(keywords.mask))
  let inputs: readonly Strided[] | null = null
  for (let k = first; k < operands.length; k++) {
    if (operands[k] !== absent) continue
    const code = ready.overload.outputs[k - first] as Code
    inputs ??= operands.slice(0, first)
    const stride = known?.strides[k]?.slice()
    const made = alone
      ? weakOperand(code, 0)
      : allocated(ready, code, [...shape], stride ?? orderedAs(given, shape, keywords.order), inputs)
    // What the mask leaves out is 0.
    if (keywords.mask !== null) ready.target.memory.clear(made)
    operands[k] = made
  }
  const plan = known !== null && !moved ? known.plan : makePlan(shape, operands)
  if (known === null && !moved && plan.outer.length > 0 && keywords.order === 'K')
    core.recalled = recall(given, absent, operands, shape, plan)
  const report: Last = { target: ready.target.name, threads: 1, calls: 0, bytesCopied: 0 }
  if (ready.why !== undefined) report.why = ready.why
  const done = plan.size > 0 ? ready.run(operands, plan, report) : undefined
  core.last = report
  core.lastLoop = ready
  if (settings.debug === 4) debug(4, () => planText(core, ready, shape, operands, plan))
  return done instanceof Promise
    ? done.then(() => resultsOf(request, ready.target, nout, alone))
    : resultsOf(request, ready.target, nout, alone)
}

function resultsOf(request: Call, target: Target, nout: number, alone: boolean): unknown {
  if (nout === 1) return resultAt(request, target, 0, alone)
  return Array.from({ length: nout }, (_, k) => resultAt(request, target, k, alone))
}

/** Most operands have the same shape, or are scalars. */
function shapeOf(operands: readonly Strided[], first: number): Shape {
  let shape = absent.shape
  for (let k = 0; k < operands.length; k++) {
    const operand = operands[k] as Strided
    if (operand === absent || (k < first && operand.shape.length === 0)) continue
    if (shape === absent.shape) shape = operand.shape
    else if (!sameShape(shape, operand.shape)) return broadcast(operands, first)
  }
  return shape
}

const broadcast = (operands: readonly Strided[], first: number): Shape =>
  broadcastCall(
    operands.slice(0, first).map((operand) => operand.shape),
    operands.slice(first).map((operand) => (operand === absent ? null : operand.shape)),
  )

/** Memory order is settled by what the caller gave, other outputs and the mask included. */
const orderedAs = (given: readonly Strided[], shape: Shape, order: Order): number[] =>
  outputStrides(
    shape,
    given.filter((operand) => operand !== absent),
    order,
  )

function allocated(
  { target }: Ready,
  code: Code,
  shape: number[],
  stride: number[],
  inputs: readonly Strided[],
): Strided {
  const data = target.memory.allocate(
    code,
    sizeOf(shape),
    inputs.map((input) => input.data),
  )
  return { data, code, shape, stride, offset: 0 }
}

/** Result k: what was given to write to, the new array, or its one value. */
export function resultAt(request: Call, target: Target, k: number, alone: boolean): unknown {
  const { outs, outsFrom, outsTo, first } = request
  const out = outs === null || outsFrom + k >= outsTo ? null : outs[outsFrom + k]
  if (out !== null && out !== undefined) return out
  const made = request.operands[first + k] as Strided
  if (!alone) return resultOf(target, made)
  const { code, data } = made
  const value = data[0] as number | bigint
  return code === 'b1' ? value !== 0 : value
}

function planText(core: Core, ready: Ready, shape: Shape, operands: readonly Strided[], plan: Plan): string {
  const one = ({ code, shape, stride, offset }: Strided) =>
    `${code}${shapeText(shape)} stride [${stride}] offset ${offset}`
  const runs = plan.inner === 0 ? 0 : plan.size / plan.inner
  return `${core.name} ${ready.overload.text} over ${shapeText(shape)}: ${operands.map(one).join(', ')}; ${runs} runs of ${plan.inner}, steps [${plan.innerSteps}]`
}
