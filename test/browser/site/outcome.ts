/** What the page tells the test. */
export interface Outcome {
  readonly isolated: boolean
  /** What a call before `ready()` threw. */
  readonly early: string
  /** Elements that differ from a plain loop, of `compared`. */
  readonly wrong: number
  readonly compared: number
  readonly lanes: number
  readonly shape: readonly number[]
  /** Of the result's transpose, through the array's own methods. */
  readonly picked: number
  readonly evalWorks: boolean
}
