import type { Provability } from '../../journal/queries.ts'
import type { Rule } from '../../protocol/arithmetic/bounds.ts'

/** What the contract holds an element to, by rule. */
const bounds = {
  worstCase: 'the worst-case rounding error of its operator',
  probabilistic: 'the probabilistic bound on rounding errors, with the registered lambda',
  equalBits: 'the bits that the canonical order of summation gives',
} as const satisfies Record<Exclude<Rule, 'arbiter'>, string>

/** What a file's provability comes to under the rule that its model was registered with. */
export function ruleSentence(
  { rule, graphRoot }: { rule: Rule; graphRoot: string },
  known: Pick<Provability, 'graphRoot' | 'provable'>,
): string {
  if (rule === 'arbiter') return 'It is registered without a rule: disputes go to its arbiter alone.'
  if (known.graphRoot !== graphRoot)
    return 'Its registered graph root is not that of its file: no proof can be about what its nodes run.'
  const convicts = `the contract itself convicts an element beyond ${bounds[rule]}`
  return known.provable === 1
    ? `In every operator, ${convicts}.`
    : `In the operators that can be proven, ${convicts}; disputes about the others go to its arbiter.`
}
