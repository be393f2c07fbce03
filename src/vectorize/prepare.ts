/** From the dtypes of a call to a loaded loop: chosen, cast rules checked, compiled, loaded. Done once for each combination. */
import { scalar } from '../broadcast/operand.ts'
import type { Recalled } from '../broadcast/recall.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Casting, type Code, canCast, dtypes, promote, type TypedArray } from '../dtype.ts'
import { CastingError, NoLoopError } from '../errors.ts'
import type { Loop, LoopForm } from '../loops/loop.ts'
import { debug, settings } from '../settings.ts'
import { type Chosen, chooseTarget, insteadOf, isAsync } from '../targets/index.ts'
import { load } from '../targets/load.ts'
import type { FoldJob, Report, Run, Runner, ShortOperands, Target } from '../targets/target.ts'
import { type Asked, dtypesOf, type Given, isWeak, narrowed, search } from './choose.ts'
import type { Keywords } from './keywords.ts'
import type { Bound, Overload, Source } from './source.ts'

/** A loop that is ready to fold. */
export interface FoldReady {
  readonly ready: Ready
  /** The dtypes of the accumulators, and so of the results. */
  readonly codes: readonly Code[]
  /** Partial results may be joined in a tree. */
  readonly tree: boolean
  readonly reduce: (job: FoldJob, report: Report) => void | Promise<void>
  readonly accumulate: (job: FoldJob, report: Report) => void | Promise<void>
  readonly reduceBlock: Runner['reduceBlock']
  readonly reduceSlices: Runner['reduceSlices']
  /** The identity as accumulators; null for none. */
  first(): FoldJob['initial']
  /** The same for elements that are accumulators already: what reduces the second axis. */
  further(): FoldReady
}

/** What `explain().last` tells. */
export interface Last extends Report {
  target: string
  milliseconds?: number
}

/** A loop that is ready to run. */
export interface Ready extends Bound, Runner {
  readonly run: Run
  readonly target: Target
  readonly loop: Loop
  /** Why it runs elsewhere than it was asked to. */
  readonly why: string | undefined
  /** All results are b1, so that scalars it cannot hold are compared exactly instead. */
  readonly compares: boolean
}

/** A call whose arguments were read. */
export interface Call {
  readonly args: readonly unknown[]
  readonly keywords: Keywords
  /** Holds what the caller gave to write to, from `outsFrom` to before `outsTo`; null when nothing was given. */
  readonly outs: readonly unknown[] | null
  readonly outsFrom: number
  readonly outsTo: number
  /** Inputs, the mask if there is one, then outputs; `absent` for scalars not written down yet and results not allocated yet. */
  readonly operands: Strided[]
  /** The first output among the operands. */
  readonly first: number
  /** JavaScript scalars among the inputs. */
  readonly scalars: number
  /** The dtypes of all operands as one key. */
  key: number | string
  /** Scalars to compare in f8, because the dtype of the chosen loop, which stands here, cannot hold them. */
  widened: (Code | null)[] | null
}

/** Stands for scalars not written down yet and results not allocated yet. */
export const absent: Strided = scalar(new Uint8Array(0), 'b1')

/** From operands and loop to results, where that is not element by element. */
export type Finish = (core: Core, request: Call, ready: Ready) => unknown

/** What a ufunc holds; the callable is a function over this. */
export interface Core {
  readonly name: string
  readonly nin: number
  readonly nout: number
  /** How many outputs a call may be given: all, or none where the kernel makes them. */
  readonly outs: number
  readonly target: string | undefined
  readonly fallback: string | undefined
  /** A value, 'reorderable', or null: what reductions know of the kernel. */
  readonly identity: unknown
  /** Of a gufunc; null: element by element. */
  readonly finish: Finish | null
  /** The layout of a gufunc. */
  readonly signature: string | null
  source: Source
  /** Loaded loops: by the dtypes of the arguments (the key of a call), and by their own. */
  readonly byCall: Map<number | string, Ready>
  readonly byLoop: Map<string, Ready>
  /** Loops that fold, by the dtypes of the operand and of the keywords. */
  readonly byFold: Map<number | string, FoldReady>
  /** The settings these were loaded under. */
  epoch: number
  /** Its target is asynchronous: calls give promises, also where it falls back to another. */
  promises: boolean
  last: Last | null
  /** The loop of the last call. */
  lastLoop: Ready | null
  /** How the last call was planned that needed planning. */
  recalled: Recalled | null
  /** What a short call works with, written anew each time. */
  readonly short: ShortOperands & {
    readonly report: Last
    shape: readonly number[] | null
    /** The classes of the operands that were here last, and their digits in the key; -1 for none. */
    readonly classes: unknown[]
    readonly digits: number[]
    /** For results of numbers alone. */
    readonly singles: TypedArray[]
    /** Counts the calls that wrote here. */
    turn: number
  }
}

/** What a loop is looked up by. */
export interface Query {
  readonly form: LoopForm
  readonly given: readonly Given[]
  /** The dtypes of given outputs, null where one is to be allocated. */
  readonly outs: readonly (Code | null)[]
  readonly asked: Asked
  readonly casting: Casting
  /** Inputs that are compared in f8 although the loop's dtype is another. */
  readonly widened: readonly (Code | null)[] | null
}

/** Forgets loops that were loaded under other settings. */
export function refresh(core: Core): void {
  core.lastLoop = null
  core.byCall.clear()
  core.byLoop.clear()
  core.byFold.clear()
  core.epoch = settings.epoch
  core.promises = isAsync(core.target)
}

/**
 * The loop for these dtypes, with what it finds in memory.
 * @throws NoLoopError, CastingError
 */
export function bind(core: Core, query: Query): Bound {
  const found = find(core, query)
  const overload = query.widened
    ? core.source.overload(
        found.inputs.map((code, i) => (query.widened?.[i] ? 'f8' : code)),
        found.outputs,
      )
    : found
  const inputs = overload.inputs.map((code, i) => {
    const given = query.given[i] ?? code
    return isWeak(given) || isStored(overload, i) ? code : given
  })
  // A kernel that writes to its outputs reads them too: they have its own dtypes, and are cast afterwards.
  const writes = overload.kernel.core !== undefined && overload.kernel.outs.length === 0
  const outputs = overload.outputs.map((code, k) => (writes ? code : (query.outs[k] ?? code)))
  if (query.asked !== null || query.casting !== 'same_kind') checkInputs(core, query, found)
  checkStored(core, query, overload)
  checkOutputs(core, query, overload)
  return { overload, form: query.form, inputs, outputs }
}

/** Does a kernel of arrays write to this input? */
const isStored = ({ kernel }: Overload, operand: number): boolean =>
  kernel.core?.views.some((view) => view.operand === operand && view.stored) ?? false

/** What is written to an input goes back into its own dtype. */
function checkStored({ name }: Core, { given, casting }: Query, overload: Overload): void {
  for (const [operand, from] of overload.inputs.entries()) {
    const to = given[operand] ?? from
    if (!isStored(overload, operand) || isWeak(to) || canCast(from, to, casting)) continue
    throw cannotCast(name, `operand ${operand}, which is written,`, from, to, casting, operand)
  }
}

function find(core: Core, { given, asked, casting }: Query): Overload {
  const { source } = core
  if (source.lazy) return lazily(core, given, asked)
  const loops = narrowed(source.overloads, asked)
  const hit = search(loops, given) ?? (asked === null ? undefined : castable(loops, given, casting))
  if (hit) return hit
  const types = source.overloads.map((overload) => overload.text)
  const got = `got (${given.join(', ')}), the loops are ${types.join(' ')}`
  throw new NoLoopError(
    asked === null
      ? `ufunc '${core.name}' not supported for the input types, and the inputs could not be safely coerced to any supported types according to the casting rule 'safe': ${got}`
      : `No loop matching the specified signature and casting was found for ufunc ${core.name}: asked for (${asked.map((code) => code ?? 'any').join(', ')}), ${got}`,
    { dtypes: given, types },
  )
}

/** A loop that was asked for may need more than safe casts: the first that the rule allows, else the first, for its error. */
const castable = (
  loops: readonly Overload[],
  given: readonly Given[],
  casting: Casting,
): Overload | undefined =>
  loops.find((loop) => loop.inputs.every((to, i) => allows(given[i] ?? to, to, casting))) ?? loops[0]

const allows = (from: Given, to: Code, casting: Casting) => isWeak(from) || canCast(from, to, casting)

/** Without signatures the dtypes make the loop; a dtype that is asked for is what it computes in. */
function lazily({ source, nin, nout }: Core, given: readonly Given[], asked: Asked): Overload {
  const own = dtypesOf(given)
  if (asked === null) return source.overload(own)
  const results = asked.slice(nin).filter((code) => code !== null)
  const wide = results
    .filter((code) => code !== 'b1')
    .reduce<Code | undefined>((a, b) => (a ? promote(a, b) : b), undefined)
  const inputs = own.map((code, i) => asked[i] ?? wide ?? code)
  return results.length === nout ? source.overload(inputs, results) : source.overload(inputs)
}

function checkInputs({ name }: Core, { given, casting }: Query, loop: Overload): void {
  for (const [operand, to] of loop.inputs.entries()) {
    const from = given[operand] ?? to
    const mask = from === 'u1' && to === 'b1'
    if (isWeak(from) || mask || canCast(from, to, casting)) continue
    throw cannotCast(name, `input ${operand}`, from, to, casting, operand)
  }
}

function checkOutputs({ name, nin, nout }: Core, { outs, casting }: Query, loop: Overload): void {
  for (const [k, from] of loop.outputs.entries()) {
    const to = outs[k] ?? from
    if (canCast(from, to, casting)) continue
    throw cannotCast(name, nout > 1 ? `output ${k}` : 'output', from, to, casting, nin + k)
  }
}

const cannotCast = (name: string, which: string, from: Code, to: Code, casting: Casting, operand: number) =>
  new CastingError(
    `Cannot cast ufunc '${name}' ${which} from dtype('${dtypes[from].name}') to dtype('${dtypes[to].name}') with casting rule '${casting}'`,
    { from, to, casting, operand },
  )

/** The loop, with what lies in memory where that is something else, and its form. */
export const boundText = ({ overload, form, inputs, outputs }: Bound): string => {
  const memory = `(${inputs})->(${outputs})`
  const same = memory === `(${overload.inputs})->(${overload.outputs})`
  return `${overload.text}${same ? '' : ` on ${memory}`}${form === 'map' ? '' : ` ${form}`}`
}

/**
 * The loaded loop; compiled now when it is new.
 * @throws NotReadyError where the compiler cannot be waited for, TargetError
 */
export function loaded(core: Core, bound: Bound): Ready {
  const key = boundText(bound)
  const known = core.byLoop.get(key)
  if (known) return known
  const make = (chosen: Chosen): Ready => {
    const start = performance.now()
    return remember(core, key, bound, chosen, core.source.loop(chosen.target.consumes, bound), start)
  }
  const chosen = chooseTarget(core.target, core.fallback, bound)
  try {
    return make(chosen)
  } catch (error) {
    return make(insteadOf(chosen, error, core.fallback, bound))
  }
}

/** The same, without making anyone wait. */
export async function loadedAsync(core: Core, bound: Bound): Promise<Ready> {
  const key = boundText(bound)
  const known = core.byLoop.get(key)
  if (known) return known
  const { epoch } = core
  const make = async (chosen: Chosen): Promise<Ready> => {
    const start = performance.now()
    const loop = await core.source.loopAsync(chosen.target.consumes, bound)
    // Settings may have changed meanwhile: then what was compiled is not what is wanted now.
    if (core.epoch !== epoch || settings.epoch !== epoch) return loaded(core, bound)
    return core.byLoop.get(key) ?? remember(core, key, bound, chosen, loop, start)
  }
  const chosen = chooseTarget(core.target, core.fallback, bound)
  try {
    return await make(chosen)
  } catch (error) {
    return make(insteadOf(chosen, error, core.fallback, bound))
  }
}

const notElementwise: Run = () => {
  throw new TypeError('this loop is run by runCore, reduce or accumulate')
}

function remember(
  core: Core,
  key: string,
  bound: Bound,
  { target, why }: Chosen,
  made: Loop,
  start: number,
): Ready {
  const { overload } = bound
  const { loop, runner } = load(target, made, overload.tables, overload.kernel.core !== undefined)
  const compares = overload.outputs.every((code) => code === 'b1')
  const { run = notElementwise } = runner
  const ready: Ready = { ...bound, ...runner, run, target, loop, why, compares }
  core.byLoop.set(key, ready)
  debug(1, () => `${core.name} ${key} for ${target.name}: ${(performance.now() - start).toFixed(1)} ms`)
  return ready
}
