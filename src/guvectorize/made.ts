/** The arrays that a kernel makes: their sizes in a call, and memory for them. They follow the other operands. */
import { contiguousStrides, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { dtypes } from '../dtype.ts'
import { CoreDimensionError, MemoryError } from '../errors.ts'
import type { ArrayValue, Core as CoreViews } from '../loops/kernel/ir.ts'
import type { Ready } from '../vectorize/prepare.ts'

/** What a kernel can count to. */
export const most = 2 ** 31 - 1

export interface Made {
  /** All core sizes: the layout's, then those of arrays that the kernel makes. */
  readonly sizes: readonly number[]
  readonly arrays: readonly Strided[]
}

const shapeOf = (dims: readonly number[], sizes: readonly number[]): number[] =>
  dims.map((dim) => (dim < 0 ? 1 : (sizes[dim] ?? 0)))

/** The core of an operand, for the interpreter. */
function coreArray(
  operand: Strided | undefined,
  dims: readonly number[],
  sizes: readonly number[],
): ArrayValue {
  const { data = new Uint8Array(0), stride = [], offset = 0 } = operand ?? {}
  return {
    data,
    shape: shapeOf(dims, sizes),
    stride: dims.length > 0 ? stride.slice(-dims.length) : [],
    offset,
  }
}

function ownSizes(
  ready: Ready,
  core: CoreViews,
  operands: readonly Strided[],
  sizes: readonly number[],
): readonly number[] {
  const { sizing, inputs } = ready.overload
  if (!sizing) return []
  const arrays = core.views.map(({ operand, dims }) => coreArray(operands[operand], dims, sizes))
  const scalars = inputs.map((_, k) => operands[k]?.data[operands[k]?.offset ?? 0] ?? 0)
  return sizing(ready.inputs, scalars, arrays)
}

/**
 * `operands` are those that the call has, `sizes` those of its layout.
 * @throws CoreDimensionError for a size that is no whole number from 0, MemoryError for one that no memory has room for
 */
export function madeArrays(
  name: string,
  ready: Ready,
  operands: readonly Strided[],
  sizes: readonly number[],
): Made {
  const { core } = ready.overload.kernel
  const made = core?.views.filter(({ operand }) => operand >= operands.length) ?? []
  if (!core || made.length === 0) return { sizes, arrays: [] }
  const all = [...sizes, ...ownSizes(ready, core, operands, sizes)]
  const inOrder = [...made].sort((a, b) => a.operand - b.operand)
  const arrays = inOrder.map(({ operand, name: array, dims }): Strided => {
    const code = ready.outputs[operand - ready.inputs.length] ?? 'f8'
    // An array of one element, as results that are numbers have, is an operand without core dimensions.
    const shape = shapeOf(
      dims.filter((dim) => dim >= 0),
      all,
    )
    const wrong = shape.findIndex((size) => size < 0 || size > most)
    if (wrong >= 0)
      throw new CoreDimensionError(
        `${name}: the kernel makes '${array}' with a size of ${shape[wrong]} along axis ${wrong}; a size is a whole number from 0 to ${most}`,
        { name: array, sizes: shape, operand },
      )
    const length = sizeOf(shape)
    const bytes = length * dtypes[code].bytes
    const full = () =>
      new MemoryError(
        `${name}: no memory for '${array}', an array of shape (${shape.join(',')}) and ${bytes} bytes`,
        {
          bytes,
        },
      )
    if (bytes > 2 ** 33) throw full()
    try {
      const beside = operands.map((o) => o.data)
      return {
        data: ready.target.allocate(code, length, beside),
        code,
        shape,
        stride: contiguousStrides(shape),
        offset: 0,
      }
    } catch (error) {
      if (error instanceof RangeError) throw full()
      throw error
    }
  })
  return { sizes: all, arrays }
}
