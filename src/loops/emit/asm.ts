/**
 * One wasm function under construction: its locals, its statements so far, and the functions it calls from outside.
 * A binaryen expression may be used once only; `share` turns one into a local that can be read many times.
 */
import binaryen from 'binaryen'
import type { Op } from '../kernel/ops.ts'
import { opRow } from '../kernel/ops.ts'

export type Ref = number
export type WasmType = number
export type Module = InstanceType<typeof binaryen.Module>

export interface Asm {
  readonly m: Module
  /** A new local; returns its index. */
  local(type: WasmType): number
  get(id: number): Ref
  set(id: number, value: Ref): void
  /** Evaluates once, now; each call of the result reads it again. */
  share(value: Ref, type: WasmType): () => Ref
  /** Appends a statement. */
  emit(statement: Ref): void
  /** The statements that `build` appends, as one block (with a label to leave it by). */
  block(build: () => void, label?: string): Ref
  /** A new label. */
  label(hint: string): string
  /** Calls `Math[op]` (or JS's own operator) on f64. */
  outside(op: Op, args: readonly Ref[]): Ref
  /** A local set to `value()` once, before the loop; the same key gives the same local. */
  hoisted(key: string, type: WasmType, value: () => Ref): Ref
}

export interface Frame extends Asm {
  /** Types of the locals beyond the parameters. */
  readonly vars: WasmType[]
  /** What must run before the loop. */
  prologue(): Ref[]
}

/** `imports` collects the outside functions of the whole module. */
export function createAsm(m: Module, params: readonly WasmType[], imports: Set<Op>): Frame {
  const types: WasmType[] = [...params]
  const hoists = new Map<string, { id: number; value: () => Ref }>()
  let code: Ref[] = []
  let labels = 0
  const asm: Frame = {
    m,
    get vars() {
      return types.slice(params.length)
    },
    local(type) {
      types.push(type)
      return types.length - 1
    },
    get: (id) => m.local.get(id, types[id] ?? binaryen.none),
    set(id, value) {
      code.push(m.local.set(id, value))
    },
    share(value, type) {
      const id = asm.local(type)
      asm.set(id, value)
      return () => asm.get(id)
    },
    emit(statement) {
      code.push(statement)
    },
    block(build, label) {
      const outer = code
      code = []
      build()
      const made = m.block(label ?? null, code)
      code = outer
      return made
    },
    label: (hint) => `${hint}${labels++}`,
    outside(op, args) {
      imports.add(op)
      return m.call(op, args, binaryen.f64)
    },
    hoisted(key, type, value) {
      let known = hoists.get(key)
      if (!known) {
        known = { id: asm.local(type), value }
        hoists.set(key, known)
      }
      return asm.get(known.id)
    },
    prologue: () => [...hoists.values()].map(({ id, value }) => m.local.set(id, value())),
  }
  return asm
}

/** Declares the outside functions that were used. */
export function importOutside(m: Module, imports: ReadonlySet<Op>): void {
  for (const op of imports) {
    const params = binaryen.createType(Array.from({ length: opRow(op).arity }, () => binaryen.f64))
    m.addFunctionImport(op, 'math', op, params, binaryen.f64)
  }
}
