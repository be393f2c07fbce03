/** Signatures of array kernels against their layout: which operand is an array of how many dimensions, and whether results are returned. */
import type { Code } from '../dtype.ts'
import { SignatureError } from '../errors.ts'
import { type ArgType, formatSignature, parseSignature } from '../loops/signature.ts'
import { coreOf, type Layout } from './layout.ts'

export interface Operands {
  readonly text: string
  readonly inputs: readonly ArgType[]
  /** Null: to be inferred. */
  readonly outputs: readonly ArgType[] | null
  /** The kernel returns its outputs; else they are its last parameters. */
  readonly returned: boolean
}

function refuse(text: string, why: string, position = 0): never {
  throw new SignatureError(`the signature "${text}" ${why}`, { text, position })
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`

/** An operand without core dimensions may be an array of one element: that is how outputs are written. */
const fits = (rank: number, dims: number, output: boolean): boolean =>
  rank === dims ? !output || rank > 0 : dims === 0 && rank === 1

function checkRanks(layout: Layout, text: string, types: readonly ArgType[]): void {
  const nin = layout.inputs.length
  for (const [k, { rank }] of types.entries()) {
    const dims = coreOf(layout, k).length
    if (fits(rank, dims, k >= nin)) continue
    const which = k < nin ? `input ${k}` : `output ${k - nin}`
    const want =
      dims === 0
        ? k < nin
          ? 'a number, or an array of one element ([:])'
          : 'an array of one element ([:])'
        : plural(dims, 'dimension')
    refuse(
      text,
      `gives ${which} ${plural(rank, 'dimension')}, but in the layout ${layout.text} it has ${want}`,
    )
  }
}

/** The types of an operand that a signature of type characters names. */
const asArrays = (layout: Layout, types: readonly ArgType[], from: number): ArgType[] =>
  types.map((type, k) => {
    const dims = coreOf(layout, from + k).length
    return { ...type, rank: dims === 0 && from > 0 ? 1 : dims }
  })

/**
 * Reads a signature: `void(f8[:],f8[:])` with the outputs as parameters, `f8(f8[:])` where they are returned, NumPy's `d->d`.
 * @throws SignatureError where it is malformed or does not fit the layout
 */
export function readOperands(layout: Layout, text: string): Operands {
  const nin = layout.inputs.length
  const nout = layout.outputs.length
  const { inputs, outputs } = parseSignature(text)
  if (text.includes('->')) {
    if (inputs.length !== nin || outputs?.length !== nout)
      refuse(
        text,
        `does not have the ${plural(nin, 'input')} and ${plural(nout, 'output')} of the layout ${layout.text}`,
      )
    return {
      text,
      inputs: asArrays(layout, inputs, 0),
      outputs: asArrays(layout, outputs ?? [], nin),
      returned: false,
    }
  }
  const returned = (outputs?.length ?? 0) > 0 || (outputs === null && nout > 0 && inputs.length === nin)
  if (!returned) {
    if (inputs.length !== nin + nout)
      refuse(
        text,
        `has ${plural(inputs.length, 'operand')}, but the layout ${layout.text} has ${plural(nin, 'input')} and ${plural(nout, 'output')}`,
      )
    checkRanks(layout, text, inputs)
    return { text, inputs: inputs.slice(0, nin), outputs: inputs.slice(nin), returned }
  }
  if (inputs.length !== nin || (outputs !== null && outputs.length !== nout))
    refuse(
      text,
      `has ${plural(inputs.length, 'argument')} and ${plural(outputs?.length ?? 0, 'result')}, but the layout ${layout.text} has ${plural(nin, 'input')} and ${plural(nout, 'output')}`,
    )
  const array = layout.outputs.findIndex((core, k) => core.length > 0 || (outputs?.[k]?.rank ?? 0) > 0)
  if (array >= 0)
    refuse(
      text,
      `returns output ${array}, which is an array: arrays are written, so make it the last parameter of void(…)`,
    )
  checkRanks(layout, text, inputs)
  return { text, inputs, outputs, returned }
}

/** The canonical text of operands, with the dtypes of inferred results filled in. */
export function operandsText({ inputs, returned }: Operands, outputs: readonly ArgType[]): string {
  return returned
    ? formatSignature({ inputs, outputs })
    : formatSignature({ inputs: [...inputs, ...outputs], outputs: [] })
}

/** The operands of a function without signatures: arrays where the layout has dimensions; an output without any is `out[0]`. */
export function operandsOf(
  layout: Layout,
  inputs: readonly Code[],
  outputs: readonly Code[] | null,
  returned: boolean,
): Operands {
  const types = (codes: readonly Code[], from: number, least: number) =>
    codes.map(
      (code, k): ArgType => ({
        code,
        rank: Math.max(least, coreOf(layout, from + k).length),
        contiguous: null,
      }),
    )
  return {
    text: '',
    inputs: types(inputs, 0, 0),
    outputs: outputs && types(outputs, inputs.length, returned ? 0 : 1),
    returned,
  }
}
