/** The functions that make arrays, by the names that NumPy and JavaScript have for them. */
import { type Code, codes, dtypes } from '../../dtype.ts'

interface Row {
  /** Its first argument is an array, whose shape and dtype the new one has; else a shape. */
  readonly like: boolean
  /** What elements begin with; `argument`: its second argument. */
  readonly fill: 0 | 1 | 'argument'
}

const rows = {
  empty: { like: false, fill: 0 },
  zeros: { like: false, fill: 0 },
  ones: { like: false, fill: 1 },
  full: { like: false, fill: 'argument' },
  emptyLike: { like: true, fill: 0 },
  zerosLike: { like: true, fill: 0 },
} as const satisfies Record<string, Row>

export type Maker = keyof typeof rows

export const makerRow = (name: Maker): Row => rows[name]

const isMaker = (name: unknown): name is Maker => typeof name === 'string' && Object.hasOwn(rows, name)

/** What a free name makes, if it is one of these. */
export const makerNamed = (name: string): Maker | undefined => (isMaker(name) ? name : undefined)

/** The functions of lanewise that make arrays name themselves here, so that they can be captured, also from another copy of it. */
const brand = Symbol.for('lanewise.maker')

export function makerOf(fn: unknown): Maker | undefined {
  const name: unknown = typeof fn === 'function' ? Reflect.get(fn, brand) : undefined
  return isMaker(name) ? name : undefined
}

/** The dtype of `new Float64Array(n)`; bytes are u1. */
export const codeOfConstructor = (name: string): Code | undefined =>
  codes.find((code) => code !== 'b1' && dtypes[code].array.name === name)
