/** Finds or makes the Python environments: the newest Numba, and the last one on PyPI that can use SVML. */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const script = fileURLToPath(new URL('peers.py', import.meta.url))
const folder = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url))

// The wheels of llvmlite 0.46 and later are built without SVML, so the second environment holds an older Numba on purpose.
const environments = [
  { folder: folder('.venv'), packages: ['numpy', 'numba'], svml: false },
  { folder: folder('.venv-svml'), packages: ['numba==0.61.2', 'intel-cmplr-lib-rt'], svml: true },
]

const firstLine = (error) =>
  String(error.stderr || error.message)
    .trim()
    .split('\n')
    .at(-1)

function makeEnvironment({ folder, packages }) {
  const python = `${folder}/bin/python`
  const works = () => execFileSync(python, ['-c', 'import numpy, numba'], { stdio: 'pipe' })
  if (existsSync(python)) {
    works()
    return python
  }
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'pipe' })
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: 'pipe' })
  works()
  return python
}

/** The Python peers that can run here: { svml, command, args, env }; and what is missing, with the reason. */
export function pythonPeers() {
  const found = []
  const missing = []
  for (const environment of environments) {
    try {
      const command = makeEnvironment(environment)
      const env = environment.svml ? { LD_LIBRARY_PATH: `${environment.folder}/lib` } : {}
      found.push({ svml: environment.svml, command, args: [script], env })
    } catch (error) {
      missing.push({
        peer: environment.svml ? 'Numba with SVML' : 'NumPy and Numba',
        reason: firstLine(error),
      })
    }
  }
  return { found, missing }
}
