/** Kernels of arrays typed: for listed signatures, and for any dtypes where none are listed, the outputs' dtypes inferred. */
import type { Code } from '../dtype.ts'
import { KernelSyntaxError, SignatureError } from '../errors.ts'
import { interpretingCore } from '../loops/js-arrays.ts'
import { type Inferred, infer } from '../loops/kernel/infer.ts'
import type { CoreLayout } from '../loops/kernel/infer-core.ts'
import { type Kernel, type Tables, visit } from '../loops/kernel/ir.ts'
import type { ArrayParams, Definition } from '../loops/kernel/parse.ts'
import { frameAt } from '../loops/kernel/source.ts'
import type { ArgType } from '../loops/signature.ts'
import type { ArraySource } from '../vectorize/compiled.ts'
import type { Overload } from '../vectorize/source.ts'
import { coreOf, type Layout } from './layout.ts'
import { type Operands, operandsOf, operandsText, readOperands } from './signatures.ts'

const operandsIn = ({ inputs, outputs }: Layout): number => inputs.length + outputs.length

export const coreLayout = (layout: Layout): CoreLayout => ({
  nin: layout.inputs.length,
  sizes: layout.dims.length,
  dims: [...layout.inputs, ...layout.outputs].map((core) => core.map(({ dim }) => dim)),
})

/**
 * Which parameters are arrays: the signatures agree about it.
 * @throws SignatureError where they do not
 */
export function arrayParams(layout: Layout, listed: readonly Operands[]): ArrayParams {
  const nin = layout.inputs.length
  const [first] = listed
  const ranksOf = ({ inputs, outputs, returned }: Operands) =>
    [...inputs, ...((!returned && outputs) || [])].map(({ rank }) => rank)
  const own = first ? ranksOf(first) : []
  const ranks = Array.from(
    { length: operandsIn(layout) },
    (_, k) => own[k] ?? Math.max(k < nin ? 0 : 1, coreOf(layout, k).length),
  )
  for (const operands of listed) {
    const others = ranksOf(operands)
    if (operands.returned === first?.returned && others.every((rank, k) => rank > 0 === (ranks[k] ?? 0) > 0))
      continue
    throw new SignatureError(
      `all signatures of a function have arrays in the same places: "${operands.text}" does not agree with "${first?.text}"`,
      { text: operands.text, position: 0 },
    )
  }
  return { nin, ranks, once: false }
}

/** @throws KernelSyntaxError where the kernel has neither the inputs as parameters nor all operands */
export function checkParameters(layout: Layout, { arity, parsed, source }: Definition): void {
  const nin = layout.inputs.length
  const all = operandsIn(layout)
  const array = layout.outputs.findIndex((core) => core.length > 0)
  if (arity === all || (arity === nin && array < 0)) return
  const returned = array < 0 ? `, or ${nin} if it returns its outputs` : ''
  const at = { line: 1, column: 1 }
  throw new KernelSyntaxError(
    `the kernel${parsed.name ? ` \`${parsed.name}\`` : ''} has ${arity} parameters, but the layout ${layout.text} asks for ${all}${returned}: inputs, then outputs`,
    { ...at, frame: frameAt(source, at) },
  )
}

/** The dtype of an array that the kernel makes, where the kernel says it. */
function saidCode({ program }: Definition, operand: number, codes: readonly Code[]): Code | undefined {
  const made = program.made.find(({ view }) => program.views[view]?.operand === operand)
  if (!made || made.code !== null) return made?.code ?? undefined
  return made.like === null ? undefined : codes[program.views[made.like]?.operand ?? -1]
}

/** A kernel typed, with the dtypes of what it writes: outputs, then what else it makes. */
interface Typed extends Inferred {
  readonly outputs: readonly Code[]
}

/**
 * Types a kernel whose outputs are arrays. The dtypes of those that neither the signature nor the kernel says are those of what is
 * stored, found by typing until nothing changes.
 */
function inferWritten(
  definition: Definition,
  core: CoreLayout,
  inputs: readonly Code[],
  outputs: readonly Code[] | null,
): Typed {
  const { program, arity, arrays } = definition
  const nin = inputs.length
  const written = !arrays?.once && arity > nin
  const params = written ? arity : nin
  const count = Math.max(params, ...program.views.map(({ operand }) => operand + 1))
  const told = (k: number): Code | undefined => inputs[k] ?? outputs?.[k - nin]
  // At first those that nothing tells are weak, as literals are: reading them adds nothing to what is stored. They stay so while
  // others are found.
  let unknown: ReadonlySet<number> = new Set(
    Array.from({ length: count }, (_, k) => k).filter((k) => told(k) === undefined),
  )
  let codes = Array.from({ length: count }, (_, k): Code => told(k) ?? 'b1')
  for (;;) {
    const made = infer(
      definition,
      codes.slice(0, params),
      written ? [] : (outputs ?? undefined),
      { ...core, unknown },
      codes.slice(params),
    )
    const next = codes.map((code, k): Code => {
      const given = told(k)
      const said = saidCode(definition, k, codes)
      if (given && said && given !== said && k >= nin) throw otherDtype(definition, k - nin, said, given)
      return given ?? said ?? made.stored.get(k) ?? (k < nin ? code : 'f8')
    })
    const open = [...unknown].filter((k) => made.weak.has(k))
    if (unknown.size === 0 && next.every((code, k) => code === codes[k]))
      return { ...made, outputs: codes.slice(nin) }
    unknown = new Set(open.length < unknown.size ? open : [])
    codes = next.map((code, k) => (unknown.has(k) ? 'b1' : code))
  }
}

const otherDtype = ({ name }: Definition, result: number, said: Code, given: Code): Error =>
  new SignatureError(
    `${name || 'the kernel'} makes result ${result} an array of ${said}, but its signature says ${given}: make it with that dtype, such as zeros(n, '${given}'), or without one`,
    { text: given, position: 0 },
  )

function inferReturned(
  definition: Definition,
  core: CoreLayout,
  inputs: readonly Code[],
  outputs: readonly Code[] | null,
): Typed {
  const made = outputs ? infer(definition, inputs, outputs, core) : infer(definition, inputs, undefined, core)
  const { kernel } = made
  return { ...made, outputs: kernel.outs.map((id): Code => kernel.locals[id]?.type ?? 'f8') }
}

/** How signatures are read and printed. */
export interface Grammar {
  readonly core: CoreLayout
  readonly listed: readonly Operands[]
  readonly read: (text: string) => Operands
  readonly text: (inputs: readonly Code[], outputs: readonly Code[], known: Operands | undefined) => string
}

const codesOf = (types: readonly ArgType[]): Code[] => types.map(({ code }) => code)

/** How the signatures of such a function are read, and its kernels typed. */
export function arraySource({ core, listed, read, text }: Grammar): ArraySource {
  const overload = (
    definition: Definition,
    inputs: readonly Code[],
    outputs: readonly Code[] | null,
  ): Overload => {
    const known = listed.find(
      (o) =>
        codesOf(o.inputs).join() === inputs.join() &&
        (outputs === null || o.outputs === null || codesOf(o.outputs).join() === outputs.join()),
    )
    const { program, arity, arrays } = definition
    const views = (!arrays?.once && arity > inputs.length) || program.made.length > 0
    const types = [...(known?.inputs ?? []), ...(known?.outputs ?? [])]
    const contiguous = types.map((type) => type.contiguous)
    const made = (views ? inferWritten : inferReturned)(definition, { ...core, contiguous }, inputs, outputs)
    const { kernel, tables, sizing } = made
    return {
      inputs,
      outputs: made.outputs,
      text: text(inputs, made.outputs, known),
      kernel,
      tables,
      ...(sizing ? { sizing: sizingBy(sizing, tables) } : {}),
    }
  }
  return {
    read(signature) {
      const { inputs, outputs } = read(signature)
      return { inputs: codesOf(inputs), outputs: outputs && codesOf(outputs) }
    },
    overload,
  }
}

/** How the sizes of arrays that a kernel makes are computed: by the interpreter, unless there are loops in it. */
function sizingBy(kernel: Kernel, tables: Tables): NonNullable<Overload['sizing']> {
  let loops = false
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'loop') loops = true
    },
  )
  return {
    kernel,
    loops,
    interpret: (memory, scalars, arrays) =>
      interpretingCore(
        kernel,
        tables,
        memory,
        kernel.outs.map(() => 'i8'),
      )(scalars, arrays).map(Number),
  }
}

const arrayType = (code: Code, like: ArgType | undefined, rank: number): ArgType =>
  like ? { ...like, code } : { code, rank, contiguous: null }

/** The grammar of signatures that fit a layout. */
export function layoutGrammar(layout: Layout, listed: readonly Operands[], returned: boolean): Grammar {
  const nin = layout.inputs.length
  return {
    core: coreLayout(layout),
    listed,
    read: (text) => readOperands(layout, text),
    text(inputs, outputs, known) {
      const operands = known ?? operandsOf(layout, inputs, null, returned)
      const own = outputs.slice(0, layout.outputs.length)
      const types = own.map((code, k) =>
        arrayType(code, operands.outputs?.[k], returned ? 0 : Math.max(1, coreOf(layout, nin + k).length)),
      )
      return operandsText(operands, types)
    },
  }
}
