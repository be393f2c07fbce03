/** The README's examples as programs: a block that imports lanewise starts one, the blocks after it go on with it. */

export interface Program {
  /** Where its first block starts in the README, from 1. */
  readonly line: number
  readonly text: string
}

const fence = /^```(?:ts|typescript|js|javascript)\n([\s\S]*?)^```$/gm
const importsLanewise = /^import .* from ['"]lanewise['"]/m

export function programs(readme: string): Program[] {
  const found: Program[] = []
  for (const { 1: text = '', index } of readme.matchAll(fence)) {
    const last = found.at(-1)
    if (last && !importsLanewise.test(text))
      found[found.length - 1] = { ...last, text: `${last.text}\n${text}` }
    else found.push({ line: readme.slice(0, index).split('\n').length, text })
  }
  return found
}
