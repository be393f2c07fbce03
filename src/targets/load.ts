/** From a loop to what runs it: for a target that takes the IR through its emitter, and complete, or refused before anything runs. */
import type { Code, TypedArray } from '../dtype.ts'
import { TargetError } from '../errors.ts'
import type { Kernel } from '../loops/kernel/ir.ts'
import type { Consumed, Emitted, EmittedLoop, IrLoop, Loop } from '../loops/loop.ts'
import { debug } from '../settings.ts'
import { foldByRuns } from './fold/by-runs.ts'
import { indexedByRuns, maskedByRuns } from './forms.ts'
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

const takes = ({ forms = [] }: IrTarget, { form }: Loop): boolean => form === 'map' || forms.includes(form)
const isIr = (target: Target): target is IrTarget => target.consumes === 'ir'

/** What a loop of this form has to be run by. */
function waysOf({ form }: Loop, isCore: boolean): readonly (keyof Runner)[] {
  if (isCore) return ['runCore']
  return form === 'fold' || form === 'masked fold' ? ['reduce', 'accumulate'] : ['run']
}

const refusal = ({ name }: Target, loop: Loop, reason: string): Error =>
  new TargetError(`the target '${name}' cannot run ${loop.name}: ${reason}`, { target: name, reason })

/** A loop of a form that the target does not take, made of runs of `map`; each is made ready when it is first needed. */
function byRuns(target: IrTarget, loop: IrLoop, tables: readonly TypedArray[]): Loaded {
  const { fold, form, kernel, outputs, inputs } = loop
  const part = (own: Kernel, from: readonly Code[]) => {
    let run: Run | undefined
    return (): Run => {
      if (run) return run
      const { fold: _, ...rest } = loop
      const map = {
        ...rest,
        form: 'map',
        kernel: own,
        inputs: from,
        operands: [...from, ...outputs],
      } as const
      run = load(target, map, tables, false).runner.run as Run
      return run
    }
  }
  if (fold) {
    const runs = {
      step: part(kernel, inputs),
      join: part(fold.join, [...outputs, ...outputs]),
      start: part(fold.start, inputs.slice(outputs.length)),
      move: part(fold.move, outputs),
    }
    // What cannot be emitted is refused now, not in the midst of a reduction.
    runs.step()
    runs.join()
    return { loop, runner: foldByRuns(runs, outputs, target.memory) }
  }
  // An asynchronous target may have operands of which nothing here can read a mask.
  if (target.kind === 'async') throw refusal(target, loop, `it does not take the form ${form}`)
  if (form === 'masked') {
    const run = part(kernel, inputs.slice(0, -1))()
    return { loop, runner: { run: maskedByRuns(run, inputs.length - 1) } }
  }
  const run = part(kernel, [...outputs, ...inputs.slice(1)])()
  return { loop, runner: { run: indexedByRuns(run) } }
}

interface Loaded {
  readonly loop: Loop
  readonly runner: Runner
}

function loaded(target: Target, loop: Loop, tables: readonly TypedArray[]): Loaded {
  // Which kind of loop it takes, it has said.
  if (!isIr(target) || loop.isa !== 'ir')
    return { loop, runner: (target as TargetOf<Consumed, Loop>).load(loop, tables) }
  if (!takes(target, loop)) return byRuns(target, loop, tables)
  const own = emit(target, loop)
  return { loop: own, runner: target.load(own, tables) }
}

/**
 * Loads a loop, which is the loop that the runner runs: with what the target has emitted.
 * @throws TargetError when the target has no way to run it
 */
export function load(target: Target, loop: Loop, tables: readonly TypedArray[], isCore: boolean): Loaded {
  const { loop: own, runner } = loaded(target, loop, tables)
  const ways = waysOf(own, isCore)
  if (!ways.some((way) => runner[way])) throw refusal(target, loop, `it has no ${ways.join(' and no ')}`)
  return { loop: own, runner }
}
