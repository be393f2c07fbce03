/** What emitted code calls things. */
import type { Code } from '../../../dtype.ts'
import type { Store } from '../../kernel/ir.ts'
import type { Op } from '../../kernel/ops.ts'
import type { Sharing } from './shared.ts'
import type { Classes } from './types.ts'

export interface Names {
  /** How the code holds values. */
  readonly classes: Classes
  readonly local: (id: number) => string
  readonly typeOf: (id: number) => Code
  readonly input: (operand: number) => string
  /** An element of a table. */
  readonly load: (array: number, index: string, check: number) => string
  /** The roundings of which this local holds a result somewhere. */
  readonly roundings: (id: number) => ReadonlySet<Op>
  /** The number of an element of an array operand; its indices are pairs of words. */
  readonly place: (access: Omit<Store, 'kind' | 'value'>, indices: readonly string[]) => string
  readonly get: (view: number, place: string) => string
  readonly put: (view: number, place: string, value: string) => string
  readonly size: (view: number, axis: number) => string
  /** Where a workgroup takes a core call; `single`: all its invocations run this, so one of them is to write. */
  readonly sharing: Sharing | null
  readonly single: boolean
  /** A name for a value, and its line. */
  readonly temporary: (value: string) => { readonly name: string; readonly line: string }
  /** One that is still to be given a value. */
  readonly variable: (code: Code) => { readonly name: string; readonly line: string }
}
