/** A target that is another one, and writes down what that does: every loop that is loaded, every run with its plan, its time and its bytes. */
import * as lanewise from 'lanewise/target'

export interface Event {
  /** What was done: `load`, or the way that the loop was run. */
  readonly what: 'load' | keyof lanewise.Runner
  /** The kernel, its form, and the dtypes in memory. */
  readonly loop: string
  /** Of a run: sizes of the plan's axes, the inner run last, and each operand's steps in elements. */
  readonly sizes: readonly number[]
  readonly steps: readonly (readonly number[])[]
  /** Milliseconds since the trace began, and how long it took. */
  readonly start: number
  readonly took: number
  /** Bytes of all elements that were read and written, and those that were copied besides. */
  readonly bytes: number
  readonly copied: number
  readonly threads: number
  /** Calls of the inner loop. */
  readonly calls: number
}

export interface Trace {
  readonly target: lanewise.Target
  readonly events: Event[]
}

const bytesOf = (code: lanewise.Strided['code'], elements: number): number =>
  lanewise.dtypes[code].bytes * elements
const sizeOf = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)

/** What a run goes through. */
type Work = Pick<Event, 'sizes' | 'steps' | 'bytes'>

function ofPlan(
  operands: readonly lanewise.Strided[],
  { outer, inner, outerSteps, innerSteps }: lanewise.Plan,
): Work {
  const sizes = [...outer, inner]
  const steps = operands.map((_, k) => [...(outerSteps[k] ?? []), innerSteps[k] ?? 0])
  // An operand that stretches along an axis is read once there.
  const elements = steps.map((own) => sizeOf(sizes.filter((_, axis) => own[axis] !== 0)))
  const bytes = operands.reduce((sum, { code }, k) => sum + bytesOf(code, elements[k] ?? 0), 0)
  return { sizes, steps, bytes }
}

const ofArrays = (sizes: readonly number[], arrays: readonly (lanewise.Strided | null)[]): Work => {
  const own = arrays.filter((one) => one !== null)
  const bytes = own.reduce((sum, { code, shape }) => sum + bytesOf(code, sizeOf(shape)), 0)
  return { sizes, steps: own.map(({ stride }) => stride), bytes }
}

/** What each way to run goes through, told from its arguments; the last of them is the report. */
const works: { readonly [W in keyof lanewise.Runner]?: (...args: never[]) => Work } = {
  run: ofPlan,
  runCore: (operands: readonly lanewise.Strided[], { loop }: lanewise.CoreCall) => ofArrays(loop, operands),
  reduce: ofFold,
  accumulate: ofFold,
  reduceBlock: (x: lanewise.Strided) => ofArrays(x.shape, [x]),
  runShort(n: number, { data }: lanewise.ShortOperands) {
    const sizes = data.map((own) => (typeof own === 'number' ? 8 : n * own.BYTES_PER_ELEMENT))
    const steps = data.map((own) => [typeof own === 'number' ? 0 : 1])
    return { sizes: [n], steps, bytes: sizes.reduce((a, b) => a + b, 0) }
  },
}

function ofFold({ elements, results }: lanewise.FoldJob): Work {
  return ofArrays(elements[0]?.shape ?? [], [...elements, ...results])
}

/** The target `inner` under another name, and the list that it writes to. */
export function trace(inner: lanewise.Target, name = `trace of ${inner.name}`): Trace {
  const events: Event[] = []
  const begun = performance.now()

  function timed<R>(
    what: Event['what'],
    loop: string,
    work: () => Work,
    report: lanewise.Report,
    run: () => R,
  ): R {
    const before = { calls: report.calls, copied: report.bytesCopied }
    const start = performance.now()
    const note = (): void => {
      const took = performance.now() - start
      const calls = report.calls - before.calls
      const copied = report.bytesCopied - before.copied
      events.push({
        what,
        loop,
        ...work(),
        start: start - begun,
        took,
        copied,
        threads: report.threads,
        calls,
      })
    }
    const result = run()
    if (result instanceof Promise) return result.finally(note) as R
    // Ways that were not taken after all give false or null.
    if (result !== false && result !== null) note()
    return result
  }

  function wrap(loop: string, runner: lanewise.Runner): lanewise.Runner {
    const own: Record<string, unknown> = { ...runner }
    for (const [way, work] of Object.entries(works)) {
      const run = own[way] as ((...args: unknown[]) => unknown) | undefined
      if (!run) continue
      own[way] = (...args: unknown[]) => {
        const report = args.at(-1) as lanewise.Report
        return timed(
          way as keyof lanewise.Runner,
          loop,
          () => work(...(args as never[])),
          report,
          () => run(...args),
        )
      }
    }
    const { runLater } = runner
    if (!runLater) return own
    const run: typeof runLater.run = (operands, plan, report, watch) => {
      const work = () => ofPlan(operands, plan)
      return timed('runLater', loop, work, report, () => runLater.run(operands, plan, report, watch))
    }
    return { ...own, runLater: { ...runLater, run } }
  }

  function load(loop: lanewise.Loop, tables: Parameters<lanewise.Target['load']>[1]): lanewise.Runner {
    const form = loop.form === 'map' ? '' : ` (${loop.form})`
    const text = `${loop.name || 'ufunc'}${form} ${loop.outputs}(${loop.inputs})`
    const report = { threads: 1, calls: 0, bytesCopied: 0 }
    const nothing = { sizes: [], steps: [], bytes: 0 }
    const runner = timed(
      'load',
      text,
      () => nothing,
      report,
      () => (inner as lanewise.TargetOf<lanewise.Consumed, lanewise.Loop>).load(loop, tables),
    )
    return wrap(text, runner)
  }

  return { target: { ...inner, name, load } as lanewise.Target, events }
}
