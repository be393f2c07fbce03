export interface Case {
  readonly name: string
  /** The dtypes of the operands: one list a signature. */
  readonly inputs: readonly (readonly string[])[]
  /** The kernel, or with `env` a factory of it. */
  readonly kernel: (...args: never[]) => unknown
  readonly env?: object
}

export const corpus: readonly Case[]
