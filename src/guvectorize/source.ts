/** Kernels of arrays typed: for listed signatures, and for any dtypes where none are listed, the outputs' dtypes inferred. */
import type { Code } from '../dtype.ts'
import { KernelSyntaxError, SignatureError } from '../errors.ts'
import { type CoreLayout, type Inferred, infer } from '../loops/kernel/infer.ts'
import type { ArrayParams, Definition } from '../loops/kernel/parse.ts'
import { frameAt } from '../loops/kernel/source.ts'
import type { ArgType } from '../loops/signature.ts'
import type { ArraySource } from '../vectorize/compiled.ts'
import type { Overload } from '../vectorize/source.ts'
import { coreOf, type Layout } from './layout.ts'
import { type Operands, operandsOf, operandsText, readOperands } from './signatures.ts'

const operandsIn = ({ inputs, outputs }: Layout): number => inputs.length + outputs.length

const coreLayout = (layout: Layout): CoreLayout => ({
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
  return { nin, ranks }
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

const arrayType = (code: Code, like: ArgType | undefined, rank: number): ArgType =>
  like ? { ...like, code } : { code, rank, contiguous: null }

/** The dtypes of outputs that are parameters: those of what is stored, found by typing until nothing changes. */
function inferWritten(
  definition: Definition,
  inputs: readonly Code[],
  core: CoreLayout,
  nout: number,
): Inferred {
  // b1 is below all other dtypes: reading an output that nothing was stored to adds nothing.
  let outputs = Array.from({ length: nout }, (): Code => 'b1')
  for (;;) {
    const made = infer(definition, [...inputs, ...outputs], [], core)
    const next = outputs.map((_, k): Code => made.stored.get(inputs.length + k) ?? 'f8')
    if (next.every((code, k) => code === outputs[k])) return made
    outputs = next
  }
}

/** How the signatures of such a function are read, and its kernels typed. */
export function arraySource(layout: Layout, listed: readonly Operands[], returned: boolean): ArraySource {
  const core = coreLayout(layout)
  const nout = layout.outputs.length
  const read = (text: string): Operands => readOperands(layout, text)
  const codes = (types: readonly ArgType[]): Code[] => types.map(({ code }) => code)

  const overload = (
    definition: Definition,
    inputs: readonly Code[],
    outputs: readonly Code[] | null,
  ): Overload => {
    const known = listed.find(
      (o) =>
        codes(o.inputs).join() === inputs.join() &&
        (outputs === null || o.outputs === null || codes(o.outputs).join() === outputs.join()),
    )
    const operands = known ?? operandsOf(layout, inputs, outputs, returned)
    const made = returned
      ? outputs
        ? infer(definition, inputs, outputs, core)
        : infer(definition, inputs, undefined, core)
      : outputs
        ? infer(definition, [...inputs, ...outputs], [], core)
        : inferWritten(definition, inputs, core, nout)
    const { kernel, tables } = made
    const results = returned
      ? kernel.outs.map((id): Code => kernel.locals[id]?.type ?? 'f8')
      : (outputs ?? writtenCodes(made, inputs.length, nout))
    const types = results.map((code, k) =>
      arrayType(
        code,
        operands.outputs?.[k],
        returned ? 0 : Math.max(1, coreOf(layout, inputs.length + k).length),
      ),
    )
    return { inputs, outputs: results, text: operandsText(operands, types), kernel, tables }
  }

  return {
    read(text) {
      const { inputs, outputs } = read(text)
      return { inputs: codes(inputs), outputs: outputs && codes(outputs) }
    },
    overload,
  }
}

const writtenCodes = ({ kernel }: Inferred, nin: number, nout: number): Code[] =>
  Array.from(
    { length: nout },
    (_, k): Code => kernel.core?.views.find((view) => view.operand === nin + k)?.type ?? 'f8',
  )
