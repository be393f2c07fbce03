/** The iteration plan: which elements meet which, in which order. One plan serves every target. */

/** Steps and offsets count elements, one entry an operand. */
export interface Plan {
  /** Elements in all. */
  readonly size: number
  /** Elements of one inner run, and each operand's step within it. */
  readonly inner: number
  readonly innerSteps: readonly number[]
  /** Sizes of the outer axes, slowest first; `outerSteps[operand][axis]`. */
  readonly outer: readonly number[]
  readonly outerSteps: readonly (readonly number[])[]
  /** Where each operand starts. */
  readonly offsets: readonly number[]
}
