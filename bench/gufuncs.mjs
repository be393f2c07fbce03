/**
 * node bench/gufuncs.mjs: kernels of arrays against Numba's guvectorize, NumPy and C -O3 -march=native, results compared first,
 * taking turns (race.mjs); and with bounds checks against without. `npm run bench:peers` runs it too.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ndarray from 'ndarray'
import { free, guvectorize, ready, resident, zeros } from '../dist/index.js'
import { arrayKernels } from './kernels/arrays.mjs'
import { generator } from './kernels/inputs.mjs'
import { compare } from './kernels.mjs'
import { readOptions } from './options.mjs'
import { startPeer } from './peers/child.mjs'
import { pythonPeers } from './peers/python.mjs'
import { race, timed, warmed } from './race.mjs'
import { machine, three, writePage } from './report.mjs'

const options = readOptions()
const settings = options.quick
  ? { rounds: 7, sampleMs: 2, budgetMs: 1000 }
  : { rounds: 15, sampleMs: 10, budgetMs: 4000 }
const folder = fileURLToPath(new URL('.cache/gufuncs/', import.meta.url))
mkdirSync(folder, { recursive: true })
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1)
const classes = { f4: Float32Array, f8: Float64Array }
const rows = arrayKernels.filter(({ name, types }) => options.filter.test(`${name} ${types}`))

/** The C texts as one program that speaks the peers' protocol; null where there is no compiler. */
function cPeer() {
  const own = rows.filter(({ c }) => c)
  if (own.length === 0) return null
  const loops = own.map(({ c, code, shapes }, k) => {
    const names = shapes.length === 2 ? ['a', 'out'] : ['a', 'b', 'out']
    const parameters = names.map((name) => `${name === 'out' ? '' : 'const '}T *restrict ${name}`)
    const passed = names.map((_, i) => `data[${i}]`)
    return `#define T ${code === 'f4' ? 'float' : 'double'}
static __attribute__((noinline)) void kernel${k}(${parameters.join(', ')}, const long *s) { ${c} }
static void loop${k}(void) { static const long s[] = {${shapes.flat()}}; kernel${k}(${passed.join(', ')}, s); }
#undef T`
  })
  const table = own.map(({ code, shapes }, k) => {
    const bytes = shapes.map((shape) => sizeOf(shape) * classes[code].BYTES_PER_ELEMENT)
    return `{loop${k}, ${shapes.length}, {${bytes}}}`
  })
  const source = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
static void *data[3];
${loops.join('\n')}
struct { void (*loop)(void); int arrays; size_t bytes[3]; } rows[] = {${table.join(',')}, {0, 0, {0}}};
int main(void) {
  char verb[16], path[4096]; long row = 0, k;
  while (scanf("%15s", verb) == 1) {
    if (!strcmp(verb, "load")) {
      if (scanf("%ld %4095s", &row, path) != 2) return 1;
      FILE *file = fopen(path, "rb");
      for (int a = 0; a < rows[row].arrays; a++) {
        free(data[a]); data[a] = aligned_alloc(64, (rows[row].bytes[a] + 63) / 64 * 64); memset(data[a], 0, rows[row].bytes[a]);
        if (a + 1 < rows[row].arrays && fread(data[a], 1, rows[row].bytes[a], file) != rows[row].bytes[a]) return 1;
      }
      fclose(file); puts("null");
    } else if (!strcmp(verb, "time")) {
      if (scanf("%ld", &k) != 1) return 1;
      struct timespec s, e; clock_gettime(CLOCK_MONOTONIC, &s);
      for (long i = 0; i < k; i++) rows[row].loop();
      clock_gettime(CLOCK_MONOTONIC, &e);
      printf("%lld\\n", (e.tv_sec - s.tv_sec) * 1000000000LL + e.tv_nsec - s.tv_nsec);
    } else if (!strcmp(verb, "save")) {
      if (scanf("%4095s", path) != 1) return 1;
      rows[row].loop(); int last = rows[row].arrays - 1;
      FILE *file = fopen(path, "wb"); fwrite(data[last], 1, rows[row].bytes[last], file); fclose(file); puts("null");
    }
    fflush(stdout);
  }
}
`
  const [file, binary] = [join(folder, 'gufuncs.c'), join(folder, 'gufuncs')]
  writeFileSync(file, source)
  try {
    execFileSync('cc', ['-std=gnu11', '-O3', '-march=native', file, '-o', binary], { stdio: 'pipe' })
  } catch (error) {
    console.log(`C is left out: ${error.message.split('\n')[0]}`)
    return null
  }
  return { own, ...startPeer(binary, []) }
}

const { found, missing } = pythonPeers()
const python = found.find(({ svml }) => !svml)
for (const { peer, reason } of missing) console.log(`${peer} is left out: ${reason}`)
const script = fileURLToPath(new URL('peers/gufuncs.py', import.meta.url))
const snake = python ? startPeer(python.command, [script]) : null
const c = cPeer()
await ready()

const readBack = (file, type) => {
  const { buffer, byteOffset, byteLength } = readFileSync(file)
  return [new type(buffer.slice(byteOffset, byteOffset + byteLength))]
}

async function peersOf(row, inputs, want) {
  const { code, shapes, layout, numbaLayout = layout, numba, numpy = null } = row
  const type = classes[code]
  const files = inputs.map((data, k) => {
    const file = join(folder, `input-${k}.bin`)
    writeFileSync(file, new Uint8Array(data.buffer))
    return file
  })
  const result = join(folder, 'result.bin')
  const list = []
  if (snake) {
    const dtype = code === 'f4' ? 'float32' : 'float64'
    const names = await snake.ask({ do: 'load', dtype, shapes, files, layout: numbaLayout, numba, numpy })
    for (const who of names)
      list.push({
        name: who,
        save: () => snake.ask({ do: 'save', who, file: result }),
        time: (times) => snake.ask({ do: 'time', who, times }),
      })
  }
  if (c?.own.includes(row)) {
    const together = join(folder, 'inputs.bin')
    writeFileSync(together, Buffer.concat(inputs.map((data) => new Uint8Array(data.buffer))))
    await c.ask(`load ${c.own.indexOf(row)} ${together}`)
    list.push({ name: 'C', save: () => c.ask(`save ${result}`), time: (times) => c.ask(`time ${times}`) })
  }
  for (const one of list) {
    await one.save()
    compare(row, one.name, readBack(result, type), [want])
  }
  return list
}

console.log(machine())
const ratios = []
const lines = []
const random = generator(1)
for (const row of rows) {
  const { name, code, shapes, layout, kernel } = row
  const inputs = shapes.slice(0, -1).map((shape) => new classes[code](sizeOf(shape)).map(() => random()))
  const views = inputs.map((data, k) => resident(ndarray(data, shapes[k])))
  const out = zeros(shapes.at(-1), code)
  const [checked, unchecked] = [true, false].map((boundscheck) =>
    guvectorize(layout, kernel, { boundscheck }),
  )
  checked(...views, out)
  const want = out.data.slice(out.offset, out.offset + out.size)
  unchecked(...views, out)
  // Indices that are inside whatever the call need no check: then there is nothing to compare.
  const same = checked.inspect('wat') === unchecked.inspect('wat')
  const peers = await peersOf(row, inputs, want)
  for (const one of same ? [checked] : [checked, unchecked])
    await warmed(
      timed(() => one(...views, out)),
      1000,
    )
  const times = await race(
    [
      { name: 'lanewise', time: timed(() => checked(...views, out)) },
      ...(same ? [] : [{ name: 'unchecked', time: timed(() => unchecked(...views, out)) }]),
      ...peers,
    ],
    settings,
  )
  ratios.push(same ? 1 : times.lanewise.median / times.unchecked.median)
  const against = Object.entries(times)
    .filter(([who]) => who !== 'lanewise')
    .map(([who, { median }]) => `${three(median / times.lanewise.median)} times as fast as ${who}`)
  console.log(`${name} ${code}: ${three(times.lanewise.median / 1e3)} us, ${against.join(', ')}`)
  const cells = ['NumPy', 'Numba', 'C', 'unchecked'].map((who) =>
    times[who] ? three(times[who].median / times.lanewise.median) : who === 'unchecked' ? 'same code' : '',
  )
  lines.push([`${name} \`${code}\``, three(times.lanewise.median / 1e3), ...cells])
  for (const view of [...views, out]) free(view)
}
const mean = Math.exp(ratios.reduce((sum, x) => sum + Math.log(x), 0) / ratios.length)
const bounds = `bounds checks cost ${three(100 * (mean - 1))} % in the geometric mean of ${ratios.length} rows; ${ratios.filter((x) => x === 1).length} have the same code with and without`
if (ratios.length > 0) console.log(bounds)
if (lines.length === arrayKernels.length && !options.quick) {
  const head = ['', 'us', 'vs NumPy', 'vs Numba', 'vs C', 'vs unchecked']
  console.log(`wrote ${writePage('gufuncs', machine(), head, lines, bounds)}`)
}
snake?.stop()
c?.stop()
rmSync(folder, { recursive: true })
