/** Captured arrays as a kernel sees them that is called, not compiled: copies, in which an index outside is an error too. */
import { codeOfArray, type TypedArray } from '../dtype.ts'
import { BoundsError } from '../errors.ts'

type Table = readonly unknown[] | TypedArray

const isTable = (value: unknown): value is Table => Array.isArray(value) || codeOfArray(value) !== undefined

/** The values of `env` with every array in it checked. */
export function checkedTables(captured: object): object {
  const tables: PropertyDescriptorMap = {}
  for (const [name, value] of Object.entries(captured))
    if (isTable(value)) tables[name] = { value: checked(name, value), enumerable: true }
  return Object.create(captured, tables)
}

function checked(name: string, table: Table): Table {
  const copy = table.slice()
  return new Proxy(copy, {
    get(_, key) {
      if (typeof key === 'string' && isNumeric(key) && !(key in copy))
        throw outside(name, Number(key), copy.length)
      return Reflect.get(copy, key)
    },
  })
}

const isNumeric = (key: string): boolean => String(Number(key)) === key

const outside = (name: string, index: number, size: number): Error =>
  new BoundsError(`index ${index} is out of bounds for '${name}' with size ${size}`, {
    line: 1,
    column: 1,
    index,
    size,
  })
