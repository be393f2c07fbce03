/**
 * One wasm function under construction: its locals and its statements so far.
 * A binaryen expression may be used once only; `share` turns one into a local that can be read many times.
 */
import binaryen from 'binaryen'

export type Ref = number
export type WasmType = number
export type Module = InstanceType<typeof binaryen.Module>

export interface Asm {
  readonly m: Module
  /** For x86 processors: see lanes-extrema.ts. */
  readonly x86: boolean
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
  /** A local set to `value()` once, before the loop; the same key gives the same local. */
  hoisted(key: string, type: WasmType, value: () => Ref): Ref
}

export interface Frame extends Asm {
  /** Types of the locals beyond the parameters. */
  readonly vars: WasmType[]
  /** What must run before the loop. */
  prologue(): Ref[]
}

export function createAsm(m: Module, params: readonly WasmType[], x86 = false): Frame {
  const types: WasmType[] = [...params]
  const hoists = new Map<string, { id: number; value: () => Ref }>()
  let code: Ref[] = []
  let labels = 0
  const asm: Frame = {
    m,
    x86,
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
