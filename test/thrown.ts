/** What a function throws, for tests that look at the facts of an error. */
export function thrown(run: () => unknown): Error & Readonly<Record<string, unknown>> {
  try {
    run()
  } catch (error) {
    return error as Error & Record<string, unknown>
  }
  throw new Error('nothing was thrown')
}
