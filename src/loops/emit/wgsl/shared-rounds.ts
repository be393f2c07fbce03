/** A loop whose rounds the invocations of a workgroup share: invocation `lane` takes every so manieth of them, beginning with its own. */
import type { Code } from '../../../dtype.ts'
import { groupSize, wgslType } from '../../../wgsl-words.ts'
import { isInt } from '../../kernel/evaluate.ts'
import { constant, type Join, local, op, type Stmt, set } from '../../kernel/ir.ts'
import { emitCast, emitConstant } from './casts.ts'
import type { Names } from './names.ts'
import { emitOp } from './ops.ts'
import type { SharedLoop } from './shared.ts'

type Loop = Extract<Stmt, { kind: 'loop' }>

/** What changes no sum; minima and the like may take what is there twice. */
const neutral: Readonly<Partial<Record<Join, number>>> = { add: 0, mul: 1, xor: 0 }

const start = (type: Code, join: Join): number | bigint | null => {
  const value = neutral[join]
  if (value === undefined) return null
  // -0 + x is x for every x, also for -0.
  return isInt(type) ? BigInt(value) : join === 'add' ? -0 : value
}

/** The sums that invocations of a workgroup show each other. */
export const partsOf = (id: number, type: Code): string =>
  `var<workgroup> parts_${id}: array<${wgslType(type)}, ${groupSize}>;`

/** What one invocation says, and all have found: WGSL then knows that they go the same way. */
export const agreement = `var<workgroup> said: u32;
fn agreed(x: bool) -> bool {
  if (lane == 0u) { said = select(0u, 1u, x); }
  return workgroupUniformLoad(&said) != 0u;
}`

/** `rounds` emits the loop for one invocation. */
export function sharedRounds(
  s: Loop,
  { counter, sums, waits }: SharedLoop,
  names: Names,
  rounds: (loop: Loop) => readonly string[],
): string[] {
  const { classes } = names
  const type = names.typeOf(counter)
  const own = names.local(counter)
  const next = set(counter, op('add', [local(type, counter), constant(type, BigInt(groupSize))]))
  const together = (code: Code, join: Join, a: string, b: string): string => {
    const text = emitOp(join, code, a, b, classes)
    if (text === null) throw new TypeError(`${join} of ${code} has no WGSL`)
    return text
  }
  const wait = waits ? ['storageBarrier();'] : []
  const begin = sums.flatMap(({ local: id, join }) => {
    const value = start(names.typeOf(id), join)
    const name = names.local(id)
    return [
      `let before_${id} = ${name};`,
      ...(value === null ? [] : [`${name} = ${emitConstant(names.typeOf(id), value, classes)};`]),
    ]
  })
  const end = sums.flatMap(({ local: id, join }) => {
    const name = names.local(id)
    return [
      `parts_${id}[lane] = ${name};`,
      'workgroupBarrier();',
      `${name} = before_${id};`,
      `for (var k = 0u; k < ${groupSize}u; k++) { ${name} = ${together(names.typeOf(id), join, name, `parts_${id}[k]`)}; }`,
      'workgroupBarrier();',
    ]
  })
  return [
    ...wait,
    '{',
    ...[
      ...begin,
      `${own} = ${together(type, 'add', own, emitCast('u4', type, 'lane', classes))};`,
      ...rounds({ ...s, update: [next] }),
      ...end,
    ].map((line) => `  ${line}`),
    '}',
    ...wait,
  ]
}
