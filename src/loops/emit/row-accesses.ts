/** Reads and writes of one core whose rows are on lanes: every place is a number of bytes behind the array's pointer. */
import { dtypes } from '../../dtype.ts'
import type { Pack } from '../kernel/packs.ts'
import type { Control } from './control.ts'
import { loadPlaces, storeTogether } from './lanes-memory.ts'
import type { ArrayParams } from './pointers.ts'
import { scalarLoad, scalarStore } from './scalar-cast.ts'
import { type Arrays, emitExpr, lanesOf } from './values.ts'

export function rowAccesses(
  control: () => Control,
  { core, pointer }: ArrayParams,
  places: Pack['places'],
): Pick<Arrays, 'element' | 'store' | 'varies'> {
  const pointerOf = (view: number) => pointer(core.views[view]?.operand ?? -1)
  return {
    element: (e) => {
      const { asm, lanes } = control()
      const { bytes } = dtypes[e.type]
      const offsets = (places.get(e) ?? []).map((at) => at * bytes)
      if (lanes === 1)
        return {
          uniform: true,
          type: e.type,
          ref: scalarLoad(asm, e.type, asm.get(pointerOf(e.view)), offsets[0]),
        }
      return {
        uniform: false,
        type: e.type,
        width: bytes,
        regs: loadPlaces(asm, bytes, pointerOf(e.view), offsets),
      }
    },
    store: (s) => {
      const c = control()
      const { asm, lanes } = c
      const { type } = s.value
      const { bytes } = dtypes[type]
      const offset = (places.get(s)?.[0] ?? 0) * bytes
      const value = emitExpr(c, s.value)
      if (lanes === 1 && value.uniform)
        asm.emit(scalarStore(asm, type, asm.get(pointerOf(s.view)), value.ref, offset))
      else storeTogether(asm, bytes, lanes, lanesOf(c, value), pointerOf(s.view), offset)
    },
    varies: () => control().lanes > 1,
  }
}
