/** Does a kernel surely end? Every loop of it counts by a fixed step up to a fixed bound. */
import { scan } from './access.ts'
import { type Kernel, visit } from './ir.ts'

export function surelyEnds(kernel: Kernel): boolean {
  let loops = 0
  visit(
    kernel.body,
    () => {},
    (s) => {
      if (s.kind === 'loop') loops++
    },
  )
  if (loops === 0) return true
  const { around } = scan(kernel)
  return around.size === loops && [...around.values()].every(({ counted }) => counted !== null)
}
