/**
 * Which axes of an operand are its core: the last ones, unless `axes` or `axis` says otherwise; and where the core axes of results
 * go. Matches NumPy's `_parse_axes_arg`, `_parse_axis_arg` and `keepdims`.
 */
import type { Strided } from '../broadcast/view.ts'
import { AxisError, OptionError } from '../errors.ts'
import { coreOf, type Layout } from './layout.ts'
import { present } from './sizes.ts'

interface Request {
  readonly name: string
  readonly layout: Layout
  readonly axes: unknown
  readonly axis: unknown
  readonly keepdims: boolean
  /** Optional dimensions that are missing. */
  readonly missing: readonly boolean[]
}

/** For operand k of so many dimensions: its core axes, from 0. Null: the last ones. */
export type CoreAxes = (k: number, ndim: number) => readonly number[] | null

const wrong = (name: string, what: string): Error =>
  new OptionError(`${name}: ${what}`, { option: 'axes', known: ['axes', 'axis', 'keepdims'] })

/** How many core axes each operand has, those that `keepdims` keeps in outputs among them. */
export function coreCounts({ layout, missing, keepdims, name }: Omit<Request, 'axes' | 'axis'>): number[] {
  const nin = layout.inputs.length
  const counts = [...layout.inputs, ...layout.outputs].map((core) => present(core, missing).length)
  if (!keepdims) return counts
  const kept = layout.inputs[0]?.length ?? 0
  const odd = [...layout.inputs, ...layout.outputs].findIndex(
    (core, k) => core.length !== (k < nin ? kept : 0),
  )
  if (odd >= 0) {
    const which = odd < nin ? `input ${odd}` : `output ${odd - nin}`
    throw wrong(
      name,
      `does not support keepdims: its signature ${layout.text} requires ${which} to have ${coreOf(layout, odd).length} core dimensions, but keepdims can only be used when all inputs have the same number of core dimensions and all outputs have no core dimensions`,
    )
  }
  return counts.map((count, k) => (k < nin ? count : kept))
}

function normalized(axis: unknown, ndim: number, { name }: Request): number {
  if (!Number.isInteger(axis)) throw wrong(name, `an axis is an integer, but got ${String(axis)}`)
  const k = Number(axis)
  if (k >= -ndim && k < ndim) return k < 0 ? k + ndim : k
  throw new AxisError(`axis ${k} is out of bounds for array of dimension ${ndim}`, { axis: k, ndim })
}

function fromAxis(request: Request, counts: readonly number[]): CoreAxes {
  const { layout, name, axis } = request
  const distinct = layout.dims.length
  const several = [...layout.inputs, ...layout.outputs].some((core) => core.length > 1)
  if (distinct !== 1 || several) {
    throw wrong(
      name,
      `axis can only be used with a single shared core dimension, not with the ${distinct} distinct ones implied by signature ${layout.text}`,
    )
  }
  return (k, ndim) => ((counts[k] ?? 0) === 0 ? null : [normalized(axis, ndim, request)])
}

function fromAxes(request: Request, counts: readonly number[]): CoreAxes {
  const { layout, name, axes } = request
  const nin = layout.inputs.length
  if (!Array.isArray(axes)) throw wrong(name, 'axes should be a list')
  const list: readonly unknown[] = axes
  const mayOmit = layout.outputs.every((core) => core.length === 0)
  if (list.length !== counts.length && !(list.length === nin && mayOmit)) {
    throw wrong(
      name,
      `axes should be a list with an entry for all ${counts.length} inputs and outputs; entries for outputs can only be omitted if none of them has core axes`,
    )
  }
  const items = list.map((item, k): readonly unknown[] => {
    const count = counts[k] ?? 0
    if (!Array.isArray(item) && typeof item !== 'number')
      throw wrong(
        name,
        `axes item ${k} should be a list of integers, or an integer where there is one core axis`,
      )
    const entry: readonly unknown[] = Array.isArray(item) ? item : [item]
    if (entry.length === count) return entry
    throw new AxisError(
      `${name}: operand ${k} has ${count} core dimensions, but ${entry.length} dimensions are specified by axes tuple.`,
      { axis: item, ndim: count },
    )
  })
  return (k, ndim) => {
    // Outputs may be left out: what keepdims keeps then comes last.
    const own = (items[k] ?? []).map((axis) => normalized(axis, ndim, request))
    const repeated = own.find((axis, i) => own.indexOf(axis) !== i)
    if (repeated !== undefined) throw wrong(name, `axes item ${k} has value ${repeated} repeated`)
    return own.length === 0 ? null : own
  }
}

/**
 * What `axes`, `axis` and `keepdims` say.
 * @throws OptionError where they do not fit the layout, AxisError for axes that are not there
 */
export function readAxes(request: Request): { readonly counts: readonly number[]; readonly of: CoreAxes } {
  const { name, axes, axis } = request
  if (axes !== undefined && axis !== undefined) throw wrong(name, "cannot specify both 'axis' and 'axes'")
  const counts = coreCounts(request)
  const last: CoreAxes = () => null
  const of =
    axis !== undefined ? fromAxis(request, counts) : axes !== undefined ? fromAxes(request, counts) : last
  return { counts, of }
}

/** The order of axes in which the core comes last. */
function coreLast(ndim: number, core: readonly number[]): readonly number[] {
  const all = Array.from({ length: ndim }, (_, axis) => axis)
  return [...all.filter((axis) => !core.includes(axis)), ...core]
}

const permuted = ({ data, code, shape, stride, offset }: Strided, order: readonly number[]): Strided => ({
  data,
  code,
  shape: order.map((axis) => shape[axis] ?? 1),
  stride: order.map((axis) => stride[axis] ?? 0),
  offset,
})

/** The operand with its core axes last; null: they are. */
export const withCoreLast = (operand: Strided, core: readonly number[] | null): Strided =>
  core === null ? operand : permuted(operand, coreLast(operand.shape.length, core))

/** The way back: the last axes become the core axes. */
export function withCoreAt(operand: Strided, core: readonly number[] | null): Strided {
  if (core === null) return operand
  const order = coreLast(operand.shape.length, core)
  return permuted(
    operand,
    order.map((_, axis) => order.indexOf(axis)),
  )
}
