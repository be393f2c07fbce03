/** Readies binaryen. The other files of this folder make their tables with it, so none may be imported before. */
import binaryen from 'binaryen'

/**
 * In the published files a loader stands in the place of the package (scripts/binaryen/packed.js), and this is its function; the
 * package itself has loaded when its import is done.
 */
export const loadBinaryen = async (): Promise<void> =>
  (binaryen as { readonly load?: () => Promise<void> }).load?.()
