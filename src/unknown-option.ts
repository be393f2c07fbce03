/** The error for an option that does not exist, the same wherever options are taken. */
import { OptionError } from './errors.ts'

/**
 * Why a name is unknown, with the nearest known one.
 * @throws OptionError always
 */
export function unknownOption(
  where: string,
  option: string,
  known: readonly string[],
  hints: Readonly<Record<string, string>> = {},
): never {
  const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')
  const near = known.find((name) => plain(name) === plain(option))
  const hint = Object.hasOwn(hints, option) ? hints[option] : near && `did you mean '${near}'?`
  throw new OptionError(
    `${where} got an unknown option '${option}'${hint ? ` (${hint})` : ''}; known options: ${known.join(', ')}`,
    { option, known },
  )
}
