/** From a loop to what runs it: for a target that takes the IR through its emitter, and complete, or refused before anything runs. */
import type { Code, TypedArray } from '../dtype.ts'
import { TargetError } from '../errors.ts'
import type { Kernel } from '../loops/kernel/ir.ts'
import type { Consumed, Emitted, EmittedLoop, IrLoop, Loop } from '../loops/loop.ts'
import { debug } from '../settings.ts'
import { foldByRuns } from './fold/by-runs.ts'
import type { IrTarget, Run, Runner, Target, TargetOf } from './target.ts'

/** What a target has emitted, loop by loop. */
const emitted = new WeakMap<IrTarget, WeakMap<IrLoop, EmittedLoop>>()

function emit(target: IrTarget, loop: IrLoop): EmittedLoop {
  let own = emitted.get(target)
  if (!own) {
    own = new WeakMap()
    emitted.set(target, own)
  }
  const known = own.get(loop)
  if (known) return known
  const code: Emitted = target.emit(loop)
  const made: EmittedLoop = { ...loop, ...code, notes: [...loop.notes, ...(code.notes ?? [])] }
  debug(2, () => (typeof made.code === 'string' ? made.code : `${made.code.length} bytes for ${target.name}`))
  own.set(loop, made)
  return made
}

const isIr = (target: Target): target is IrTarget => target.consumes === 'ir'

/** What a loop of this form has to be run by. */
function waysOf({ form }: Loop, isCore: boolean): readonly (keyof Runner)[] {
  if (isCore) return ['runCore']
  return form === 'fold' || form === 'masked fold' ? ['reduce', 'accumulate'] : ['run']
}

/** A reducing loop as element-wise ones, each made ready when it is first needed. */
function inRuns(target: IrTarget, loop: IrLoop, tables: readonly TypedArray[]): Loaded {
  const { fold, kernel, outputs, inputs } = loop
  const elements = inputs.slice(outputs.length)
  const part = (own: Kernel | undefined, from: readonly Code[]) => {
    let run: Run | undefined
    return (): Run => {
      if (run) return run
      const { fold: _, ...rest } = loop
      const map = { ...rest, form: 'map', kernel: own ?? kernel, inputs: from } as const
      run = load(target, map, tables, false).runner.run as Run
      return run
    }
  }
  const runs = {
    step: part(kernel, inputs),
    join: part(fold?.join, [...outputs, ...outputs]),
    start: part(fold?.start, elements),
    move: part(fold?.move, outputs),
  }
  // What cannot be emitted is refused now, not in the midst of a reduction.
  runs.step()
  runs.join()
  return { loop, runner: foldByRuns(runs, outputs, target.memory) }
}

interface Loaded {
  readonly loop: Loop
  readonly runner: Runner
}

/**
 * Loads a loop, which is the loop that the runner runs: with what the target has emitted.
 * @throws TargetError when the target has no way to run it
 */
export function load(target: Target, loop: Loop, tables: readonly TypedArray[], isCore: boolean): Loaded {
  if (isIr(target) && loop.isa === 'ir' && loop.fold && !target.folds) return inRuns(target, loop, tables)
  const own = isIr(target) && loop.isa === 'ir' ? emit(target, loop) : loop
  // Which kind of loop it takes, it has said.
  const runner = (target as TargetOf<Consumed, Loop>).load(own, tables)
  const ways = waysOf(own, isCore)
  if (!ways.some((way) => runner[way])) {
    const reason = `it has no ${ways.join(' and no ')}`
    throw new TargetError(`the target '${target.name}' cannot run ${loop.name}: ${reason}`, {
      target: target.name,
      reason,
    })
  }
  return { loop: own, runner }
}
