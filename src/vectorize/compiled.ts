/** Loops that are compiled when they are asked for: the one file of this folder that knows the front end and the pipeline. */
import { type Code, dtypes } from '../dtype.ts'
import { KernelTypeError, SignatureError } from '../errors.ts'
import { compiler } from '../loops/compiler.ts'
import { fuses } from '../loops/fuses.ts'
import { jsLoop } from '../loops/js.ts'
import { infer } from '../loops/kernel/infer.ts'
import type { Fastmath, Value } from '../loops/kernel/ir.ts'
import { missingOnPairs } from '../loops/kernel/pairs.ts'
import type { Definition } from '../loops/kernel/parse.ts'
import type { CompileRequest, JsLoop, Loop } from '../loops/loop.ts'
import { formatSignature, parseSignature, type Signature, scalarSignature } from '../loops/signature.ts'
import { isX86 } from '../loops/x86.ts'
import { debug, settings } from '../settings.ts'
import type { Bound, Overload, Source } from './source.ts'

export interface KernelSource {
  readonly definition: Definition
  /** The kernel with its captured values, for targets that call it; null when it was given as text. */
  readonly function: ((...values: Value[]) => unknown) | null
  /** Null: lazy. */
  readonly signatures: readonly string[] | null
  /** Of kernels of arrays: how signatures are read and kernels typed. */
  readonly arrays?: ArraySource
  readonly simd: boolean
  readonly boundscheck?: boolean | undefined
  readonly fastmath?: readonly Fastmath[]
  readonly precision?: 'float-float' | undefined
}

interface Dtypes {
  readonly inputs: readonly Code[]
  /** Null: to be inferred. */
  readonly outputs: readonly Code[] | null
}

export interface ArraySource {
  /** @throws SignatureError where its operands do not have the layout's dimensions */
  readonly read: (text: string) => Dtypes
  readonly overload: (
    definition: Definition,
    inputs: readonly Code[],
    outputs: readonly Code[] | null,
  ) => Overload
}

/** The dtypes of a signature of scalars. */
function scalars(text: string): { inputs: readonly Code[]; outputs: readonly Code[] | null } {
  const signature = parseSignature(text)
  refuseArrays(text, signature)
  return {
    inputs: signature.inputs.map((type) => type.code),
    outputs: signature.outputs === null ? null : signature.outputs.map((type) => type.code),
  }
}

function refuseArrays(text: string, { inputs, outputs }: Signature): void {
  const bracket = [...inputs, ...(outputs ?? [])].some((type) => type.rank > 0)
  if (bracket)
    throw new SignatureError(
      `"${text}" has array types: a vectorize kernel computes on scalars; guvectorize takes arrays`,
      { text, position: text.indexOf('[') },
    )
  if (outputs?.length === 0)
    throw new SignatureError(
      `"${text}" has no result: a vectorize kernel returns one; void belongs to guvectorize, whose kernels write to arrays`,
      { text, position: 0 },
    )
}

/** Machines that fuse and those that do not differ in a last bit. */
const mayFuse = (): boolean => !settings.deterministic && fuses()

/** Every signature typed: this is where definition errors come from. */
function typed({ definition, signatures, arrays }: KernelSource): Overload[] {
  const listed: Overload[] = []
  const read = (signatures ?? []).map((text) => ({ text, ...(arrays?.read ?? scalars)(text) }))
  for (const { text, inputs } of read) {
    if (inputs.length !== read[0]?.inputs.length) throw disagree(text, read[0]?.text)
  }
  for (const { text, inputs, outputs } of read) {
    const overload = (arrays?.overload ?? overloadOf)(definition, inputs, outputs)
    if (listed[0] && listed[0].outputs.length !== overload.outputs.length)
      throw disagree(text, listed[0].text)
    if (listed.some((other) => other.text === overload.text))
      throw new SignatureError(`the signature "${text}" is a duplicate: ${overload.text} is listed already`, {
        text,
        position: 0,
      })
    listed.push(overload)
  }
  return listed
}

const disagree = (text: string, first: string | undefined): Error =>
  new SignatureError(
    `all signatures of a function take the same number of inputs and give the same number of results: "${text}" does not agree with "${first}"`,
    { text, position: 0 },
  )

function overloadOf(
  definition: Definition,
  inputs: readonly Code[],
  outputs: readonly Code[] | null,
): Overload {
  const { kernel, tables } = outputs ? infer(definition, inputs, outputs) : infer(definition, inputs)
  const results = kernel.outs.map((id): Code => kernel.locals[id]?.type ?? 'f8')
  const text = formatSignature(scalarSignature(inputs, results))
  return { inputs, outputs: results, text, kernel, tables }
}

/** What a kernel without signatures looks like on float64, or on int64 where that makes no sense: how many results it has. */
export function sampleOverload(definition: Definition): Overload {
  const on = (code: Code) => overloadOf(definition, new Array<Code>(definition.arity).fill(code), null)
  try {
    return on('f8')
  } catch (error) {
    if (!(error instanceof KernelTypeError)) throw error
    return on('i8')
  }
}

/** With what a target has to know that computes f8 otherwise. */
const precise = ({ precision }: KernelSource, overload: Overload): Overload =>
  precision ? { ...overload, floatFloat: { lacks: missingOnPairs(overload.kernel) } } : overload

/**
 * The loops of a kernel.
 * @throws SignatureError for a malformed or repeated signature, or another number of operands; KernelTypeError
 */
export function compiledSource(from: KernelSource): Source {
  const lazy = from.signatures === null
  const listed = typed(from).map((overload) => precise(from, overload))
  const made = new Map<string, Overload>()
  const loops = new Map<string, Loop>()

  const requestOf = ({ overload, form, inputs, outputs }: Bound): CompileRequest => ({
    kernel: overload.kernel,
    inputs,
    outputs,
    simd: from.simd,
    boundscheck: from.boundscheck ?? true,
    fastmath: from.fastmath ?? [],
    precision: from.precision,
    fma: mayFuse(),
    x86: isX86(),
    form,
  })
  /** The loops of one process are shared by all targets that run the same kind of code. */
  const kept = (key: string, loop: Loop): Loop => {
    loops.set(key, loop)
    return loop
  }
  const keyOf = (isa: Loop['isa'], { overload, form, inputs, outputs }: Bound) =>
    `${isa} ${form} ${overload.text} ${inputs} ${outputs} ${mayFuse()}`
  const inJs = ({ overload, form, inputs, outputs }: Bound): JsLoop => {
    const on = (memory: readonly Code[]) =>
      jsLoop({ ...overload, function: from.function, inputs: memory, outputs, form })
    if (form !== 'fold' && form !== 'masked fold') return on(inputs)
    return { ...on(inputs), join: on([...outputs, ...outputs]).element }
  }
  let sums: boolean | undefined

  return {
    lazy,
    overloads: listed,
    overload(inputs, outputs) {
      const key = `${inputs}->${outputs ?? ''}`
      const known = made.get(key)
      if (known) return known
      const make = from.arrays?.overload ?? overloadOf
      const overload = precise(from, make(from.definition, inputs, outputs ?? null))
      made.set(key, overload)
      if (lazy && !listed.some((other) => other.text === overload.text)) listed.push(overload)
      return overload
    },
    sums: () => (sums ??= isSum(from.definition)),
    parse: from.arrays?.read ?? scalars,
    loop(isa, bound) {
      const key = keyOf(isa, bound)
      const known = loops.get(key)
      if (known) return known
      return kept(
        key,
        isa === 'js' ? inJs(bound) : printed(requestOf(bound), compiler.compile(isa, requestOf(bound))),
      )
    },
    async loopAsync(isa, bound) {
      const key = keyOf(isa, bound)
      const known = loops.get(key)
      if (known) return known
      if (isa === 'js') return kept(key, inJs(bound))
      return kept(key, printed(requestOf(bound), await compiler.compileAsync(isa, requestOf(bound))))
    },
    inspect: (what, bound) =>
      what === 'types' ? typesText(bound.overload) : compiler.inspect(requestOf(bound), what),
    ready: () => compiler.ready(),
  }
}

/** Looked up in the typed kernel, where names and the ways to write a return are gone. */
function isSum(definition: Definition): boolean {
  if (definition.arity !== 2) return false
  const { kernel } = sampleOverload(definition)
  const [only] = kernel.body
  if (kernel.body.length !== 1 || only?.kind !== 'set' || only.local !== kernel.outs[0]) return false
  const { value } = only
  if (value.kind !== 'op' || (value.op !== 'add' && value.op !== 'mul')) return false
  const [a, b] = value.args
  return a?.kind === 'local' && b?.kind === 'local' && a.local + b.local === 1
}

/** Two rungs of the debugging ladder. */
function printed<L extends Loop>(request: CompileRequest, loop: L): L {
  // Code that a target emits from the IR is printed as it is emitted.
  if (loop.isa !== 'ir') debug(2, () => compiler.inspect(request, loop.isa === 'wgsl' ? 'wgsl' : 'wat'))
  debug(3, () => compiler.inspect(request, 'ir'))
  return loop
}

/** The dtype of every parameter, local and result, as inferred. */
function typesText({ text, kernel, tables }: Overload): string {
  const role = (id: number) => (id < kernel.nin ? 'parameter' : kernel.outs.includes(id) ? 'result' : 'local')
  const locals = kernel.locals.map(({ name, type }, id) => `  ${name}: ${dtypes[type].name} (${role(id)})`)
  const arrays = kernel.arrays.map(
    ({ name, type }, k) => `  ${name}: ${dtypes[type].name}[${tables[k]?.length ?? 0}] (table)`,
  )
  return [`${kernel.name} ${text}`, ...locals, ...arrays].join('\n')
}
