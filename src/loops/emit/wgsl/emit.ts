/**
 * Kernels of elements as functions in WGSL: `fn element(i0: f32, …) -> Results`, and for a reducing loop `join` of two accumulators. Inputs and results are what memory holds; how they
 * come from there and go back is the target's business, which also declares what this names from outside:
 *   lw.zero            a zero that no compiler knows
 *   tables             array<u32>, the captured tables one after another
 *   failed             array<atomic<u32>, 4>: a failed check, its index (two words), the size
 * A kernel of arrays is `element` as well, called for each core: an array operand k is a parameter `b…`, the number of its first element, and
 * results that it returns are Results, if there are any. Then there are also
 *   get_k(i), put_k(i, x)   read and write element i of operand k
 *   size_d(), step_k_a()    core sizes, and the step of operand k along its core axis a, in elements
 */
import { type Code, dtypes } from '../../../dtype.ts'
import { elementAt, wgslType } from '../../../wgsl-words.ts'
import { type Core, type Kernel, visit } from '../../kernel/ir.ts'
import type { Op } from '../../kernel/ops.ts'
import { formInputs, type LoopForm } from '../../loop.ts'
import { emitExit } from './casts.ts'
import { isChecked } from './checks.ts'
import { libraryFor } from './library.ts'
import type { Names } from './names.ts'
import type { Sharing } from './shared.ts'
import { agreement, partsOf } from './shared-rounds.ts'
import { roundingOf, statements } from './statements.ts'
import { type Classes, classOf } from './types.ts'

/** The roundings of which each local holds a result somewhere. */
function roundingsOf({ body }: Kernel): ReadonlyMap<number, ReadonlySet<Op>> {
  const found = new Map<number, Set<Op>>()
  visit(
    body,
    () => {},
    (s) => {
      const op = s.kind === 'set' ? roundingOf(s.value) : null
      if (s.kind !== 'set' || op === null) return
      const ops = found.get(s.local) ?? new Set()
      found.set(s.local, ops.add(op))
    },
  )
  return found
}

/** Names with two underscores in front are WGSL's own. */
const word = (name: string) => name.replace(/\W/g, '_').replace(/^_+/, '_')

/** Where each table begins, in words of 32 bits; behind the last, where they end. */
export function tableOffsets(kernel: Pick<Kernel, 'arrays'>): number[] {
  const offsets = [0]
  for (const { type, length } of kernel.arrays)
    offsets.push((offsets.at(-1) ?? 0) + Math.ceil((length * dtypes[type].bytes) / 4))
  return offsets
}

const inBounds = `var<private> stopped = false;
fn within(i: vec2u, size: u32, check: u32) -> u32 {
  if (i.y == 0u && i.x < size) { return i.x; }
  stopped = true;
  if (atomicCompareExchangeWeak(&failed[0], 0u, check).exchanged) {
    atomicStore(&failed[1], i.x);
    atomicStore(&failed[2], i.y);
    atomicStore(&failed[3], size);
  }
  return 0u;
}`

/** A kernel as a function of this name, and what its operands are in memory. */
export interface WgslPart {
  readonly name: 'element' | 'join'
  readonly kernel: Kernel
  readonly reads: readonly Code[]
  /** What it returns. */
  readonly outputs: readonly Code[]
  /** For a workgroup, whose invocations have a number, `lane`. */
  readonly sharing?: Sharing | null
}

/** The whole text. Parts have the same results, and the same tables. */
export function emitWgsl(parts: readonly WgslPart[], classes: Classes = classOf): string {
  const [first] = parts
  const fields = (first?.outputs ?? []).map((code, k) => `o${k}: ${wgslType(code)}`).join(', ')
  const results = fields === '' ? [] : [`struct Results { ${fields} }`]
  const functions = [...results, ...parts.map((part) => emitPart(part, classes))].join('\n')
  const { arrays = [] } = first?.kernel ?? {}
  const starts = tableOffsets({ arrays })
  const tables = arrays.map(
    ({ type }, k) =>
      `fn table_${k}_${type}(i: u32) -> ${wgslType(type)} { return ${elementAt('tables', type, `${starts[k]}u`, 'i')}; }`,
  )
  const checks = functions.includes('within(') ? [inBounds] : []
  const shown = parts.flatMap(({ kernel, sharing }) =>
    [...(sharing?.loops.values() ?? [])].flatMap(({ sums }) =>
      sums.map(({ local: id }) => partsOf(id, kernel.locals[id]?.type ?? 'f8')),
    ),
  )
  const agreeing = functions.includes('agreed(') ? [agreement] : []
  return [libraryFor(functions), ...checks, ...agreeing, ...tables, ...new Set(shown), functions]
    .filter(Boolean)
    .join('\n')
}

/** How a kernel of arrays gets at them. */
function viewNames(core: Core | undefined): Pick<Names, 'place' | 'get' | 'put' | 'size'> {
  const operandOf = (view: number) => core?.views[view]?.operand ?? 0
  const sizeOf = (view: number, axis: number) => {
    const dim = core?.views[view]?.dims[axis] ?? -1
    return dim < 0 ? '1u' : `size_${dim}()`
  }
  return {
    place({ view, check, inside }, indices) {
      const k = operandOf(view)
      const terms = indices.map((index, axis) => {
        const number = isChecked(inside, axis)
          ? `within(${index}, ${sizeOf(view, axis)}, ${check + axis + 1}u)`
          : `(${index}).x`
        return ` + ${number} * step_${k}_${axis}()`
      })
      return `(b${k}${terms.join('')})`
    },
    get: (view, place) => `get_${operandOf(view)}(${place})`,
    put: (view, place, value) => `put_${operandOf(view)}(${place}, ${value});`,
    size: (view, axis) => `bitcast<i32>(${sizeOf(view, axis)})`,
  }
}

/** Inputs that are no arrays are values, arrays are where they begin. */
function parametersOf({ core }: Kernel, reads: readonly Code[]): string {
  const arrays = new Set(core?.views.map(({ operand }) => operand))
  const values = reads.flatMap((code, k) => (arrays.has(k) ? [] : [`i${k}: ${wgslType(code)}`]))
  return [...values, ...[...arrays].sort((a, b) => a - b).map((k) => `b${k}: u32`)].join(', ')
}

function emitPart(part: WgslPart, classes: Classes): string {
  const { name, kernel, reads, sharing = null } = part
  const roundings = roundingsOf(kernel)
  const none: ReadonlySet<Op> = new Set()
  let temporaries = 0
  const names: Names = {
    classes,
    local: (id) => `${word(kernel.locals[id]?.name ?? '')}_${id}`,
    typeOf: (id) => kernel.locals[id]?.type ?? 'f8',
    sharing,
    single: sharing !== null,
    input: (operand) => `i${operand}`,
    load: (array, index, check) => {
      const { type = 'f4', length = 0 } = kernel.arrays[array] ?? {}
      const at = check < 0 ? `(${index}).x` : `within(${index}, ${length}u, ${check + 1}u)`
      return `table_${array}_${type}(${at})`
    },
    ...viewNames(kernel.core),
    roundings: (id) => roundings.get(id) ?? none,
    temporary: (value) => {
      const own = `t${temporaries++}`
      return { name: own, line: `let ${own} = ${value};` }
    },
    variable: (code) => {
      const own = `t${temporaries++}`
      return { name: own, line: `var ${own}: ${wgslType(code)};` }
    },
  }
  // A zero that the driver knows would lose its sign in what it is added to.
  const begin = (type: Code) => (type === 'f4' ? ' = of_bits(0u)' : '')
  const locals = kernel.locals.map(
    ({ type }, id) => `  var ${names.local(id)}: ${wgslType(type)}${begin(type)};`,
  )
  const body = statements(kernel.body, [], names).map((line) => `  ${line}`)
  const leave = body.some((line) => /\bleave\b/.test(line)) ? ['  var leave = 0;'] : []
  const results = kernel.outs
    .map((id) => emitExit(kernel.locals[id]?.type ?? 'f8', names.local(id), classes))
    .join(', ')
  const gives = results !== ''
  return [
    `fn ${name}(${parametersOf(kernel, reads)})${gives ? ' -> Results' : ''} {`,
    ...leave,
    ...locals,
    ...body,
    ...(gives ? [`  return Results(${results});`] : []),
    '}',
  ].join('\n')
}

/** What an element is computed from: its inputs, those of the form; with a mask also what the outputs hold. */
export const readsOf = (
  form: LoopForm,
  inputs: readonly Code[],
  outputs: readonly Code[],
): readonly Code[] => (form === 'masked' ? [...formInputs(form, inputs), ...outputs] : inputs)
