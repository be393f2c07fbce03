/** What to do instead: hints for syntax that kernels do not have, and for names that people bring from elsewhere. */

/** Syntax outside the kernel language, by ESTree type: what it is, and what to do. */
export const unsupported: Readonly<Record<string, readonly [what: string, hint: string]>> = {
  ThisExpression: ['`this`', 'Pass values as arguments, or capture them with env.'],
  Super: ['`super`', 'A kernel is a plain function.'],
  ObjectExpression: ['an object', 'Return several results as a tuple: return [q, r].'],
  NewExpression: [
    '`new`',
    'A kernel can make arrays: zeros(n), emptyLike(a), new Float64Array(n), new Float64Array([x, y]); nothing else.',
  ],
  RegExp: ['a regular expression', 'Kernels compute with numbers.'],
  TemplateLiteral: ['a string', 'Kernels compute with numbers.'],
  TaggedTemplateExpression: ['a string', 'Kernels compute with numbers.'],
  ClassExpression: ['a class', 'Kernels compute with numbers.'],
  ClassDeclaration: ['a class', 'Kernels compute with numbers.'],
  YieldExpression: ['`yield`', 'A kernel computes one element and returns it.'],
  AwaitExpression: ['`await`', 'A kernel computes one element at once; await outside of it.'],
  ImportExpression: ['`import()`', 'Capture the function with env.'],
  MetaProperty: ['a meta property', 'Pass values as arguments, or capture them with env.'],
  TryStatement: ['`try`', 'Nothing in a kernel throws; test for the case with if.'],
  ThrowStatement: ['`throw`', 'Return NaN for an element that has no value, and test the result.'],
  ForInStatement: ['`for … in`', 'Count: for (let i = 0; i < n; i++).'],
  WithStatement: ['`with`', 'Name the values one by one.'],
  typeof: ['`typeof`', 'Types are known: they are those of the signature.'],
  delete: ['`delete`', 'Kernels compute with numbers.'],
  in: ['`in`', 'Kernels compute with numbers.'],
  instanceof: ['`instanceof`', 'Kernels compute with numbers.'],
}

const numpy = 'NumPy is not here: use Math.sqrt for np.sqrt, ** for np.power, and so on.'
const count = 'Count: for (let i = 0; i < n; i++).'

/** Free names that are no oversight about `env`, but a habit from Python, Numba or the browser. */
const habits: Readonly<Record<string, string>> = {
  np: numpy,
  numpy,
  math: 'The functions of Python’s math are in Math: Math.sqrt, Math.sin …',
  range: count,
  nb: 'Numba is not here: a kernel is a plain function.',
  cuda: "A kernel computes one element and needs no thread index; to run it on the gpu, set target: 'gpu'.",
  len: 'Use .length.',
  abs: 'Use Math.abs.',
  min: 'Use Math.min.',
  max: 'Use Math.max.',
  pow: 'Use ** or Math.pow.',
  round: 'Use Math.round (which rounds halves up).',
  int: 'Use Math.trunc.',
  float: 'Use Number.',
  True: 'Use true.',
  False: 'Use false.',
  None: 'A kernel has to return a number.',
  print: 'Kernels cannot print: return the value, or set target: "js" and use a debugger.',
  console: 'Kernels cannot print: return the value, or set target: "js" and use a debugger.',
  performance: 'Measure outside of the kernel.',
  Date: 'Take the time outside of the kernel and pass it as an argument.',
  parseInt: 'Use Math.trunc.',
  parseFloat: 'Use Number.',
  onesLike: 'Write ones(a.shape).',
  fullLike: 'Write full(a.shape, value).',
  arange: 'Make an array with empty(n), and fill it in a loop.',
  linspace: 'Make an array with empty(n), and fill it in a loop.',
  array: 'A kernel can make arrays: new Float64Array([x, y]), zeros(n).',
  Array:
    'A kernel can make arrays: zeros(n), new Float64Array(n); or capture a typed array as a table with env.',
}
export const habitHint = (name: string): string | undefined =>
  Object.hasOwn(habits, name) ? habits[name] : undefined

const properties: Readonly<Record<string, string>> = {
  'Math.power': 'Use ** or Math.pow.',
  'Math.maximum': 'Use Math.max.',
  'Math.minimum': 'Use Math.min.',
  'Math.absolute': 'Use Math.abs.',
  'Math.arctan2': 'Use Math.atan2.',
  'Math.pi': 'Use Math.PI.',
  'Math.e': 'Use Math.E.',
  'Math.mod': 'Use %, which has the sign of the dividend.',
  'Math.exp2': 'Use 2 ** x.',
  'Math.square': 'Use x * x.',
  'Math.clamp': 'Use Math.min(Math.max(x, low), high).',
}
/** Whether one name becomes the other by one change. */
function isClose(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true
  if (Math.abs(a.length - b.length) > 1) return false
  let k = 0
  while (k < a.length && a[k] === b[k]) k++
  const [restA, restB] = [a.slice(k), b.slice(k)]
  return restA.slice(1) === restB.slice(1) || restA.slice(1) === restB || restA === restB.slice(1)
}

/** For a property that `owner` does not have. */
export function propertyHint(name: string, owner: object, key: string): string {
  const full = `${name}.${key}`
  const known = Object.hasOwn(properties, full) ? properties[full] : undefined
  const close = Object.getOwnPropertyNames(owner).find((other) => isClose(other, key))
  return (
    known ?? (close ? `Did you mean ${name}.${close}?` : `${name} has what JavaScript defines, nothing else.`)
  )
}
