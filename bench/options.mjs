/** The command line of both benchmarks: --quick, --filter <regular expression>, --sizes 1e3,65e3. */
import { parseArgs } from 'node:util'

export function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      filter: { type: 'string', default: '' },
      sizes: { type: 'string' },
    },
  })
  const sizes = values.sizes?.split(',').map(Number)
  if (sizes?.some((n) => !(n >= 1)))
    throw new Error(`--sizes takes numbers such as 1e3,65e3; got ${values.sizes}`)
  return {
    quick: values.quick,
    filter: new RegExp(values.filter, 'i'),
    sizes: sizes ?? (values.quick ? [1e3, 65e3] : [1e3, 65e3, 1e6]),
    // The sum alone is also measured where memory is all that counts.
    extra: sizes || values.quick ? [] : [4e3, 1e7],
  }
}
