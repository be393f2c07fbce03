/**
 * From a function to its text and syntax, and from a place in that text to an error that shows it. Every error of the front end is
 * raised here, by `syntaxError` or `typeError`.
 */
import {
  type ArrowFunctionExpression,
  type Expression,
  type FunctionExpression,
  getLineInfo,
  type Node,
  parseExpressionAt,
} from 'acorn'
import { KernelSyntaxError, KernelTypeError } from '../../errors.ts'
import type { Pos } from './ir.ts'

export type FunctionNode = ArrowFunctionExpression | FunctionExpression

/** A function as text and as a tree. */
export interface Source {
  readonly name: string
  readonly text: string
  readonly node: FunctionNode
  /** Columns of the first line lie this much further right in the tree than in the text. */
  readonly shift: number
}

/** A place in a source; in a function that was inlined, also the place of the call. */
export interface Place extends Pos {
  readonly source: Pick<Source, 'name' | 'text'>
  readonly caller?: Place
}

const lineBreak = /\r\n|[\n\r\u2028\u2029]/

/** The source line with a caret under the column. */
export function frameAt(text: string, { line, column }: Pos): string {
  const number = String(line)
  const code = (text.split(lineBreak)[line - 1] ?? '').replaceAll('\t', ' ')
  return `${number} | ${code}\n${' '.repeat(number.length)} | ${' '.repeat(column - 1)}^`
}

const trace = ({ source, caller }: Place): string =>
  caller
    ? `\nThat is inlined here, in ${source.name ? quoted(caller.source.name) : 'the kernel'}:\n\n${frameAt(caller.source.text, caller)}\n${trace(caller)}`
    : ''

const quoted = (name: string): string => (name === '' ? 'the kernel' : `\`${name}\``)

function explain(message: string, at: Place, hint: string | undefined): string {
  const where = `${message} (${quoted(at.source.name)}, ${at.line}:${at.column})`
  return `${where}\n\n${frameAt(at.source.text, at)}\n${trace(at)}${hint ? `\n${hint}` : ''}`
}

const facts = (at: Place, hint: string | undefined) => ({
  line: at.line,
  column: at.column,
  frame: frameAt(at.source.text, at),
  ...(hint === undefined ? {} : { hint }),
})

/** @throws KernelSyntaxError always */
export function syntaxError(at: Place, message: string, hint?: string): never {
  throw new KernelSyntaxError(explain(message, at, hint), facts(at, hint))
}

/** @throws KernelTypeError always */
export function typeError(at: Place, message: string, types: readonly string[], hint?: string): never {
  throw new KernelTypeError(explain(message, at, hint), { ...facts(at, hint), types })
}

export function placeOf(source: Source, node: Node, caller?: Place): Place {
  const start = node.loc?.start ?? { line: 1, column: 0 }
  const column = start.column + 1 - (start.line === 1 ? source.shift : 0)
  const at = { line: start.line, column: Math.max(column, 1), source }
  return caller ? { ...at, caller } : at
}

/** Where the outermost kernel is at this place: positions in the IR point into its source alone. */
export const outermost = (at: Place): Pos =>
  at.caller ? outermost(at.caller) : { line: at.line, column: at.column }

const options = { ecmaVersion: 'latest', locations: true } as const

interface Syntax {
  readonly node: Expression
  readonly shift: number
}

const comments = /\/\/.*|\/\*[\s\S]*?\*\//g
/** The tokens around the expression: nothing, or its parentheses. */
const bare = (text: string): string => text.replace(comments, '').replace(/[\s;]/g, '')

function parseAll(text: string): Syntax {
  const node = parseExpressionAt(text, 0, options)
  const before = bare(text.slice(0, node.start))
  const rest = text.slice(node.end)
  if (bare(rest) === ')'.repeat(before.length)) return { node, shift: 0 }
  const next = node.end + rest.search(/\S/)
  throw Object.assign(new SyntaxError('Unexpected token'), { loc: getLineInfo(text, next) })
}

/** `add(x, y) { … }` of an object or a class is a function only within an object. */
function parseMethod(text: string): Syntax | undefined {
  const prefix = '0,{'
  try {
    const { node } = parseAll(`${prefix}${text}\n}`)
    const object = node.type === 'SequenceExpression' ? node.expressions[1] : undefined
    const [property] = object?.type === 'ObjectExpression' ? object.properties : []
    if (property?.type !== 'Property' || !property.method) return undefined
    return { node: property.value, shift: prefix.length }
  } catch {
    return undefined
  }
}

interface AcornError {
  readonly message: string
  readonly loc: { readonly line: number; readonly column: number }
}
const isAcornError = (error: unknown): error is AcornError => error instanceof SyntaxError && 'loc' in error

/**
 * Reads a function, or the text of one.
 * @throws KernelSyntaxError for what has no source (native, bound), is no plain function, or does not parse
 */
export function sourceOf(kernel: CallableFunction | string, name?: string): Source {
  const text = typeof kernel === 'string' ? kernel : Function.prototype.toString.call(kernel)
  const called = name ?? (typeof kernel === 'string' ? '' : kernel.name)
  const start: Place = { line: 1, column: 1, source: { name: called, text } }
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text) || text.trim() === '') {
    syntaxError(
      start,
      'this function has no JavaScript source',
      'Kernels are compiled from their source: native functions, those made by .bind() and those kept as bytecode have none. ' +
        'Write an arrow function that calls it, such as (x) => Math.sqrt(x).',
    )
  }
  let syntax: Syntax | undefined
  try {
    syntax = parseAll(text)
  } catch (error) {
    syntax = parseMethod(text)
    if (!isAcornError(error)) throw error
    if (!syntax) {
      const at = { ...start, line: error.loc.line, column: error.loc.column + 1 }
      const message = error.message.replace(/\s*\(\d+:\d+\)$/, '')
      const isType = text.split(lineBreak)[at.line - 1]?.[at.column - 1] === ':'
      const hint = 'Source text must be plain JavaScript, without type annotations.'
      syntaxError(at, message, isType ? hint : undefined)
    }
  }
  const { node, shift } = syntax
  const source = { name: called, text, shift }
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') {
    const what = node.type === 'ClassExpression' ? 'a class' : 'this'
    syntaxError(start, `${what} is no function`, 'A kernel is a function such as (x, y) => x + y.')
  }
  if (node.async || node.generator) {
    const what = node.async ? 'an async function' : 'a generator'
    syntaxError(start, `a kernel cannot be ${what}`, 'A kernel computes one element and returns it.')
  }
  return { ...source, name: called || node.id?.name || '', node }
}
