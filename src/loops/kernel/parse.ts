/**
 * From a kernel's source to the untyped tree: reads the function, fills in what it captures, inlines what it calls.
 * Errors of syntax and names appear here, when a kernel is defined.
 */
import type { Identifier } from 'acorn'
import { OptionError } from '../../errors.ts'
import { globals } from './builtins.ts'
import { capture, kernelBrand, resolved } from './capture.ts'
import { makerNamed } from './makers.ts'
import { declarePattern, initialise, variableOf } from './parse-assign.ts'
import { call, inline } from './parse-calls.ts'
import { effect, test, value } from './parse-expressions.ts'
import { checkFactory, freeHint } from './parse-factory.ts'
import {
  type ArrayValue,
  asTree,
  type Build,
  type Compiled,
  constant,
  emit,
  type Frame,
  newLocal,
  nothing,
  type Parsed,
  place,
  readLocal,
  type Static,
  type Value,
} from './parse-frame.ts'
import { unplaced } from './parse-make.ts'
import { statements } from './parse-statements.ts'
import { settle } from './parse-unset.ts'
import { argumentsUsed } from './scope.ts'
import { type Place, placeOf, sourceOf, syntaxError } from './source.ts'
import type { Program, Signature } from './tree.ts'

type Env = object | (() => object)

/** A kernel that is read and checked, but not yet typed. */
export interface Definition {
  readonly name: string
  readonly source: string
  /** Parameters of the kernel, and how many of them have to be given. */
  readonly arity: number
  readonly required: number
  readonly parsed: Parsed
  readonly arrays: ArrayParams | undefined
  /** As it was given; a thunk is asked anew by `recapture`. */
  readonly env: Env | undefined
  /** The values it was last filled in with. */
  readonly captured: object | undefined
  /** For all parameters. */
  readonly program: Program
}

export interface DefineOptions {
  readonly arrays?: ArrayParams | undefined
  readonly env?: Env | undefined
  readonly name?: string | undefined
}

/** What a function of lanewise holds under `Symbol.for('lanewise.kernel')`: its definition, also with the signatures that it was given. */
export type Brand =
  | Definition
  | { readonly definition: Definition; readonly signatures: readonly Signature[] }

/** The function whose `arguments` these are: not an arrow. */
const ownArguments = (frame: Frame): Frame =>
  frame.node.type === 'ArrowFunctionExpression' && frame.outer ? ownArguments(frame.outer) : frame

function free(frame: Frame, id: Identifier): Value {
  const { name } = id
  const at = place(frame, id)
  if (globals.has(name)) return capture(frame.build, name, globals.get(name), at)
  if (name === 'arguments') return { kind: 'tuple', items: ownArguments(frame).args }
  const maker = makerNamed(name)
  if (maker) return { kind: 'maker', name: maker }
  if (name === 'prange') return { kind: 'prange' }
  return syntaxError(at, `\`${name}\` is not defined in the kernel`, freeHint(frame, name))
}

type FunctionValue = Extract<Static, { kind: 'function' }>

/** The kernel itself: of a factory, what it gives back for these captured values. */
function enter(
  around: Pick<Frame, 'build' | 'stack'>,
  parsed: Parsed,
  captured: object | undefined,
  at: Place | undefined,
): FunctionValue {
  const outer: FunctionValue = { kind: 'function', parsed, node: parsed.node, frame: undefined }
  if (!captured) return outer
  const made = inline(around, outer, [{ kind: 'object', name: 'env', value: captured }], at)
  if (made.kind === 'function') return made
  return syntaxError(placeOf(parsed, parsed.node), 'the factory does not give back a function')
}

const lower = { value, effect, test, call, statements, free }

function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && 'program' in value && 'parsed' in value
}

/** What a function of lanewise shows of itself, also one of another copy of lanewise. */
function brandOf(
  fn: unknown,
): { readonly definition: Definition; readonly signatures: readonly Signature[] } | undefined {
  if (typeof fn !== 'function') return undefined
  const held: unknown = Reflect.get(fn, kernelBrand)
  const brand: unknown = typeof held === 'function' ? Reflect.apply(held, fn, []) : held
  if (typeof brand !== 'object' || brand === null) return undefined
  const definition = 'definition' in brand ? brand.definition : brand
  const signatures = 'signatures' in brand ? (brand.signatures as readonly Signature[]) : []
  return isDefinition(definition) ? { definition, signatures } : undefined
}

function compiledOf(fn: unknown): Compiled | undefined {
  const brand = brandOf(fn)
  if (!brand) return undefined
  const { name, parsed, captured } = brand.definition
  return { name, signatures: brand.signatures, enter: (frame, at) => enter(frame, parsed, captured, at) }
}

/** Every operand has a local; a parameter that is assigned gets another to change, and one that is not given its default. */
function passOperands(frame: Frame): void {
  const { build, args } = frame
  for (const [k, pattern] of frame.node.params.entries()) {
    const target = pattern.type === 'AssignmentPattern' ? pattern.left : pattern
    const variable = target.type === 'Identifier' ? variableOf(frame, target) : undefined
    const at = place(frame, pattern)
    const arg = args[k]
    if (!variable) {
      syntaxError(
        at,
        `a parameter of a kernel is ${arg?.kind === 'array' ? 'an array' : 'a number'}, so it has a plain name`,
        'Destructure captured values only: with env.',
      )
    }
    if (arg?.kind === 'array') {
      const view = build.views[arg.view]
      if (view) view.name = variable.name
      initialise(frame, variable, { ...arg, name: variable.name }, at)
      continue
    }
    if (arg && arg.kind !== 'local') {
      initialise(frame, variable, arg, at)
      continue
    }
    if (!arg) {
      declarePattern(frame, pattern, nothing)
      continue
    }
    build.locals[arg.local] = variable.name
    if (variable.writes > 0) initialise(frame, variable, arg, at)
    else frame.bindings.set(variable, { kind: 'local', local: arg.local })
  }
}

/** The arguments of a kernel that is given functions, which are known when it is compiled. */
function withFunctions(
  build: Build,
  operands: readonly Value[],
  given: readonly (CallableFunction | null)[],
  at: Place,
): Value[] {
  const args = [...operands]
  for (const [k, fn] of given.entries())
    if (fn !== null) args.splice(k, 0, capture(build, fn.name || `argument ${k}`, fn, at))
  return args
}

/** How many operands the kernel takes: its parameters, and what compilers make of those with defaults, `arguments[k]`. */
function arityOf({ node }: FunctionValue): { readonly arity: number; readonly required: number } {
  const { params } = node
  const last = params.findLastIndex((p) => p.type !== 'AssignmentPattern')
  return { arity: Math.max(params.length, argumentsUsed(node)), required: last + 1 }
}

/** What the kernel returns, its kind checked. */
function returned(build: Build, value: Value, at: Place): readonly Value[] {
  const { gives = 'returned' } = build
  if (value.kind === 'undefined' && gives !== 'returned') return []
  if (gives === 'written') {
    const hint = 'Write them: out[i] = value. A kernel whose outputs are all numbers may return them instead.'
    return syntaxError(at, 'the kernel returns a value, but its outputs are parameters', hint)
  }
  const items = value.kind === 'tuple' ? value.items : [value]
  if (value.kind === 'undefined' || items.length === 0) {
    return syntaxError(
      at,
      'the kernel returns nothing',
      'Return the value of the element, or a tuple of several.',
    )
  }
  return items
}

/** Where arrays are made, every result is a view: those that are numbers are stored to arrays of one element. */
function resultsOf(build: Build, items: readonly Value[], nin: number, at: Place): number[] {
  const results = items.map((item, k): number => {
    if (item.kind === 'array') return placeResult(build, item, nin + k, at)
    const value = asTree(item, at)
    const name = items.length === 1 ? 'result' : `result${k}`
    const view = build.views.push({ name, operand: nin + k, rank: 1, stored: true }) - 1
    emit(build, { kind: 'store', view, indices: [constant(0, at)], value, at })
    return view
  })
  let next = nin + results.length
  for (const { view } of build.made) {
    const slot = build.views[view]
    if (slot?.operand === unplaced) slot.operand = next++
  }
  return results
}

/** The array that is a result. */
function placeResult({ views, gives }: Build, array: ArrayValue, operand: number, at: Place): number {
  const slot = views[array.view]
  if (gives !== 'once')
    return syntaxError(
      at,
      'an array is returned, but outputs of guvectorize that are arrays are parameters',
      'Write to the parameter of the output: out[i] = value. Functions of jit return arrays.',
    )
  if (array.indices.length > 0 || slot?.operand !== unplaced) {
    return syntaxError(
      at,
      `the kernel returns ${array.indices.length > 0 ? 'a row' : 'an array that is a parameter, or is returned twice'}`,
      'Return arrays that the kernel makes, each once: const out = emptyLike(a).',
    )
  }
  slot.operand = operand
  return array.view
}

/** The locals that hold the results. */
function outsOf(build: Build, items: readonly Value[], at: Place): number[] {
  const outs: number[] = []
  for (const item of items) {
    const tree = asTree(item, at)
    const direct = tree.kind === 'local' && build.results.has(tree.local) && !outs.includes(tree.local)
    const out = direct ? tree.local : newLocal(build, 'out')
    if (!direct) emit(build, { kind: 'set', local: out, value: tree })
    outs.push(out)
  }
  return outs
}

/** Which parameters are arrays. */
export interface ArrayParams {
  /** Inputs; parameters beyond them are outputs. */
  readonly nin: number
  /** The dimensions of each operand, inputs first; 0 for a number. */
  readonly ranks: readonly number[]
  /** It is called once, for whole arrays: then it may return arrays. */
  readonly once: boolean
  /** Parameters that are functions, at their places among all parameters; `ranks` leaves them out. */
  readonly functions?: readonly (CallableFunction | null)[]
}

interface Lowered {
  readonly program: Program
  readonly arity: number
  readonly required: number
}

/** The whole way from a source that is read to the untyped tree, for so many operands. */
function lowerKernel(
  parsed: Parsed,
  captured: object | undefined,
  arrays: ArrayParams | undefined,
  nin?: number,
): Lowered {
  checkFactory(parsed, captured)
  const build: Build = {
    lower,
    compiled: compiledOf,
    main: parsed,
    factory: captured !== undefined,
    locals: [],
    tables: [],
    views: [],
    made: [],
    gives: undefined,
    entry: new Map(),
    copies: new Map(),
    unset: new Map(),
    results: new Set(),
    steps: [],
    labels: 0,
    depth: 0,
    size: 0,
  }
  const around = { build, stack: [] }
  const kernel = enter(around, parsed, captured, undefined)
  const at = placeOf(kernel.parsed, kernel.node)
  const given = arrays?.functions ?? []
  const functions = given.filter((fn) => fn !== null).length
  const all = arityOf(kernel)
  const arity = all.arity - functions
  const required = Math.max(0, all.required - functions)
  if (arrays) build.gives = arrays.once ? 'once' : arity === arrays.ranks.length ? 'written' : 'returned'
  if (arity === 0)
    syntaxError(
      at,
      'the kernel takes no arguments',
      'It needs one parameter for each operand: (x, y) => x + y.',
    )
  const params = Array.from({ length: nin ?? countOf(arrays, arity) }, () => newLocal(build, 'x'))
  const operands = params.map((local, operand): Value => {
    const rank = arrays?.ranks[operand] ?? 0
    if (rank === 0) {
      const number = readLocal(local, at)
      build.entry.set(local, number)
      return number
    }
    const name = `operand${operand}`
    const view = build.views.push({ name, operand, rank, stored: false }) - 1
    return { kind: 'array', view, name, rank, indices: [] }
  })
  const args = given.length === 0 ? operands : withFunctions(build, operands, given, at)
  const result = inline(around, kernel, args, undefined, passOperands)
  const items = returned(build, result, at)
  const views = build.made.length > 0 || items.some((item) => item.kind === 'array')
  const results = views ? resultsOf(build, items, params.length, at) : []
  const outs = views ? [] : outsOf(build, items, at)
  const { locals, tables, made } = build
  const body = settle(build.steps)
  return {
    program: { locals, params, body, outs, results, made, tables, views: build.views },
    arity,
    required,
  }
}

/** How many operands the kernel is read for: a function that is called once has those that its signature says. */
const countOf = (arrays: ArrayParams | undefined, arity: number): number =>
  arrays?.once ? arrays.ranks.length : arity

/** The untyped tree for so many operands: where there are fewer than parameters, the last ones have their defaults. */
export function programOf(definition: Definition, nin: number): Program {
  const { program, parsed, captured, arrays } = definition
  const read = countOf(arrays, definition.arity)
  return nin === read ? program : lowerKernel(parsed, captured, arrays, nin).program
}

function valuesOf(env: Env | undefined): object | undefined {
  if (typeof env !== 'function') return env
  const values: unknown = env()
  if (typeof values === 'object' && values !== null) return values
  throw new OptionError(
    `env is a function that returns an object of captured values, but it returned ${String(values)}`,
    {
      option: 'env',
      known: ['an object', 'a function that returns one'],
    },
  )
}

function definitionOf(
  parsed: Parsed,
  env: Env | undefined,
  captured: object | undefined,
  arrays: ArrayParams | undefined,
): Definition {
  const { name, text: source } = parsed
  return { name, source, ...lowerKernel(parsed, captured, arrays), parsed, arrays, env, captured }
}

/**
 * Reads a kernel: a function, or the text of one; with `env` a factory of one. Of a function of lanewise its kernel is taken.
 * @throws KernelSyntaxError for syntax outside the kernel language, free variables, a factory without env and env without a factory
 */
export function define(kernel: CallableFunction | string, options: DefineOptions = {}): Definition {
  const { definition } = brandOf(kernel) ?? {}
  if (definition)
    return {
      ...recapture({ ...definition, arrays: options.arrays }, valuesOf(options.env)),
      name: options.name ?? definition.name,
    }
  const { env, arrays } = options
  return definitionOf(resolved(sourceOf(kernel, options.name)), env, valuesOf(env), arrays)
}

/** The same kernel with its captured values read anew, or with these instead. */
export function recapture(definition: Definition, env?: object): Definition {
  const { parsed } = definition
  return definitionOf(parsed, definition.env, env ?? valuesOf(definition.env), definition.arrays)
}
