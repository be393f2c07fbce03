/** What a kernel in parts (fork.ts) keeps from one call to the next: locals, and results of chunks, in an array of floats and one of integers. */
import { dtypes } from '../../dtype.ts'
import { chunkCount, type Joined } from './chunks.ts'
import type { Fork } from './fork-find.ts'
import {
  bits,
  cast,
  constant,
  type Expr,
  type Kernel,
  type Local,
  local,
  op,
  type Stmt,
  set,
  type ViewSlot,
} from './ir.ts'

/** The first integers: which range `main` waits for (from 1; 0: it has ended), and what it has cut that into. */
export const stateAt = { next: 0, count: 1, length: 2 } as const
const firstSaved = 3

export type Type = Local['type']
const isFloat = (type: Type): boolean => dtypes[type].kind === 'f'
export const int = (value: number): Expr => constant('i8', BigInt(value))

/** Where locals are kept between two calls, and the statements that move them. */
export function makeState(kernel: Kernel, operands: number, typeOf: (id: number) => Type) {
  const { sizes, views } = kernel.core ?? { sizes: 0, views: [] }
  const [floatView, intView] = [views.length, views.length + 1]
  const places = new Map<number, number>()
  const partials = new Map<Joined, number>()
  let [floats, ints] = [0, firstSaved]
  const known = { check: 0, inside: ['always'] } as const
  const slot = (name: string, operand: number, type: Type, dim: number): ViewSlot => ({
    ...{ name, operand, type, stored: true, contiguous: 'C' },
    dims: [dim],
  })
  const read = (type: Type, index: Expr): Expr => {
    const [view, memory] = isFloat(type) ? ([floatView, 'f8'] as const) : ([intView, 'i8'] as const)
    const value: Expr = { kind: 'element', type: memory, view, indices: [index], ...known }
    return type === 'u8' ? bits('u8', value) : cast(type, value)
  }
  const write = (index: Expr, value: Expr): Stmt => {
    const float = isFloat(value.type)
    const held = value.type === 'u8' ? bits('i8', value) : cast(float ? 'f8' : 'i8', value)
    return { kind: 'store', view: float ? floatView : intView, indices: [index], value: held, ...known }
  }
  return {
    views: [slot('floats', operands, 'f8', sizes), slot('ints', operands + 1, 'i8', sizes + 1)],
    read,
    write,
    keep(id: number): void {
      if (!places.has(id)) places.set(id, isFloat(typeOf(id)) ? floats++ : ints++)
    },
    /** Results of chunks lie behind what is kept, those of one fork at a time. */
    placePartials(forks: readonly Fork[]): void {
      const [f, i] = [floats, ints]
      for (const { prange } of forks) {
        const next = { float: f, int: i }
        for (const join of prange.joins) {
          const kind = isFloat(typeOf(join.local)) ? 'float' : 'int'
          partials.set(join, next[kind])
          next[kind] += chunkCount
        }
        floats = Math.max(floats, next.float)
        ints = Math.max(ints, next.int)
      }
    },
    partialAt: (join: Joined, chunk: Expr): Expr => op('add', [chunk, int(partials.get(join) ?? 0)]),
    load: (wanted: (id: number) => boolean): Stmt[] =>
      [...places].flatMap(([id, at]) => (wanted(id) ? [set(id, read(typeOf(id), int(at)))] : [])),
    save: (): Stmt[] => [...places].map(([id, at]) => write(int(at), local(typeOf(id), id))),
    lengths: () => ({ floats: Math.max(1, floats), ints }),
  }
}
