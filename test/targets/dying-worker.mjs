/** A worker of the pool that ends by `process.exit` at its nth store to shared memory: in mid-call, with a range claimed, or between. */
let left = Number(process.env.LANEWISE_TEST_STORES)
const { store } = Atomics
Atomics.store = (array, at, value) => {
  const stored = store(array, at, value)
  if (--left === 0) process.exit(1)
  return stored
}
await import('../../dist/parallel-worker.js')
