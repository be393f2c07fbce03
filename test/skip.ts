/** Tests that cannot run here: counted as skipped, never silently absent; the runner prints the reason. */
import { test } from 'uvu'

/** Registers `name` as skipped in the file's suite. */
export function skip(name: string, reason: string): void {
  console.log(`SKIP ${name}: ${reason}`)
  test.skip(name)
}
