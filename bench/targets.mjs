/** What the project promises about speed, as data, and how a run of the benchmarks did. */
import { ratio, three } from './report.mjs'

const faster = (who, peer) => (one) => ratio(one, who, peer)
const nanoseconds = (who) => (one) => one.times?.[who]?.median
const kernel = (name, types) => (one) => one.section === 'kernels' && one.name === name && one.types === types

const sum = kernel('a + b', 'f8(f8,f8)')
const polynomial = kernel('rational polynomial', 'f8(f8,f8)')
// Rows whose kernels divide, take roots or call functions.
const costly = /^(rational|exp|log$|sin|cos|tanh|pow|atan2|softplus|Black|haversine|Newton|sigmoid|gamma)/

const targets = [
  {
    text: 'resident a + b, at least as fast as np.add',
    where: (one) => sum(one) && one.n >= 4e3,
    value: faster('resident', 'NumPy'),
    least: 1,
  },
  {
    text: 'resident rational polynomial against the NumPy expression',
    where: (one) => polynomial(one) && one.n >= 65e3,
    value: faster('resident', 'NumPy'),
    least: 5,
  },
  {
    text: 'resident rational polynomial against Numba, from 1e6',
    where: (one) => polynomial(one) && one.n >= 1e6,
    value: faster('resident', 'Numba'),
    least: 0.9,
  },
  {
    text: 'plain a + b against the loop, to 65e3',
    where: (one) => sum(one) && one.n <= 65e3,
    value: faster('plain', 'loop'),
    least: 1 / 1.15,
  },
  {
    text: 'plain a + b against the loop, from 1e6',
    where: (one) => sum(one) && one.n >= 1e6,
    value: faster('plain', 'loop'),
    least: 1 / 2,
  },
  {
    text: 'plain, kernels with a division, root or function, against the loop',
    where: (one) => one.section === 'kernels' && costly.test(one.name),
    value: faster('plain', 'loop'),
    least: 1,
  },
  {
    text: 'plain, against ndarray-ops',
    where: (one) => one.section === 'kernels' && one.n <= 1e6,
    value: faster('plain', 'ndarray-ops'),
    least: 1,
  },
  {
    text: 'resident strided and broadcast views against NumPy',
    where: (one) => one.section === 'layouts',
    value: faster('resident', 'NumPy'),
    least: 1,
  },
  {
    text: 'call on 10 elements, resident, with out, ns',
    where: (one) => one.name === 'a + b on 10 elements',
    value: nanoseconds('resident'),
    most: 250,
  },
  {
    text: 'call on 10 elements, plain, with out, ns',
    where: (one) => one.name === 'a + b on 10 elements',
    value: nanoseconds('plain'),
    most: 400,
  },
  {
    text: 'call on 10 elements, resident, new result, ns',
    where: (one) => one.name === 'a + b on 10 elements',
    value: nanoseconds('resident, new result'),
    most: 900,
  },
  {
    text: 'call on 10 elements, plain, new result, ns',
    where: (one) => one.name === 'a + b on 10 elements',
    value: nanoseconds('plain, new result'),
    most: 900,
  },
  {
    text: "import 'lanewise', ms",
    where: (one) => one.name === 'import',
    value: (one) => nanoseconds("import 'lanewise'")(one) / 1e6,
    most: 40,
  },
  {
    text: 'whole process to the first result, against Python with Numba',
    where: (one) => one.name === 'whole process',
    value: faster('node, lanewise, first result', 'python, import numba, first result of @vectorize'),
    least: 1,
  },
]

function judge({ text, where, value, least, most }, cases) {
  const rated = cases.filter((one) => where(one) && (one.error || value(one) !== undefined))
  const limit = least === undefined ? `at most ${three(most)}` : `at least ${three(least)}`
  if (rated.length === 0) return [text, limit, '', 'not measured']
  const misses = rated.filter(
    (one) => one.error || !(least === undefined ? value(one) <= most : value(one) >= least),
  )
  const show = (one) => `${one.error ? 'failed' : three(value(one))} (${one.name} ${one.types}, ${one.n})`
  const all = rated.filter((one) => !one.error)
  const edge = all.length > 0 && all.reduce((a, b) => ((least === undefined) === value(b) > value(a) ? b : a))
  return [
    text,
    limit,
    misses.length > 0 ? misses.map(show).join('; ') : show(edge),
    misses.length > 0 ? `**${misses.length} of ${rated.length} miss**` : `all ${rated.length}`,
  ]
}

/** A Markdown table: each promise, its limit, the misses or else the narrowest pass. */
export function targetTable({ cases }) {
  const rows = targets.map((target) => judge(target, cases))
  const head = ['promise', 'limit', 'misses, or the narrowest pass', 'kept']
  return [head, head.map(() => ':--'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
