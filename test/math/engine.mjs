/**
 * Runs compiled loops and gives their results: by itself in a Node of any version, cases on stdin and results on stdout, or imported by a
 * page. Columns are f8, in base64, so that every bit arrives. A module that the engine does not take has no results.
 */

const page = 65536
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0))

function textOf(bytes) {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

const arrays = { f4: Float32Array, f8: Float64Array }

async function runCase({ code, type, columns }) {
  const module = bytesOf(code)
  if (!WebAssembly.validate(module)) return null
  const inputs = columns.map((text) => new Float64Array(bytesOf(text).buffer))
  const [{ length }] = inputs
  const room = 16 + 8 * length
  const memory = new WebAssembly.Memory({
    initial: Math.ceil((4096 + room * (columns.length + 1)) / page),
    maximum: 65536,
  })
  const { instance } = await WebAssembly.instantiate(module, { env: { memory } })
  const place = (k) => 4096 + room * k - ((room * k) % 16)
  const views = [...inputs, null].map((_, k) => new arrays[type](memory.buffer, place(k), length))
  inputs.forEach((values, k) => views[k].set(values))
  const size = arrays[type].BYTES_PER_ELEMENT
  instance.exports.vector(1024, length, ...views.flatMap((_, k) => [place(k), size]))
  return textOf(new Uint8Array(Float64Array.from(views.at(-1)).buffer))
}

export async function runCases(cases) {
  const results = []
  for (const one of cases) results.push(await runCase(one))
  return results
}

if (globalThis.process?.argv[2] === 'stdin') {
  const chunks = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  const results = await runCases(JSON.parse(Buffer.concat(chunks).toString()))
  process.stdout.write(JSON.stringify(results))
}
