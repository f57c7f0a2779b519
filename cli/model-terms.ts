import { type Hex, isAddress, zeroAddress } from 'viem'
import type { Seat } from '../chain/connect.ts'
import type { Rule } from '../protocol/arithmetic/bounds.ts'
import type { CommittedGraph } from '../protocol/proof/graph.ts'
import { largestDot } from '../protocol/proof/largest-dot.ts'
import type { Precision } from '../protocol/status.ts'
import { exitCodes, UserError } from './exit.ts'

/** What a registration says besides which file it is about. */
export interface ModelTerms {
  readonly precision: Precision
  /** in 1e-18; zero for exact */
  readonly tolerance: bigint
  /** lower case; the zero address for nobody */
  readonly arbiter: Hex
  readonly rule: Rule
  /** zero but for the probabilistic rule */
  readonly lambda: number
}

/** The same as the command line has it. */
export interface TermsOptions {
  readonly precision: Precision
  readonly tolerance?: string
  readonly rule: 'arbiter' | 'worst-case' | 'probabilistic'
  /** 6 to 64 */
  readonly lambda?: number
  readonly arbiter?: string
}

const DEFAULT_LAMBDA = 16
/** `Models.MAX_LAMBDA`: the widest probabilistic bound that can be registered. */
const MAX_LAMBDA = 64
const UNIT_DIGITS = 18

/** The terms that a command line means. @throws UserError (64) when they contradict each other, or one is no such thing */
export function readTerms({ precision, tolerance, rule, lambda, arbiter }: TermsOptions): ModelTerms {
  if (precision === 'exact' && tolerance !== undefined)
    throw refusal('--precision exact means equal bytes: leave --tolerance out.')
  if (precision === 'fp32' && tolerance === undefined)
    throw refusal('--precision fp32 needs a --tolerance, such as 1e-4: honest machines differ in the last bits.')
  if (rule !== 'probabilistic' && lambda !== undefined)
    throw refusal(`--lambda belongs to --rule probabilistic, not to ${rule}.`)
  if (arbiter !== undefined && !isAddress(arbiter))
    throw refusal('--arbiter takes an address: 0x and 40 hex digits, in lower case or with a right checksum.')
  return {
    precision,
    tolerance: tolerance === undefined ? 0n : units(tolerance),
    arbiter: (arbiter?.toLowerCase() ?? zeroAddress) as Hex,
    rule: rule === 'worst-case' ? 'worstCase' : rule,
    lambda: rule === 'probabilistic' ? (lambda ?? DEFAULT_LAMBDA) : 0,
  }
}

/**
 * Refuses terms that promise a conviction which nobody can win: watchers would challenge and lose their bonds.
 *
 * @throws UserError (64) naming the operators that the contract cannot check
 */
export function requireProvable(terms: ModelTerms, { operators, problems }: CommittedGraph): void {
  if (terms.rule === 'arbiter' || terms.arbiter !== zeroAddress || problems.length === 0) return
  const named = unprovable(operators)
  throw refusal(
    `The contract cannot check ${named || 'this model'}, so with --rule ${optionOf(terms.rule)} some fraud could never be convicted:
${problems.map((problem) => `  ${problem}`).join('\n')}
Name an --arbiter who rules on these.${operators.some(({ type }) => type === 'If') ? ' An If may go away by `gainsay model inline`.' : ''}`,
  )
}

/** Refuses a rule that nobody sits in the contract's conviction seat to carry out. @throws UserError (64) */
export function requireSeat({ rule }: ModelTerms, seat: Seat | undefined): void {
  if (rule === 'arbiter' || seat?.state === 'ready') return
  const why = !seat
    ? 'the Gainsay contract has no conviction contract'
    : seat.state === 'undeployed'
      ? `nothing is deployed at ${seat.address}, the contract's conviction seat, yet`
      : `what sits in the contract's conviction seat, ${seat.address}, is of another version than this software`
  throw refusal(`Nobody can be convicted by --rule ${optionOf(rule)}: ${why}. Take --rule arbiter with an --arbiter.`)
}

/** What is allowed, and may still surprise whoever registers it. */
export function warningsOf(terms: ModelTerms, graph: CommittedGraph): string[] {
  const warnings: string[] = []
  const { rule, lambda, arbiter } = terms
  if (rule === 'arbiter' && arbiter === zeroAddress)
    warnings.push(
      'Without an arbiter and without a rule only silence loses a bond: nobody can be convicted of anything.',
    )
  if (rule !== 'arbiter' && arbiter === zeroAddress)
    warnings.push(
      'Without an arbiter a node can answer each demand and publish nothing, and win: most watchers challenge nothing then (GAINSAY_WITHOUT_ARBITER).',
    )
  if (rule !== 'arbiter' && graph.problems.length > 0)
    warnings.push(`The contract cannot check ${unprovable(graph.operators) || 'all of it'}: that goes to the arbiter.`)
  const longest = largestDot(graph)
  if (rule === 'probabilistic' && longest > 16 * lambda ** 2) {
    const enough = Math.ceil(Math.sqrt(longest) / 4) + 1
    warnings.push(
      `The longest sum of products has ${longest} terms. Where its products are equal, a plain loop drifts by about a quarter of a rounding error a term, which is more than --lambda ${lambda} leaves room for: an honest node with such a kernel could be convicted. ${
        enough <= MAX_LAMBDA ? `From --lambda ${enough} on it is covered` : 'Only --rule worst-case covers it'
      }.`,
    )
  }
  return warnings
}

/** A rule's name on the command line. */
export function optionOf(rule: Rule): string {
  return rule.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** A decimal number in 1e-18, without a float on the way: what is registered is what was written. */
function units(text: string): bigint {
  const [, whole = '', part = '', exponent = '0'] = /^(\d*)\.?(\d*)(?:e([+-]?\d{1,2}))?$/i.exec(text) ?? []
  const shift = UNIT_DIGITS + Number(exponent) - part.length
  const digits = BigInt(whole + part || '0')
  const scale = 10n ** BigInt(Math.abs(shift))
  const value = shift < 0 ? digits / scale : digits * scale
  if (value <= 0n || value > 10n ** BigInt(UNIT_DIGITS) || (shift < 0 && digits % scale !== 0n))
    throw refusal('--tolerance takes a number above 0 and up to 1 with at most 18 decimals, such as 1e-4.')
  return value
}

function unprovable(operators: CommittedGraph['operators']): string {
  const count = new Map<string, number>()
  for (const { type, problem } of operators) if (problem !== undefined) count.set(type, (count.get(type) ?? 0) + 1)
  return [...count].map(([type, times]) => (times === 1 ? type : `${type} (${times} times)`)).join(', ')
}

function refusal(message: string): UserError {
  return new UserError(message, exitCodes.usage)
}
