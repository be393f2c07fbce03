/** What each of the `use` programs prints. */
export const expectedOutput = '2x3 5 13 17 20.396078054371138 13.892443989449804 17.4928556845359 5 2'

/** What the `ufuncs` program prints: NumPy's answers. */
export const expectedUfuncs =
  '3 -4 -4, 1 1 -1, 3.5 -3.5 -3.5, 0 1 0, 343 -343 343, 2 0 1, 9 16 16, 2 1024, 0.75 6 1024 3x3'
