type Target = 'cpu' | 'parallel' | 'js'
interface Callable {
  (...operands: unknown[]): { data: ArrayLike<number> }
  async(...operands: unknown[]): Promise<{ data: ArrayLike<number> }>
}
export function hashOf(data: ArrayBufferView): string
export function hashes(
  lanewise: object,
  target: Target,
  call?: (f: Callable, operands: readonly unknown[]) => unknown,
): Promise<Record<string, string>>
