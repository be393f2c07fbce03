/** The C peer: the `c` text of every row, compiled with `cc -O3 -march=native` into one program that speaks the peers' protocol. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes } from '../kernels.mjs'

const types = {
  b1: 'uint8_t',
  u1: 'uint8_t',
  u4: 'uint32_t',
  i4: 'int32_t',
  i8: 'int64_t',
  f4: 'float',
  f8: 'double',
}

function loopOf(row, index) {
  const { inputs, results } = codes(row)
  const names = Object.keys(row.args)
  const parameters = [
    ...names.map((name, k) => `const ${types[inputs[k]]} *restrict ${name} = array[${k}];`),
    ...row.outs.map((name, k) => `${types[results[k]]} *restrict ${name} = array[${names.length + k}];`),
  ]
  return `${row.cHelper ?? ''}
// ${row.name} ${row.types}
static void loop${index}(long n, void **array) {
  ${parameters.join('\n  ')}
  for (long i = 0; i < n; i++) {
        ${row.c}
  }
}`
}

const sizes = (row) => {
  const { inputs, results } = codes(row)
  return [...inputs, ...results].map((code) => `sizeof(${types[code]})`)
}

// Commands are lines: "load ROW N FILE", "time K", "save FILE"; every answer is one line of JSON.
const main = `
typedef void (*Loop)(long, void **);
int main(void) {
  char verb[16], path[4096];
  void *array[8] = {0};
  long row = 0, n = 0, k = 0;
  while (scanf("%15s", verb) == 1) {
    if (!strcmp(verb, "load")) {
      if (scanf("%ld %ld %4095s", &row, &n, path) != 3) return 1;
      FILE *file = fopen(path, "rb");
      for (int a = 0; a < 8; a++) free(array[a]), array[a] = 0;
      for (int a = 0; a < rows[row].arrays; a++) {
        size_t bytes = n * rows[row].size[a];
        array[a] = aligned_alloc(64, (bytes + 127) / 64 * 64);
        memset(array[a], 0, bytes);
        if (a < rows[row].inputs && fread(array[a], 1, bytes, file) != bytes) return 1;
      }
      fclose(file);
      puts("null");
    } else if (!strcmp(verb, "time")) {
      if (scanf("%ld", &k) != 1) return 1;
      struct timespec start, end;
      clock_gettime(CLOCK_MONOTONIC, &start);
      for (long i = 0; i < k; i++) rows[row].loop(n, array);
      clock_gettime(CLOCK_MONOTONIC, &end);
      printf("%lld\\n", (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec);
    } else if (!strcmp(verb, "save")) {
      if (scanf("%4095s", path) != 1) return 1;
      rows[row].loop(n, array);
      FILE *file = fopen(path, "wb");
      for (int a = rows[row].inputs; a < rows[row].arrays; a++) fwrite(array[a], rows[row].size[a], n, file);
      fclose(file);
      puts("null");
    }
    fflush(stdout);
  }
  return 0;
}
`

/** Writes and compiles the program. Returns the path of the binary and the compiler's name. */
export function buildC(rows, folder) {
  const table = rows.map((row, index) => {
    const width = sizes(row)
    return `  {loop${index}, ${Object.keys(row.args).length}, ${width.length}, {${width.join(', ')}}},`
  })
  const source = [
    ...['math.h', 'stdint.h', 'stdio.h', 'stdlib.h', 'string.h', 'time.h'].map(
      (name) => `#include <${name}>`,
    ),
    ...rows.map(loopOf),
    'struct { void (*loop)(long, void **); int inputs, arrays; size_t size[8]; } rows[] = {',
    ...table,
    '};',
    main,
  ].join('\n')
  const [file, binary] = [join(folder, 'peers.c'), join(folder, 'peers')]
  writeFileSync(file, source)
  execFileSync('cc', ['-std=gnu11', '-O3', '-march=native', file, '-o', binary, '-lm'], { stdio: 'pipe' })
  const compiler = execFileSync('cc', ['--version'], { encoding: 'utf8' }).split('\n')[0]
  return { binary, compiler: `${compiler}, -O3 -march=native` }
}
