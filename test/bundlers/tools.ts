/** What happens to a module between its author and its reader, one row a tool: module text in, module text out. */
import babel from '@babel/core'
import swc from '@swc/core'
import { type TransformOptions, transform } from 'esbuild'
import { createInstrumenter } from 'istanbul-lib-instrument'
import { rolldown } from 'rolldown'
import { minify } from 'terser'

export type Tool = (source: string) => Promise<string>

const esbuild =
  (options: TransformOptions): Tool =>
  async (source) =>
    (await transform(source, { format: 'esm', ...options })).code

const swcTool =
  (options: swc.Options): Tool =>
  async (source) =>
    (await swc.transform(source, { configFile: false, swcrc: false, isModule: true, ...options })).code

/** Rolldown, with oxc's minifier: what Vite builds with. */
const rolldownMinified: Tool = async (source) => {
  const name = 'kernels'
  const bundle = await rolldown({
    input: name,
    plugins: [
      {
        name: 'given-text',
        resolveId: (id) => (id === name ? id : { id, external: true }),
        load: (id) => (id === name ? source : null),
      },
    ],
  })
  const { output } = await bundle.generate({ format: 'es', minify: true })
  await bundle.close()
  return output[0].code
}

const terser: Tool = async (source) => {
  const { code } = await minify(source, { module: true, toplevel: true })
  if (code === undefined) throw new Error('terser gave no code')
  return code
}

const babelPreset: Tool = async (source) => {
  const result = await babel.transformAsync(source, {
    babelrc: false,
    configFile: false,
    sourceType: 'module',
    presets: [['@babel/preset-env', { modules: false, targets: 'ie 11' }]],
  })
  if (!result?.code) throw new Error('Babel gave no code')
  return result.code
}

const istanbul: Tool = async (source) =>
  createInstrumenter({ esModules: true, compact: false }).instrumentSync(source, 'kernels.js')

export const tools: Readonly<Record<string, Tool>> = {
  'esbuild keepNames': esbuild({ keepNames: true }),
  'esbuild minify': esbuild({ minify: true }),
  'esbuild minify keepNames': esbuild({ minify: true, keepNames: true }),
  'esbuild es2015': esbuild({ target: 'es2015' }),
  'terser toplevel': terser,
  'swc minify': swcTool({
    jsc: { target: 'es2022', minify: { compress: { toplevel: true }, mangle: { toplevel: true } } },
    minify: true,
  }),
  'swc es5': swcTool({ jsc: { target: 'es5' } }),
  'rolldown minify': rolldownMinified,
  'Babel preset-env': babelPreset,
  istanbul,
}
