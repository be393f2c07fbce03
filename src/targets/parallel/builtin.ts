/** A module of Node (Deno and Bun have them too); undefined in a browser. */
export const builtin = <M>(name: string): M | undefined =>
  typeof process === 'undefined' ? undefined : (process.getBuiltinModule?.(name) as M | undefined)
