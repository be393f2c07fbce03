import type { Expr, Kernel } from './ir.ts'
export interface Uniformity {
  readonly locals: ReadonlySet<number>
  readonly labels: ReadonlySet<number>
  readonly varies: (e: Expr) => boolean
}
export function analyseUniformity(_k: Kernel): Uniformity {
  return { locals: new Set(), labels: new Set(), varies: (e) => e.kind !== 'const' }
}
