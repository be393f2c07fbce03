/**
 * What calls return: real scijs ndarrays, or eval-free ones where a page forbids code generation. Both print in Node as NumPy
 * prints, and free their memory at the end of a `using`.
 */
import ndarray, { type NdArray } from 'ndarray'
import { formatStrided } from '../../broadcast/format.ts'
import { toStrided } from '../../broadcast/operand.ts'
import { type ArrayByCode, type Code, codes, dtypes, type TypedArray } from '../../dtype.ts'
import type { ArrayResult } from './array-types.ts'
import { EvalFreeArray, evalFreeArray } from './evalfree.ts'
import { addressOf, freeData, isFreed } from './resident.ts'

type Make = (data: TypedArray, shape: readonly number[], stride: readonly number[], offset: number) => NdArray

/** `ndarray()` looks at the data to find its class every time; we know it, and keep the classes by dtype and dimension. */
const makers = Object.fromEntries(codes.map((code) => [code, []])) as unknown as Record<Code, Make[]>

/** An array object over this data, whose lists are its own; D is what the caller knows of `code`. */
export function makeResult<D extends ArrayByCode[Code]>(
  code: Code,
  data: TypedArray,
  shape: readonly number[],
  stride: readonly number[],
  offset = 0,
): ArrayResult<D> {
  const byDimension = makers[code]
  let make = byDimension[shape.length]
  if (make === undefined) make = byDimension[shape.length] = makerFor(code, shape.length)
  return make(data, shape, stride, offset) as ArrayResult<D>
}

/** scijs's own classes, which take the sizes, the strides and the offset one by one. */
type ViewClass = new (data: TypedArray, ...numbers: number[]) => NdArray

function makerFor(code: Code, dimension: number): Make {
  const View = viewClass(code, dimension)
  if (View === undefined) {
    furnish(EvalFreeArray.prototype)
    return evalFreeArray
  }
  furnish(View.prototype as object)
  const n = (list: readonly number[], i: number): number => list[i] as number
  // Spread arguments cost more than everything else, so the usual dimensions are written out.
  switch (dimension) {
    case 0:
      return (data, _shape, _stride, offset) => new View(data, offset)
    case 1:
      return (data, s, t, offset) => new View(data, n(s, 0), n(t, 0), offset)
    case 2:
      return (data, s, t, offset) => new View(data, n(s, 0), n(s, 1), n(t, 0), n(t, 1), offset)
    case 3:
      return (data, s, t, offset) =>
        new View(data, n(s, 0), n(s, 1), n(s, 2), n(t, 0), n(t, 1), n(t, 2), offset)
    default:
      return (data, shape, stride, offset) => new View(data, ...shape, ...stride, offset)
  }
}

/** The class of ndarrays of this kind; undefined where its generation is forbidden. */
function viewClass(code: Code, dimension: number): ViewClass | undefined {
  try {
    const sample = ndarray(new dtypes[code].array(1) as Float64Array, new Array<number>(dimension).fill(1))
    return sample.constructor as ViewClass
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}

const inspect = Symbol.for('nodejs.util.inspect.custom')
/** Older engines lack the symbol; what compiles `using` for them looks for this one. */
const dispose: symbol = Symbol.dispose ?? Symbol.for('Symbol.dispose')

const extras: PropertyDescriptorMap = {
  [inspect]: {
    configurable: true,
    writable: true,
    value(this: NdArray) {
      const data = this.data as TypedArray
      return isFreed(data) ? '<freed array>' : formatStrided(toStrided(this))
    },
  },
  [dispose]: {
    configurable: true,
    writable: true,
    value(this: NdArray) {
      const data = this.data as TypedArray
      if (!isFreed(data) && addressOf(data) !== -1) freeData(data)
    },
  },
  // Declared in the types of ndarray 1.1, which does not have it.
  T: {
    configurable: true,
    get(this: NdArray) {
      return this.transpose(...Array.from({ length: this.dimension }, (_, axis) => this.dimension - 1 - axis))
    },
  },
}

/** Gives the objects of a class what lanewise adds, once and unenumerably, and leaves alone what is there. */
function furnish(prototype: object): void {
  for (const key of Reflect.ownKeys(extras))
    if (!(key in prototype))
      Object.defineProperty(prototype, key, extras[key as keyof PropertyDescriptorMap] as PropertyDescriptor)
}
