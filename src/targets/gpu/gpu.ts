/**
 * The gpu target: WGSL on WebGPU. Its calls return promises. This file is what is there from the start; what runs loops is loaded when
 * it is first needed.
 */
import { clear } from '../../broadcast/copy.ts'
import { allocatePlain } from '../memory/resident.ts'
import { makeResult } from '../memory/results.ts'
import { type RunCore, type TargetOf, targetVersion } from '../target.ts'
import type { GpuArray } from './array.ts'
import type { GpuInfo } from './info.ts'

type Engine = typeof import('./loaded.ts')

let engine: Engine | null = null

async function load(): Promise<Engine> {
  engine ??= await import('./loaded.ts')
  return engine
}

/** Another device than one of our own, null for that; and what is to be told of it once that can be. */
let given: object | null = null
function useDevice(device: object | null): void {
  given = device
  engine?.setDevice(device as GPUDevice | null)
}

const refusedFloat =
  "float64 has no counterpart in WGSL: list a float32 signature ('f4(f4,f4)'), take precision: 'float-float', pass dtype: 'f4' with casting: 'unsafe', or run it on 'cpu' or 'parallel'"

export const gpu: TargetOf<'wgsl'> = {
  version: targetVersion,
  name: 'gpu',
  consumes: 'wgsl',
  kind: 'async',
  async find() {
    const loaded = engine ?? (await load())
    if (given) loaded.setDevice(given as GPUDevice)
    await loaded.findGpu()
  },
  unavailable: () => engine?.reasonAgainst() ?? null,
  refuses({ overload }) {
    if (overload.sizing?.loops)
      return 'the sizes of arrays that it makes are computed by a loop: make them on the host, and give them as outputs'
    const { floatFloat } = overload
    if (floatFloat && floatFloat.lacks !== null)
      return `with precision: 'float-float' float64 has + - * /, Math.sqrt, comparisons and rounding, and not ${floatFloat.lacks}: use float32 for that, or run it on 'cpu' or 'parallel'`
    const takesFloat64 = [...overload.inputs, ...overload.outputs].includes('f8')
    return takesFloat64 && !floatFloat ? refusedFloat : null
  },
  load(loop, tables) {
    if (loop.form === 'fold' || loop.form === 'masked fold') {
      const fold = load().then(({ makeFold }) => makeFold(loop, tables))
      return {
        reduce: async (job, report) => (await fold)(job, false, report),
        accumulate: async (job, report) => (await fold)(job, true, report),
      }
    }
    if (loop.core) {
      const cores = load().then(({ makeCores }) => makeCores(loop, tables))
      const runCore: RunCore = async (operands, call, report) => (await cores)(operands, call, report)
      return { runCore }
    }
    const run = load().then(({ makeAt, makeRun }) =>
      (loop.form === 'indexed' ? makeAt : makeRun)(loop, tables),
    )
    return { run: async (operands, plan, report) => (await run)(operands, plan, report) }
  },
  memory: {
    allocate: (code, length, beside) => (engine?.allocate ?? allocatePlain)(code, length, beside),
    free: (data) => engine?.free(data),
    clear: (made) => (engine?.clear ?? clear)(made),
    makeResult: (code, data, shape, stride, offset) =>
      (engine?.makeGpuArray ?? makeResult)(code, data, shape, stride, offset),
    moves: {
      there: async (x) => (await load()).moves.there(x),
      home: async (x) => (await load()).moves.home(x),
    },
  },
  settings: {
    device: (value) =>
      value === null || (typeof value === 'object' && 'queue' in value && 'createComputePipeline' in value)
        ? () => useDevice(value)
        : 'a GPUDevice or null',
  },
}

/** What `configure` takes for it. */
export interface GpuSettings {
  /** A GPUDevice for the target `gpu` to use; null: one of its own. What lives on the device before stays there. */
  device?: object | null
}

/** The arrays that live there. */
export interface GpuArrays {
  gpu: GpuArray
}

/**
 * A copy of an array on the gpu, of its shape and dtype; a GpuArray stays what it is. Functions on the target `gpu` compute with it
 * where it is, and their results stay there until `await x.read()`.
 * @throws TargetError when there is no gpu, and what is thrown for a malformed operand
 */
export async function toGpu(x: unknown): Promise<GpuArray> {
  return (await load()).toGpu(x)
}

/** The adapter that the target `gpu` uses, its limits and features; or the reason why there is none. Never rejects. */
export async function gpuInfo(): Promise<GpuInfo> {
  return (await load()).gpuInfo()
}
