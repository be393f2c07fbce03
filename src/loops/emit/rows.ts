/**
 * Many runs in one call: the inner loop over the slowest axis but one, so that short runs do not pay a way into WebAssembly each.
 * (context, n, rows, pointer, byte step, byte step from row to row, …) -> the first code that is not 0.
 */
import binaryen from 'binaryen'
import type { Module, Ref } from './asm.ts'

export function addRows(m: Module, name: string, inner: string, operands: number): void {
  const [context, n, rows] = [0, 1, 2]
  const pointer = (k: number) => 3 + 3 * k
  const params = Array.from({ length: 3 + 3 * operands }, () => binaryen.i32)
  const code = params.length
  const get = (id: number): Ref => m.local.get(id, binaryen.i32)
  const all = Array.from({ length: operands }, (_, k) => pointer(k))
  const call = m.call(
    inner,
    [get(context), get(n), ...all.flatMap((p) => [get(p), get(p + 1)])],
    binaryen.i32,
  )
  const body = m.block(null, [
    m.br('end', m.i32.eqz(get(rows))),
    m.br('end', m.local.tee(code, call, binaryen.i32)),
    ...all.map((p) => m.local.set(p, m.i32.add(get(p), get(p + 2)))),
    m.local.set(rows, m.i32.sub(get(rows), m.i32.const(1))),
    m.br('row'),
  ])
  const loop = m.block('end', [m.loop('row', body)])
  m.addFunction(
    name,
    binaryen.createType(params),
    binaryen.i32,
    [binaryen.i32],
    m.block(null, [loop, get(code)], binaryen.i32),
  )
  m.addFunctionExport(name, name)
}
