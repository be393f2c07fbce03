/** The end of every call: results for the host are read back, and checks that failed make it reject. */
import type { Strided } from '../../broadcast/view.ts'
import type { Report } from '../target.ts'
import { type Bindings, deliver } from './bindings.ts'
import { checkOf, gpuDataOf } from './buffers.ts'
import type { Gpu } from './device.ts'
import type { Checks } from './pipelines.ts'

/** A promise that is waited for later, if at all. */
export function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}

/** Waits for all of these; undefined where there is nothing to wait for. */
function together(checks: readonly (Promise<void> | undefined)[]): Promise<void> | undefined {
  const own = checks.filter((one) => one !== undefined)
  return own.length === 0 ? undefined : handled(Promise.all(own).then(() => {}))
}

/**
 * All has been submitted. Who reads a result on the device hears of a failed check then, also of one that what it was computed from has failed.
 * @throws BoundsError, and TargetError when the device refused the work or was lost
 */
export async function concluded(
  gpu: Gpu,
  call: Checks,
  submitted: readonly Promise<void>[],
  read: readonly Strided[],
  written: readonly Strided[],
  works: readonly Bindings[],
  report: Report,
): Promise<void> {
  const check = together([call.end(), ...read.map(({ data }) => checkOf(data))])
  for (const { data } of written) {
    const there = gpuDataOf(data)
    if (!there) continue
    there.check = check
    check?.then(
      () => {
        if (there.check === check) there.check = undefined
      },
      () => {},
    )
  }
  await Promise.all(submitted)
  const results = works.flatMap((work) => work.results)
  if (results.length === 0) return
  report.bytesCopied += await deliver(gpu, results)
  await check
}
