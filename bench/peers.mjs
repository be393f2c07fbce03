/**
 * npm run bench:peers: lanewise against JavaScript, NumPy, Numba (with and without SVML) and C, in one run and taking turns (see
 * race.mjs). What cannot be found or installed is left out, and the page says why.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cases } from './cases.mjs'
import { compare, kernels } from './kernels.mjs'
import { nativeTarget } from './native-target.mjs'
import { readOptions } from './options.mjs'
import { buildC } from './peers/c.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race } from './race.mjs'
import { machine, three, writeResults } from './report.mjs'
import { startupCases } from './startup.mjs'
import { targetTable } from './targets.mjs'

const options = readOptions()
const settings = options.quick
  ? { rounds: 7, sampleMs: 1, budgetMs: 500 }
  : { rounds: 21, sampleMs: 3, budgetMs: 4000 }
const folder = fileURLToPath(new URL('.cache/', import.meta.url))
mkdirSync(folder, { recursive: true })

const bytes = ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)

/** The typed arrays in a file that a peer wrote, like those in `want`. */
function readBack(file, want) {
  const { buffer, byteOffset } = readFileSync(file)
  let at = byteOffset
  return want.map((array) => {
    const part = buffer.slice(at, at + array.byteLength)
    at += array.byteLength
    return new array.constructor(part)
  })
}

function pythonPeer(peer, { command, args, env, svml }) {
  const { ask, stop } = startPeer(command, args, env)
  const titles = svml
    ? { numba: 'Numba SVML' }
    : {
        numpy: 'NumPy',
        numba: 'Numba',
        'numpy allocating': 'NumPy, new result',
        'numba allocating': 'Numba, new result',
      }
  return {
    ...peer,
    stop,
    version: () => ask({ do: 'versions' }),
    async contenders(remote, files, file) {
      const { row, allocating } = remote
      const view = ({ data, ...rest }, k) => ({ ...rest, file: files[k] ?? null })
      const names = await ask({
        do: 'load',
        inputs: remote.inputs.map(view),
        outputs: remote.outputs.map((one) => view(one, Infinity)),
        args: Object.keys(row.args),
        outs: row.outs,
        numpy: row.numpy ?? null,
        numba: row.numba ?? null,
        helper: row.numbaHelper ?? null,
      })
      return names
        .filter((who) => who in titles && (allocating || !who.includes('allocating')))
        .map((who) => ({
          name: titles[who],
          save: who.includes('allocating') ? undefined : () => ask({ do: 'save', who, file }),
          time: (times) => ask({ do: 'time', who, times }),
        }))
    },
  }
}

function cPeer(binary) {
  const { ask, stop } = startPeer(binary, [])
  return {
    stop,
    async contenders(remote, _files, file, together) {
      if (!remote.contiguous) return []
      await ask(`load ${kernels.indexOf(remote.row)} ${remote.want[0].length} ${together}`)
      return [{ name: 'C', save: () => ask(`save ${file}`), time: (times) => ask(`time ${times}`) }]
    },
  }
}

const [peers, versions, missing] = [[], [], []]
const python = pythonPeers()
missing.push(...python.missing)
for (const found of python.found) {
  const peer = pythonPeer({}, found)
  const { python: release, numpy, numba, svml } = await peer.version()
  if (found.svml && !svml) {
    missing.push({ peer: 'Numba with SVML', reason: 'the library was installed, but Numba does not use it' })
    peer.stop()
    continue
  }
  peers.push(peer)
  versions.push(
    found.svml
      ? { name: 'Numba SVML', version: `${numba} with SVML` }
      : {
          name: `Python ${release}`,
          version: `NumPy ${numpy}, Numba ${numba} ${svml ? 'with' : 'without'} SVML`,
        },
  )
}
try {
  const { binary, compiler } = buildC(kernels, folder)
  peers.push(cPeer(binary))
  versions.push({ name: 'C', version: compiler })
} catch (error) {
  missing.push({ peer: 'C', reason: error.message.split('\n')[0] })
}

const native = await nativeTarget()
if (native.reason) missing.push({ peer: 'target-c', reason: native.reason })
else
  versions.push({
    name: 'target-c',
    version: `the kernel as lanewise lowers it, in C (\`examples/target-c\`), ${native.compiler}`,
  })

/** Loads a case into every peer, compares their results, and gives them as contenders. */
async function remoteContenders(remote, want) {
  const [file, together] = [join(folder, 'result.bin'), join(folder, 'inputs.bin')]
  const files = remote.inputs.map((_, k) => join(folder, `input-${k}.bin`))
  remote.inputs.forEach(({ data }, k) => writeFileSync(files[k], bytes(data)))
  if (remote.contiguous) writeFileSync(together, Buffer.concat(remote.inputs.map(({ data }) => bytes(data))))
  const contenders = []
  for (const peer of peers) {
    for (const one of await peer.contenders({ ...remote, want }, files, file, together)) {
      if (one.save) {
        await one.save()
        compare(remote.row, one.name, readBack(file, want), want)
      }
      contenders.push(one)
    }
  }
  return contenders
}

const done = []
const list = [
  ...cases({ ...options, native: native.name }),
  ...startupCases(python.found.find(({ svml }) => !svml)).filter(({ name }) => options.filter.test(name)),
]
for (const { section, name, types, n, open } of list) {
  const base = { section, name, types, n }
  try {
    const { contenders, want, remote, lanes, close } = open()
    const others = remote ? await remoteContenders(remote, want) : []
    const times = await race([...contenders, ...others], settings)
    close()
    done.push({ ...base, lanes, times })
    const line = Object.entries(times).map(([who, { median }]) => `${who} ${three(median / n)}`)
    console.log(`${name} ${types} ${n}: ${line.join(', ')}`)
  } catch (error) {
    done.push({ ...base, error: error.message })
    console.log(`${name} ${types} ${n} failed: ${error.message}`)
  }
}
for (const peer of peers) peer.stop()
rmSync(folder, { recursive: true })

const results = {
  title: 'lanewise against its peers',
  machine: machine(),
  date: new Date().toISOString(),
  peers: versions,
  protocol: 'The contenders of a row take turns, each round in another order (`bench/race.mjs`).',
  missing,
  cases: done,
}
console.log(`\n${targetTable(results)}\nwrote ${writeResults('peers', results)}`)

// Kernels of arrays, with the same options.
await import('./gufuncs.mjs')
await import('./literature.mjs')
await import('./methods.mjs')
