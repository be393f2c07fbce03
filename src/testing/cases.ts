/** What cases are made of. */
import { type Code, codes } from '../dtype.ts'
import type { AnyUfunc } from '../vectorize/ufunc.ts'
import { vectorize } from '../vectorize/vectorize.ts'

/** One test: give it to the `test` of uvu, node:test or vitest. */
export interface Case {
  readonly name: string
  /** Rejects with what is wrong. */
  readonly run: () => Promise<void>
}

/** Parts of the suite that a target may leave out, if it refuses that work: forms, kernels of arrays, dtypes of signatures. */
export type Feature = 'masked' | 'at' | 'reduce' | 'accumulate' | 'arrays' | Code

export interface Setup {
  readonly target: string
  /** How many values of its dtype a float may be off. */
  readonly tolerance: number
}

/** A case, and what the target has to have for it. */
export interface Row {
  readonly name: string
  readonly needs: readonly Feature[]
  /** Without what it needs, the target has to refuse the first call. */
  readonly run: (setup: Setup) => Promise<void>
}

/** The features that a signature needs. */
export const dtypesIn = (signature: string): Code[] => codes.filter((code) => signature.includes(code))

/** A function on the target, before TypeScript knows its signature. */
export const on = ({ target }: Setup, signature: string, kernel: string, options: object = {}): AnyUfunc =>
  vectorize([signature], kernel as never, { ...options, target } as never) as unknown as AnyUfunc
