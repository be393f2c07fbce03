/** Where an inner loop's parameters stand: `(context, n, pointer, byte step, …)`. */
export const contextParam = 0
export const countParam = 1
export const pointerParam = (operand: number) => 2 + 2 * operand
export const stepParam = (operand: number) => 3 + 2 * operand
