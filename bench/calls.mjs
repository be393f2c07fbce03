/** What a call costs when there is next to nothing to compute. */
import ndarray from 'ndarray'
import {
  calling,
  checked,
  contender,
  loopContender,
  ourContenders,
  remoteView,
  sum,
  ufunc,
} from './contenders.mjs'
import { inputsOf } from './kernels.mjs'

/**
 * What a call costs when there is next to nothing to compute, and what its parts cost: in a program that has called little else,
 * and `late`, where arrays of all dtypes and many ranks have gone the same way, which V8 then no longer specialises.
 */
export const callCase = (late) => ({
  section: 'calls',
  name: late ? 'a + b on 10 elements, after all other rows' : 'a + b on 10 elements',
  types: sum.types,
  n: 10,
  open() {
    const inputs = inputsOf(sum, 10)
    const ours = ourContenders(sum, [10], (place) => inputs.map((data) => place(ndarray(data))))
    const f = ufunc(sum)
    const registry = new FinalizationRegistry(() => {})
    const heap = new ArrayBuffer(1 << 16)
    const token = {}
    const parts = {
      'resident, new result': calling(f, ours.residentIn),
      'plain, new result': calling(f, ours.plainIn),
      'part: new Float64Array(buffer, 0, 10)': () => new Float64Array(heap, 0, 10),
      'part: the same, registered for finalization': () =>
        registry.register(new Float64Array(heap, 0, 10), token),
      'part: new Float64Array(10)': () => new Float64Array(10),
      'part: ndarray(data)': () => ndarray(inputs[0], [10], [1], 0),
    }
    const loop = loopContender(sum, 10, inputs)
    const want = checked(sum, [...ours.contenders, loop])
    return {
      contenders: [
        ...ours.contenders.map((one) =>
          one.name === 'allocating' ? { ...one, name: 'resident, new result, freed' } : one,
        ),
        ...Object.entries(parts).map(([name, run]) => contender(name, run)),
        loop,
      ],
      want,
      remote: {
        row: sum,
        inputs: inputs.map((data) => remoteView(data, 'f8')),
        outputs: [remoteView(want[0], 'f8')],
        contiguous: true,
        allocating: true,
      },
      close: ours.close,
    }
  },
})
