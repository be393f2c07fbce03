/**
 * A layout meets the shapes of a call: what size each core dimension has, and what is left for the loop. Matches NumPy's
 * `_validate_num_dims` and `_get_coredim_sizes`; shapes have their core dimensions last (axes.ts has moved them there).
 */
import { broadcastCall, type Shape } from '../broadcast/shape.ts'
import { CoreDimensionError, OptionError } from '../errors.ts'
import { type CoreDim, coreOf, type Layout } from './layout.ts'
import { computeSize } from './size.ts'

/** Sizes that are neither an input's nor a given output's: numbers, or functions of the sizes known by then. */
export type SizesOption = Readonly<
  Record<string, number | ((sizes: Readonly<Record<string, number>>) => number)>
>

/** Nothing is said. */
export const noSizes: SizesOption = {}

export interface Sizes {
  /** Of each dimension of the layout; 1 for one that is missing. */
  readonly sizes: readonly number[]
  /** Optional dimensions that operands do without. */
  readonly missing: readonly boolean[]
  /** Over which the kernel is called. */
  readonly loop: Shape
  /** The core shape of each operand, inputs first, without missing dimensions. */
  readonly cores: readonly Shape[]
}

/** Of operand k: the dimensions that it has in this call. */
export const present = (core: readonly CoreDim[], missing: readonly boolean[]): readonly CoreDim[] =>
  core.filter(({ dim }) => !missing[dim])

interface Named {
  readonly layout: Layout
  readonly name: string
}

const operandText = ({ layout }: Named, k: number): string =>
  k < layout.inputs.length ? `Input operand ${k}` : `Output operand ${k - layout.inputs.length}`

/** Which optional dimensions are missing, because operands have too few. */
export function missingDims(callee: Named, shapes: readonly (Shape | null)[]): boolean[] {
  const { layout, name } = callee
  const missing = layout.dims.map(() => false)
  for (const [k, shape] of shapes.entries()) {
    if (!shape) continue
    const core = coreOf(layout, k)
    const needs = () => present(core, missing).length
    for (const { dim } of core) {
      if (shape.length >= needs()) break
      if (layout.dims[dim]?.optional) missing[dim] = true
    }
    if (shape.length >= needs()) continue
    throw new CoreDimensionError(
      `${name}: ${operandText(callee, k)} does not have enough dimensions (has ${shape.length}, gufunc core with signature ${layout.text} requires ${needs()})`,
      { name: layout.dims[core[0]?.dim ?? 0]?.name ?? '', sizes: shape, operand: k },
    )
  }
  return missing
}

function mismatch(callee: Named, k: number, axis: number, dim: number, size: number, known: number): Error {
  const { layout, name } = callee
  return new CoreDimensionError(
    `${name}: ${operandText(callee, k)} has a mismatch in its core dimension ${axis}, with gufunc signature ${layout.text} (size ${size} is different from ${known})`,
    { name: layout.dims[dim]?.name ?? '', sizes: [size, known], operand: k },
  )
}

const isSize = (size: unknown): size is number => Number.isSafeInteger(size) && Number(size) >= 0

/** What the option `sizes` says about dimensions that no input has; what a given output says must agree with it. */
function askSizes(callee: Named, sizes: number[], option: SizesOption): void {
  const { layout, name } = callee
  if (option === noSizes) return
  const known = Object.fromEntries(
    layout.dims.flatMap((d, k): [string, number][] =>
      (sizes[k] ?? -1) < 0 ? [] : [[d.name, sizes[k] ?? 0]],
    ),
  )
  for (const [k, dim] of layout.dims.entries()) {
    const rule = Object.hasOwn(option, dim.name) ? option[dim.name] : undefined
    if (rule === undefined) continue
    const size: unknown = typeof rule === 'function' ? rule({ ...known }) : rule
    if (!isSize(size))
      throw new OptionError(
        `${name}: sizes.${dim.name} must give a size, a whole number from 0, but gave ${size}`,
        {
          option: 'sizes',
          known: ownDims(layout),
        },
      )
    const given = sizes[k] ?? -1
    if (given >= 0 && given !== size) {
      const out = layout.outputs.findIndex((core) => core.some((c) => c.dim === k))
      const axis = layout.outputs[out]?.findIndex((c) => c.dim === k) ?? 0
      throw mismatch(callee, layout.inputs.length + out, axis, k, given, size)
    }
    sizes[k] = size
    known[dim.name] = size
  }
}

/** The names that only outputs have: what the option `sizes` may tell. */
export function ownDims({ dims, inputs }: Layout): string[] {
  const read = new Set(inputs.flat().map(({ dim }) => dim))
  return dims.flatMap(({ name, size }, k) => (size.kind === 'inferred' && !read.has(k) ? [name] : []))
}

/** Computed sizes, once all that they are made of are known. */
function computeSizes(callee: Named, sizes: number[]): void {
  const { layout, name } = callee
  for (const [k, { name: text, size }] of layout.dims.entries()) {
    if (size.kind !== 'computed') continue
    const value = computeSize(size.size, sizes)
    if (!isSize(value))
      throw new CoreDimensionError(
        `${name}: the size ${text} of an output is ${value}, with gufunc signature ${layout.text}`,
        {
          name: text,
          sizes: [value],
          operand: layout.inputs.length + layout.outputs.findIndex((core) => core.some((c) => c.dim === k)),
        },
      )
    sizes[k] = value
  }
}

/**
 * The sizes of a call: `shapes` of the inputs, `outs` of the outputs that are given (null: to be allocated); the mask stretches with
 * the loop dimensions.
 * @throws CoreDimensionError for too few dimensions, sizes that differ, and sizes that nothing tells; BroadcastError, OutputError
 *   for loop dimensions that do not fit together; OptionError for a wrong size in the option
 */
export function bindSizes(
  layout: Layout,
  shapes: readonly Shape[],
  outs: readonly (Shape | null)[],
  option: SizesOption = noSizes,
  name = 'gufunc',
  mask?: Shape,
): Sizes {
  const callee: Named = { layout, name }
  const all = [...shapes, ...outs]
  const nin = layout.inputs.length
  const missing = missingDims(callee, all)
  const sizes = layout.dims.map(({ size }, k) => (missing[k] ? 1 : size.kind === 'frozen' ? size.size : -1))

  const read = (k: number): void => {
    const shape = all[k]
    if (!shape) return
    const core = present(coreOf(layout, k), missing)
    const start = shape.length - core.length
    for (const [axis, { dim, stretches }] of core.entries()) {
      const size = shape[start + axis] ?? 1
      const known = sizes[dim] ?? -1
      if (stretches && size === 1) continue
      if (known < 0) sizes[dim] = size
      else if (size !== known) throw mismatch(callee, k, axis, dim, size, known)
    }
  }
  for (let k = 0; k < nin; k++) read(k)
  // All that may stretch has size 1.
  for (const { dim, stretches } of layout.inputs.flat())
    if (stretches && (sizes[dim] ?? -1) < 0) sizes[dim] = 1
  computeSizes(callee, sizes)
  for (let k = nin; k < all.length; k++) read(k)
  askSizes(callee, sizes, option)

  for (const [k, core] of layout.outputs.entries()) {
    for (const [axis, { dim }] of present(core, missing).entries()) {
      if ((sizes[dim] ?? -1) >= 0) continue
      const { name: dimName = '' } = layout.dims[dim] ?? {}
      throw new CoreDimensionError(
        `${name}: Output operand ${k} has core dimension ${axis} unspecified, with gufunc signature ${layout.text}: no input has '${dimName}'; give the output itself (out), or define the function with { sizes: { ${dimName}: … } }`,
        { name: dimName, sizes: [], operand: nin + k },
      )
    }
  }
  const loopOf = (k: number): Shape => {
    const shape = all[k] ?? []
    return shape.slice(0, shape.length - present(coreOf(layout, k), missing).length)
  }
  const loop = broadcastCall(
    [...shapes.map((_, k) => loopOf(k)), ...(mask ? [mask] : [])],
    outs.map((out, k) => (out ? loopOf(nin + k) : null)),
  )
  const cores = all.map((_, k) => present(coreOf(layout, k), missing).map(({ dim }) => sizes[dim] ?? 0))
  return { sizes, missing, loop, cores }
}
