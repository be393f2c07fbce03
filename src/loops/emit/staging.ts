/** The two helpers of every vector loop: elements to scratch memory, and back. One pair a width, in bits. */
import binaryen from 'binaryen'
import type { Code } from '../../dtype.ts'
import type { Module } from './asm.ts'
import { createAsm } from './asm.ts'
import { scalarLoad, scalarStore } from './scalar-cast.ts'

const codeOfBits: Readonly<Record<number, Code>> = { 8: 'u1', 16: 'u2', 32: 'u4', 64: 'u8' }

/** stage(to, from, step, n, lanes): `n` elements side by side, the last one repeated up to `lanes`. */
function addStage(m: Module, bits: number, code: Code): void {
  const params = Array.from({ length: 5 }, () => binaryen.i32)
  const asm = createAsm(m, params)
  const [to, from, step, n, lanes] = [0, 1, 2, 3, 4]
  const body = m.loop(
    'copy',
    m.block(null, [
      scalarStore(asm, code, asm.get(to), scalarLoad(asm, code, asm.get(from))),
      m.local.set(to, m.i32.add(asm.get(to), m.i32.const(bits / 8))),
      m.local.set(n, m.i32.sub(asm.get(n), m.i32.const(1))),
      m.if(
        m.i32.gt_s(asm.get(n), m.i32.const(0)),
        m.local.set(from, m.i32.add(asm.get(from), asm.get(step))),
      ),
      m.local.set(lanes, m.i32.sub(asm.get(lanes), m.i32.const(1))),
      m.br('copy', asm.get(lanes)),
    ]),
  )
  m.addFunction(`stage${bits}`, binaryen.createType(params), binaryen.none, asm.vars, body)
}

/** spill(to, step, from, n): `n` neighbours from scratch memory to where they belong. */
function addSpill(m: Module, bits: number, code: Code): void {
  const params = Array.from({ length: 4 }, () => binaryen.i32)
  const asm = createAsm(m, params)
  const [to, step, from, n] = [0, 1, 2, 3]
  const body = m.loop(
    'copy',
    m.block(null, [
      scalarStore(asm, code, asm.get(to), scalarLoad(asm, code, asm.get(from))),
      m.local.set(to, m.i32.add(asm.get(to), asm.get(step))),
      m.local.set(from, m.i32.add(asm.get(from), m.i32.const(bits / 8))),
      m.local.set(n, m.i32.sub(asm.get(n), m.i32.const(1))),
      m.br('copy', asm.get(n)),
    ]),
  )
  m.addFunction(`spill${bits}`, binaryen.createType(params), binaryen.none, asm.vars, body)
}

export function addStaging(m: Module, bits: ReadonlySet<number>): void {
  for (const b of bits) {
    const code = codeOfBits[b]
    if (!code) continue
    addStage(m, b, code)
    addSpill(m, b, code)
  }
}
