/** What the page found out. */
export interface Outcome {
  readonly available: boolean
  readonly adapter: string
  /** Elements that differ from cpu's. */
  readonly waves: number
  readonly escapes: number
  readonly sums: number
  readonly dispatched: string
  readonly suite: { readonly passed: number; readonly failed: readonly string[] }
}
