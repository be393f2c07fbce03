/** `same<A, B>()` compiles where A and B are one type, no more and no less. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export declare function same<A, B>(..._: Same<A, B> extends true ? [] : [A, 'is not', B]): void
