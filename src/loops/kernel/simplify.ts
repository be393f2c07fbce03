/** Everything that makes a kernel smaller and keeps every bit of its results: the passes below, until nothing changes. */
import { hoist } from './hoist.ts'
import { type Kernel, mapStmts } from './ir.ts'
import { copies, forward } from './propagate.ts'
import { prune } from './prune.ts'
import { sameBody } from './reads.ts'
import { rewrite } from './rules.ts'

const algebra = (kernel: Kernel): Kernel => ({ ...kernel, body: mapStmts(kernel.body, rewrite) })

const passes: readonly ((kernel: Kernel) => Kernel)[] = [algebra, copies, forward, prune, hoist]

export function simplify(kernel: Kernel): Kernel {
  for (let now = kernel; ; ) {
    const next = passes.reduce((k, pass) => pass(k), now)
    if (sameBody(next.body, now.body)) return now
    now = next
  }
}
