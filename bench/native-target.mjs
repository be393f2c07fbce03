/** The target of examples/target-c, registered: kernels as lanewise lowers them, in C. */
import { execFileSync } from 'node:child_process'
import { register } from 'tsx/esm/api'
import { registerTarget } from '../dist/index.js'

/** Its name and its compiler, or the reason why it is not there. */
export async function nativeTarget() {
  const unregister = register()
  try {
    const { c } = await import('../examples/target-c/c.ts')
    const reason = c.unavailable()
    if (reason !== null) return { reason }
    registerTarget(c)
    const [compiler] = execFileSync(process.env.CC ?? 'cc', ['--version'], { encoding: 'utf8' }).split('\n')
    return { name: c.name, compiler: `${compiler}, -O3 -march=native` }
  } catch (error) {
    // Without koffi its module cannot be loaded.
    return { reason: error.message.split('\n')[0] }
  } finally {
    await unregister()
  }
}
