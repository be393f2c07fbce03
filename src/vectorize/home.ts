/** Indices are read here, wherever they are. */
import { asOperand, isBranded, toStrided } from '../broadcast/operand.ts'
import { settings } from '../settings.ts'
import { getTarget } from '../targets/index.ts'
import { isElsewhere } from '../targets/memory/resident.ts'
import type { Core } from './prepare.ts'

/** What is an array in the memory of the function's target, as a copy on the host; anything else as it is. */
export async function broughtHome({ target = settings.target }: Core, value: unknown): Promise<unknown> {
  const own = isBranded(value) ? toStrided(value) : null
  const { moves } = getTarget(target).memory
  return own && moves && isElsewhere(own.data) ? asOperand(await moves.home(own)) : value
}
