/** What a program pays before its first result: the import alone, and whole processes from start to end. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))
const node = (...args) => execFileSync(process.execPath, args, { encoding: 'utf8' })

const entry = JSON.stringify(new URL('../dist/index.js', import.meta.url).href)
const importing = `const start = performance.now(); await import(${entry}); console.log(performance.now() - start)`

/** Runs k times what gives its own milliseconds, or whose whole time counts; in nanoseconds. */
const repeat = (once) => (times) => {
  let spent = 0
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    spent += once() ?? performance.now() - start
  }
  return spent * 1e6
}

function whole(command, args) {
  execFileSync(command, args, { stdio: 'pipe' })
}

/** The cases of this section; `python` is the environment to compare with, where there is one. */
export function startupCases(python) {
  const processes = [
    { name: 'node, nothing', time: repeat(() => whole(process.execPath, ['-e', '0'])) },
    { name: 'node, lanewise, first result', time: repeat(() => whole(process.execPath, [path('cold.mjs')])) },
  ]
  if (python) {
    processes.push({
      name: 'python, import numba, first result of @vectorize',
      time: repeat(() => whole(python.command, [path('peers/cold.py')])),
    })
  }
  const imports = [
    {
      name: "import 'lanewise'",
      time: repeat(() => Number(node('--input-type=module', '-e', importing))),
    },
  ]
  const one = (name, contenders) => ({
    section: 'startup',
    name,
    types: '',
    n: 1,
    open: () => ({ contenders, close() {} }),
  })
  return [one('import', imports), one('whole process', processes)]
}
