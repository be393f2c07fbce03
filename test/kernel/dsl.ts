/** One-line tests of the front end. */
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Code } from '../../src/dtype.ts'
import { KernelSyntaxError, KernelTypeError } from '../../src/errors.ts'
import { infer } from '../../src/loops/kernel/infer.ts'
import { interpret } from '../../src/loops/kernel/interpret.ts'
import type { Kernel, Value } from '../../src/loops/kernel/ir.ts'
import { type DefineOptions, define } from '../../src/loops/kernel/parse.ts'
import { print } from '../../src/loops/kernel/print.ts'
import { verify } from '../../src/loops/kernel/verify.ts'

type Source = CallableFunction | string

const codesOf = (text: string): Code[] => text.split(',').filter(Boolean) as Code[]

export function compiled(kernel: Source, signature: string, options: DefineOptions = {}) {
  const [inputs = '', outputs] = signature.split('->')
  const made = infer(
    define(kernel, options),
    codesOf(inputs),
    outputs === undefined ? undefined : codesOf(outputs),
  )
  assert.equal(verify(made.kernel), [])
  return made
}

/** What the kernel computes: `ok('x => x + 1', 'i4', [[1, 2]])` is 2 for 1. The last of each row is the result. */
export function ok(
  kernel: Source,
  signature: string,
  rows: readonly (readonly Value[])[],
  options?: DefineOptions,
): void {
  test(`${kernel} for ${signature}`, () => {
    const { kernel: made, tables } = compiled(kernel, signature, options)
    for (const row of rows) {
      const args = row.slice(0, made.nin)
      const want = row.slice(made.nin)
      const got = interpret(made, tables, args, { steps: 10_000 })
      assert.ok(
        want.length === got.length && want.every((v, k) => Object.is(v, got[k])),
        `(${args.join(', ')}) gives ${got.join(', ')}, not ${want.join(', ')}`,
      )
    }
  })
}

export const resultTypes = (kernel: Kernel): string =>
  kernel.outs.map((id) => kernel.locals[id]?.type).join(',')

/** The dtypes of results that the signature leaves out. */
export function gives(kernel: Source, inputs: string, want: string, options?: DefineOptions): void {
  test(`${kernel} of ${inputs} gives ${want}`, () => {
    assert.is(resultTypes(compiled(kernel, inputs, options).kernel), want)
  })
}

/** The body of the kernel as IR. */
export function ir(kernel: Source, signature: string, want: string, options?: DefineOptions): void {
  test(`${kernel} for ${signature} as IR`, () => {
    const lines = print(compiled(kernel, signature, options).kernel)
      .trim()
      .split('\n')
      .slice(1, -1)
    const trim = (text: string) => text.trim().replace(/\s+/g, ' ')
    assert.is(trim(lines.join(' ')), trim(want))
  })
}

interface Facts {
  /** Line and column, as `2:14`. */
  readonly at?: string
  readonly hint?: string | RegExp
  readonly signature?: string
  readonly options?: DefineOptions
}

/** The error, its place and what its message holds. Without a signature it has to appear when the kernel is defined. */
export function bad(kernel: Source, message: string | RegExp, facts: Facts = {}): void {
  const { at, hint, signature, options } = facts
  test(`${kernel} is refused: ${message}`, () => {
    let error: unknown
    try {
      if (signature === undefined) define(kernel, options)
      else compiled(kernel, signature, options)
    } catch (e) {
      error = e
    }
    assert.ok(error instanceof KernelSyntaxError || error instanceof KernelTypeError, `${error}`)
    assert.match(error.message, message)
    assert.match(error.message, error.frame)
    if (at) assert.is(`${error.line}:${error.column}`, at)
    if (hint) {
      assert.match(error.hint ?? '', hint)
      assert.match(error.message, error.hint ?? '')
    }
  })
}
