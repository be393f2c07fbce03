/** A worker of the pool in which every third call of an inner loop is an exception. */
const { Instance } = WebAssembly
let calls = 0
const failingInstance = (...args) => {
  const { exports } = new Instance(...args)
  const failing =
    (f) =>
    (...values) => {
      if (++calls % 3 === 0) throw new RangeError('no more room')
      return f(...values)
    }
  return { exports: Object.fromEntries(Object.entries(exports).map(([name, f]) => [name, failing(f)])) }
}
WebAssembly.Instance = class {
  constructor(...args) {
    // As where there is no memory for a loop.
    if (process.env.LANEWISE_TEST_UNABLE) throw new RangeError('no room for another instance')
    Object.assign(this, failingInstance(...args))
  }
}
await import('../../dist/parallel-worker.js')
