/** Labels that come once in a kernel: passes that write a loop twice, in two versions, leave its label twice. */
import type { Kernel, Stmt } from './ir.ts'

export function distinctLabels(kernel: Kernel): Kernel {
  let labels = 0
  const all = (body: readonly Stmt[], known: ReadonlyMap<number, number>): Stmt[] =>
    body.map((s): Stmt => {
      switch (s.kind) {
        case 'set':
        case 'store':
          return s
        case 'if':
          return { ...s, then: all(s.then, known), else: all(s.else, known) }
        case 'break':
        case 'continue':
          return { ...s, label: known.get(s.label) ?? s.label }
        case 'block': {
          const label = labels++
          return { ...s, label, body: all(s.body, new Map(known).set(s.label, label)) }
        }
        case 'loop': {
          const label = labels++
          const inside = new Map(known).set(s.label, label)
          return { ...s, label, body: all(s.body, inside), update: all(s.update, inside) }
        }
      }
    })
  return { ...kernel, body: all(kernel.body, new Map()) }
}
