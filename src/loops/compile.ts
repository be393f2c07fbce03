/** The pipeline, one line a pass: a typed kernel and the dtypes of its operands in memory, to a loop. */
import { emitWasm, emitWat } from './emit/wasm.ts'
import { bind } from './kernel/bind.ts'
import { expand } from './kernel/expand.ts'
import type { Kernel } from './kernel/ir.ts'
import { mask } from './kernel/mask.ts'
import { narrow } from './kernel/narrow.ts'
import { print } from './kernel/print.ts'
import { simplify } from './kernel/simplify.ts'
import type { CompileRequest, WasmLoop } from './loop.ts'

type Pass = readonly [name: string, run: (kernel: Kernel, request: CompileRequest) => Kernel]

/** In order. Each means the same as the one before: the interpreter is asked in the tests. */
export const passes: readonly Pass[] = [
  ['infer', (kernel) => kernel],
  ['bind', (kernel, { inputs, outputs }) => bind(kernel, inputs, outputs)],
  ['mask', (kernel, { form }) => (form === 'masked' ? mask(kernel) : kernel)],
  ['simplify', (kernel) => simplify(kernel)],
  ['narrow', (kernel) => narrow(kernel)],
  ['simplify again', (kernel) => simplify(kernel)],
  ['expand', (kernel, { fma }) => expand(kernel, fma)],
]

/** The kernel that is emitted. */
export const lower = (request: CompileRequest): Kernel =>
  passes.reduce((kernel, [, run]) => run(kernel, request), request.kernel)

export function compile(request: CompileRequest): WasmLoop {
  return emitWasm({ ...request, kernel: lower(request) })
}

/** The text of the emitted module. */
export function wat(request: CompileRequest): string {
  return emitWat({ ...request, kernel: lower(request) })
}

/** The IR after each pass. */
export function ir(request: CompileRequest): string {
  let kernel = request.kernel
  return passes
    .map(([name, run]) => {
      kernel = run(kernel, request)
      return `;; ${name}\n${print(kernel)}`
    })
    .join('\n\n')
}

/** What the compile thread, or the page, is asked for. */
export const jobs = { compile, wat, ir } as const
export type Job = keyof typeof jobs
