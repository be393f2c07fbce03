/** The arrays that a kernel makes: their sizes in a call, and memory for them. They follow the other operands. */
import type { CoreCall } from '../broadcast/core.ts'
import { contiguousStrides, sizeOf } from '../broadcast/shape.ts'
import type { Strided } from '../broadcast/view.ts'
import { type Code, dtypes } from '../dtype.ts'
import { CoreDimensionError, MemoryError, TargetError } from '../errors.ts'
import { type ArrayValue, type Core as Views, visit } from '../loops/kernel/ir.ts'
import { addressOf, isElsewhere } from '../targets/memory/resident.ts'
import { type Core, loaded, type Ready } from '../vectorize/prepare.ts'
import type { Overload, Sizing } from '../vectorize/source.ts'

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

/** The sizes that a part of the kernel computes: it is run as a kernel of its own where it may take long. */
function ownSizes(
  core: Core,
  ready: Ready,
  { views }: Views,
  operands: readonly Strided[],
  sizes: readonly number[],
): readonly number[] {
  const { overload, inputs } = ready
  const { sizing } = overload
  if (!sizing) return []
  if (sizing.loops && ready.target.consumes !== 'js')
    return compiledSizes(core, ready, sizing, operands, sizes)
  for (const k of readsOf(sizing)) {
    const { data } = operands[k] ?? {}
    if (data && isElsewhere(data)) throw sizesElsewhere(core, ready)
    if (data) addressOf(data)
  }
  const arrays = views.map(({ operand, dims }) => coreArray(operands[operand], dims, sizes))
  const scalars = overload.inputs.map((_, k) => operands[k]?.data[operands[k]?.offset ?? 0] ?? 0)
  return sizing.interpret(inputs, scalars, arrays)
}

function sizesElsewhere({ name }: Core, { target: { name: target } }: Ready): Error {
  const reason =
    'the sizes of arrays that it makes depend on elements of an array that lives there: give that one from the host, or the arrays as outputs'
  return new TargetError(`${name}() on the target '${target}': ${reason}`, { target, reason })
}

/** The operands whose elements it looks at: they have to be here. */
function readsOf({ kernel }: Sizing): ReadonlySet<number> {
  const found = new Set<number>()
  visit(kernel.body, (e) => {
    if (e.kind === 'local' && e.local < kernel.nin) found.add(e.local)
    if (e.kind === 'element') found.add(kernel.core?.views[e.view]?.operand ?? 0)
  })
  return found
}

function compiledSizes(
  core: Core,
  { overload, inputs, target }: Ready,
  { kernel }: Sizing,
  operands: readonly Strided[],
  sizes: readonly number[],
): readonly number[] {
  const outputs = kernel.outs.map((): Code => 'i8')
  const { tables, inputs: types } = overload
  const own: Overload = { inputs: types, outputs, text: `sizes in ${overload.text}`, kernel, tables }
  const { runCore } = loaded(core, { overload: own, form: 'map', inputs, outputs })
  const results = outputs.map(
    (code): Strided => ({
      data: target.memory.allocate(
        code,
        1,
        operands.map((o) => o.data),
      ),
      code,
      shape: [],
      stride: [],
      offset: 0,
    }),
  )
  const run = [...operands, ...results]
  const call: CoreCall = {
    loop: [],
    sizes: [...sizes, ...outputs.map(() => 0)],
    ranks: run.map(({ shape }) => shape.length),
    access: run.map((_, k) => (k < operands.length ? 'read' : 'write')),
    mask: null,
  }
  runCore?.(run, call, { threads: 1, calls: 0, bytesCopied: 0 })
  return results.map(({ data, offset }) => Number(data[offset]))
}

/**
 * `operands` are those that the call has, `sizes` those of its layout.
 * @throws CoreDimensionError for a size that is no whole number from 0, MemoryError for one that no memory has room for
 */
export function madeArrays(
  owner: Core,
  ready: Ready,
  operands: readonly Strided[],
  sizes: readonly number[],
): Made {
  const { name } = owner
  const { core } = ready.overload.kernel
  const made = core?.views.filter(({ operand }) => operand >= operands.length) ?? []
  if (!core || made.length === 0) return { sizes, arrays: [] }
  const all = [...sizes, ...ownSizes(owner, ready, core, operands, sizes)]
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
        data: ready.target.memory.allocate(code, length, beside),
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
