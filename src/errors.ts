/**
 * Every error of lanewise, one row a class. The facts are fields, the `code` tells classes apart, also between two copies of
 * lanewise in one process: `instanceof` looks at the brand and the code, not at the prototype.
 */

const brand = Symbol.for('lanewise.error')

function sameKind(this: ErrorConstructor & { readonly code?: string }, value: unknown): boolean {
  // A user's subclass inherits this method, but only what it made is of it.
  if (!Object.hasOwn(this, Symbol.hasInstance))
    return Function.prototype[Symbol.hasInstance].call(this, value)
  if (typeof value !== 'object' || value === null || !(brand in value)) return false
  return this.code === undefined || (value as { code?: unknown }).code === this.code
}

/** The base of every error that lanewise throws on purpose. */
export class LanewiseError extends Error {
  readonly code: string
  constructor(message: string, code: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    Object.defineProperty(this, 'name', { value: 'LanewiseError', configurable: true, writable: true })
  }
  static {
    Object.defineProperty(LanewiseError.prototype, brand, { value: true })
    Object.defineProperty(LanewiseError, Symbol.hasInstance, { value: sameKind })
  }
}

type Raised<Facts> = LanewiseError & Readonly<Facts>
interface ErrorClass<Facts> {
  new (message: string, facts: Facts, options?: ErrorOptions): Raised<Facts>
  readonly code: string
}

function row<Facts extends object>(name: string, code: string, base?: ErrorConstructor): ErrorClass<Facts> {
  const parent = (base ?? LanewiseError) as new (message: string, ...rest: unknown[]) => Error
  const made = class extends parent {
    static readonly code = code
    readonly code = code
    constructor(message: string, facts: Facts, options?: ErrorOptions) {
      super(message, ...(base ? [options] : [code, options]))
      // Writable: a core dimension's name is a fact of that name.
      Object.defineProperty(this, 'name', { value: name, configurable: true, writable: true })
      Object.assign(this, facts)
    }
  }
  // Those with another base do not inherit from LanewiseError, they only answer to it.
  if (base) Object.defineProperty(made.prototype, brand, { value: true })
  Object.defineProperty(made, 'name', { value: name })
  Object.defineProperty(made, Symbol.hasInstance, { value: sameKind })
  return made as unknown as ErrorClass<Facts>
}

/** Where in a kernel's source; lines and columns count from 1. */
export interface SourceFacts {
  line: number
  column: number
  /** The source line with a caret under the column. */
  frame: string
}

export const SignatureError = row<{ text: string; position: number }>('SignatureError', 'signature')
export const KernelSyntaxError = row<SourceFacts & { hint?: string }>('KernelSyntaxError', 'kernel-syntax')
export const KernelTypeError = row<SourceFacts & { types: readonly string[]; hint?: string }>(
  'KernelTypeError',
  'kernel-type',
)
export const BroadcastError = row<{ shapes: readonly (readonly number[])[] }>('BroadcastError', 'broadcast')
export const CoreDimensionError = row<{ name: string; sizes: readonly number[]; operand: number }>(
  'CoreDimensionError',
  'core-dimension',
)
export const CastingError = row<{ from: string; to: string; casting: string; operand: number | string }>(
  'CastingError',
  'casting',
)
export const NoLoopError = row<{ dtypes: readonly string[]; types: readonly string[] }>(
  'NoLoopError',
  'no-loop',
)
export const AxisError = row<{ axis: unknown; ndim: number }>('AxisError', 'axis')
export const OutputError = row<{ operand: number; shape?: readonly number[]; want?: readonly number[] }>(
  'OutputError',
  'output',
)
export const OptionError = row<{ option: string; known: readonly string[] }>('OptionError', 'option')
export const BoundsError = row<{ line: number; column: number; index: number; size: number }>(
  'BoundsError',
  'bounds',
  RangeError,
)
export const TargetError = row<{ target: string; reason: string }>('TargetError', 'target')
export const NotReadyError = row<object>('NotReadyError', 'not-ready')
export const MemoryError = row<{ bytes?: number }>('MemoryError', 'memory')
