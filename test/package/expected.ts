/** What each of the `use` programs prints. */
export const expectedOutput = '2x3 5 13 17 20.396078054371138 13.892443989449804 17.4928556845359 5 2'
