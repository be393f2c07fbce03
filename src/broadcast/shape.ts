/**
 * Shapes and strides: pure functions on lists of numbers. Strides count elements.
 * The rules are NumPy's: shapes align at their last axis, and an axis of size 1 stretches (stride 0).
 */
import { BroadcastError, OutputError } from '../errors.ts'
import type { Layout } from './view.ts'

export type Shape = readonly number[]

/** The memory order of an allocated output. K keeps the inputs' order, A is F when all inputs are F-contiguous, else C. */
export type Order = 'K' | 'C' | 'F' | 'A'

/** `(2,3)`, `(4,)`, `()`: as NumPy writes a shape. */
export const shapeText = (shape: Shape): string =>
  shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(',')})`

/** Elements of an array of this shape; 1 for a 0-d one. */
export function sizeOf(shape: Shape): number {
  let size = 1
  for (let axis = 0; axis < shape.length; axis++) size *= shape[axis] as number
  return size
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let axis = 0; axis < a.length; axis++) if (a[axis] !== b[axis]) return false
  return true
}

/**
 * The shape to which all shapes stretch. Matches `numpy.broadcast_shapes`.
 * @throws BroadcastError when two sizes of an axis differ and neither is 1
 */
export function broadcastShapes(shapes: readonly Shape[]): Shape {
  const first = shapes[0]
  if (first === undefined) return []
  let result = first
  let own: number[] | undefined
  for (let k = 1; k < shapes.length; k++) {
    const shape = shapes[k] as Shape
    if (sameShape(shape, result)) continue
    if (own === undefined) result = own = result.slice()
    for (let missing = shape.length - own.length; missing > 0; missing--) own.unshift(1)
    for (let axis = own.length - shape.length, i = 0; i < shape.length; axis++, i++) {
      const size = shape[i] as number
      if (size === 1 || size === own[axis]) continue
      if (own[axis] !== 1)
        throw new BroadcastError(
          `operands could not be broadcast together with shapes ${shapes.map(shapeText).join(' ')}`,
          { shapes },
        )
      own[axis] = size
    }
  }
  return result
}

/**
 * The shape a call iterates over: inputs stretch up to a given output, but an output never stretches.
 * Outputs that are to be allocated are null.
 * @throws BroadcastError when the inputs do not fit together, OutputError with the operand's number (inputs first)
 */
export function broadcastCall(inputs: readonly Shape[], outputs: readonly (Shape | null)[]): Shape {
  const free = broadcastShapes(inputs)
  const given = outputs.filter((out) => out !== null)
  if (given.length === 0) return free
  let shape: Shape
  try {
    shape = broadcastShapes([...inputs, ...given])
  } catch (error) {
    if (!(error instanceof BroadcastError)) throw error
    const k = outputs.findIndex((out) => out !== null && !sameShape(out, free))
    throw new OutputError(`${error.message}: the inputs alone make ${shapeText(free)}`, {
      operand: inputs.length + k,
      shape: outputs[k] ?? [],
      want: free,
    })
  }
  for (const [k, out] of outputs.entries()) {
    if (out === null || sameShape(out, shape)) continue
    throw new OutputError(
      `non-broadcastable output operand with shape ${shapeText(out)} doesn't match the broadcast shape ${shapeText(shape)}`,
      { operand: inputs.length + k, shape: out, want: shape },
    )
  }
  return shape
}

/** The strides with which an array runs over `shape`, to which it stretches: 0 along stretched axes and axes of size 1. */
export function stridesFor(layout: Layout, shape: Shape): number[] {
  const missing = shape.length - layout.shape.length
  const strides = new Array<number>(shape.length).fill(0)
  for (let axis = 0; axis < layout.shape.length; axis++)
    if (layout.shape[axis] !== 1) strides[missing + axis] = layout.stride[axis] as number
  return strides
}

/** Strides of a contiguous array in C order (last axis fastest) or F order (first axis fastest). */
export function contiguousStrides(shape: Shape, order: 'C' | 'F' = 'C'): number[] {
  const axes = [...shape.keys()]
  return permutedStrides(shape, order === 'C' ? axes.reverse() : axes)
}

/** Is the array laid out in C or F order without gaps? As in NumPy, strides of axes of size 1 do not matter, and empty arrays are both. */
export function isContiguous(layout: Layout, order: 'C' | 'F' = 'C'): boolean {
  const { shape, stride } = layout
  const last = shape.length - 1
  let step = 1
  let fits = true
  for (let i = 0; i <= last; i++) {
    const axis = order === 'C' ? last - i : i
    const size = shape[axis] as number
    if (size === 0) return true
    if (size !== 1 && stride[axis] !== step) fits = false
    step *= size
  }
  return fits
}

function permutedStrides(shape: Shape, fastestFirst: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let step = 1
  for (const axis of fastestFirst) {
    strides[axis] = step
    step *= Math.max(shape[axis] as number, 1)
  }
  return strides
}

/**
 * The axes from the fastest to the slowest: NumPy's `npyiter_find_best_axis_ordering`. A stable insertion sort that starts in
 * C order; two axes are compared on the operands where both strides are non-zero, and C order wins where operands disagree.
 * `strides[operand][axis]` are those of `stridesFor`.
 */
export function axisOrder(ndim: number, strides: readonly (readonly number[])[]): number[] {
  const order: number[] = []
  for (let axis = ndim - 1; axis >= 0; axis--) {
    let place = order.length
    for (let i = order.length - 1; i >= 0; i--) {
      const vote = slower(axis, order[i] as number, strides)
      if (vote === true) break
      if (vote === false) place = i
    }
    for (let i = order.length; i > place; i--) order[i] = order[i - 1] as number
    order[place] = axis
  }
  return order
}

/** Should `axis` stay slower than `other`, an axis after it? Undefined when no operand can tell. */
function slower(axis: number, other: number, strides: readonly (readonly number[])[]): boolean | undefined {
  let vote: boolean | undefined
  for (let k = 0; k < strides.length; k++) {
    const stride = strides[k] as readonly number[]
    const a = Math.abs(stride[axis] as number)
    const b = Math.abs(stride[other] as number)
    if (a === 0 || b === 0) continue
    if (b <= a) return true
    vote = false
  }
  return vote
}

/**
 * Strides for an output that is allocated for a call over `shape`: contiguous and positive, in the order asked for.
 * `operands` are the inputs (and given outputs, and the mask). Matches what NumPy's ufuncs allocate for `order=`.
 */
export function outputStrides(shape: Shape, operands: readonly Layout[], order: Order = 'K'): number[] {
  if (order === 'F') return contiguousStrides(shape, 'F')
  if (order === 'A') return contiguousStrides(shape, operands.every((x) => isContiguous(x, 'F')) ? 'F' : 'C')
  if (order === 'C' || shape.length < 2) return contiguousStrides(shape)
  if (operands.every((x) => isContiguous(x))) return contiguousStrides(shape)
  return permutedStrides(
    shape,
    axisOrder(
      shape.length,
      operands.map((x) => stridesFor(x, shape)),
    ),
  )
}
