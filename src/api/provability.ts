import type { Provability } from '../../journal/queries.ts'
import type { Rule } from '../../protocol/arithmetic/bounds.ts'

/** Which elements the contract convicts, by rule. */
const guilty = {
  worstCase: 'an element beyond the worst-case rounding error of its operator',
  probabilistic: 'an element beyond the probabilistic bound on rounding errors, with the registered lambda',
  equalBits: 'an element with other bits than the canonical order of summation gives',
} as const satisfies Record<Exclude<Rule, 'arbiter'>, string>

/** What a file's provability comes to under the terms that its model was registered with. */
export function ruleSentence(
  { rule, graphRoot, arbiterId }: { rule: Rule; graphRoot: string | null; arbiterId: string | null },
  known: Pick<Provability, 'graphRoot' | 'provable'>,
): string {
  const others = BigInt(arbiterId ?? 0) === 0n ? 'nobody can rule on' : 'its arbiter rules on'
  if (rule === 'arbiter') return `It is registered without a rule: ${others} what its nodes reveal.`
  if (known.graphRoot !== graphRoot)
    return 'Its registered graph root is not that of its file: no proof can be about what its nodes run.'
  return known.provable === 1
    ? `In every operator, the contract itself convicts ${guilty[rule]}.`
    : `In the operators that can be proven, the contract itself convicts ${guilty[rule]}; ${others} the rest.`
}
