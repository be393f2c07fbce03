/** What the page tells the test. */
export interface Outcome {
  readonly isolated: boolean
  /** What a definition for `parallel` threw, if it did. */
  readonly error: { readonly code: string; readonly message: string } | null
  /** Of the same function with `fallback: 'cpu'`. */
  readonly fallback: { readonly target: string; readonly why: string | null }
  /** Threads that took part in a synchronous call and in an asynchronous one, and why it was one. */
  readonly sync: { readonly threads: number; readonly why: string | null }
  readonly later: { readonly threads: number; readonly why: string | null }
  /** Turns of the page's event loop during an asynchronous call. */
  readonly turns: number
  /** What an endless kernel was ended with. */
  readonly ended: string | null
  /** What was said on the console. */
  readonly warnings: readonly string[]
  /** Hashes of the kernel table, by way. */
  readonly hashes: Readonly<Record<string, Readonly<Record<string, string>>>>
}
