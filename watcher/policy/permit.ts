import type { Decision } from '../decide.ts'
import { type Limits, passedLimit, plus, type Spent, type Venture } from './limits.ts'
import { type Modes, modeOf } from './mode.ts'
import { isUnpaid, unpaidBound } from './unpaid.ts'
import { challengeValue, convictionGas, convictionValue, courseGas, rewardOf, STEP_GAS, type Stakes } from './value.ts'

/** All that decides on sending, at one moment. Amounts in wei. */
export interface PolicyState {
  /** our address, lower case */
  readonly me: string
  readonly modes: Modes
  /** why the circuit breaker has stopped all sending; null while it has not */
  readonly stopped: string | null
  /** why nothing can be sent just now, which passes by itself; null when it can */
  readonly held: string | null
  readonly limits: Limits
  /** least expected value of a venture */
  readonly minValue: bigint
  /** what is ventured so far: really, and by a watcher in shadow mode had it been live */
  readonly spent: Readonly<Record<'live' | 'shadow', Spent>>
  /** keys of acts that are under way or done, likewise */
  readonly underWay: Readonly<Record<'live' | 'shadow', ReadonlySet<string>>>
  readonly stakes: Stakes
  /** that a challenge is won, in millionths */
  readonly winChance: bigint
  /** wei a unit of gas */
  readonly gasPrice: bigint
  /** terms of the longest sum of products of a model, by model hash, as far as known */
  readonly longest: ReadonlyMap<string, number>
}

/** Whether a decision is carried out; if not, what stands in the way, and in words what to do about it. */
export type Permit =
  | { readonly send: true }
  | { readonly send: false; readonly kind: 'mode' | 'value' | 'limit' | 'breaker'; readonly reason: string }

/**
 * The gate between deciding and acting. In order: a model that is only watched; the breaker; what a venture is worth; the
 * limits; and last shadow mode, so that a refusal for `mode` in shadow means "live, it would have been sent".
 *
 * Steps of a dispute of one's own are no ventures: a bond is at stake already, so only mode and breaker can stop them. A
 * withdrawal takes no risk, so only the mode can.
 */
export function permit(decision: Decision, state: PolicyState): Permit {
  const mode = modeOf(state.modes, decision.result?.model.id)
  if (mode === 'watch') return refused('mode', 'this model is only watched: set GAINSAY_MODE or GAINSAY_MODEL_MODES')
  if (decision.kind !== 'withdraw') {
    if (state.stopped !== null)
      return refused('breaker', `sending is stopped: ${state.stopped}; then \`gainsay resume\` lets it go on`)
    if (state.held !== null) return refused('breaker', state.held)
    const venture = state.underWay[mode].has(decision.key) ? null : ventureOf(decision, state)
    if (venture) {
      const value = worthOf(decision, state)
      if (value !== null && value < state.minValue)
        return refused(
          'value',
          `a ${decision.kind} is not worth its gas and risk at the present gas price: it waits; lower GAINSAY_MIN_CHALLENGE_VALUE to pay for it`,
        )
      if (isUnpaid(decision, state.me) && venture.gasToday > unpaidBound(state.stakes))
        return refused(
          'value',
          `a ${decision.kind} would cost us more gas than it takes from the node, and the reward is somebody else's: it waits for cheaper gas`,
        )
      const limit = passedLimit(state.spent[mode], venture, state.limits)
      if (limit !== null) return refused('limit', limit)
    }
  }
  return mode === 'live'
    ? { send: true }
    : refused('mode', 'in shadow mode nothing is sent: set GAINSAY_MODE=live or GAINSAY_MODEL_MODES to send it')
}

/** The state once a permitted decision is on its way: the next one of the same round must know of it. */
export function afterwards(decision: Decision, state: PolicyState): PolicyState {
  const mode = modeOf(state.modes, decision.result?.model.id)
  const venture = ventureOf(decision, state)
  if (mode === 'watch' || state.underWay[mode].has(decision.key) || !venture) return state
  return {
    ...state,
    spent: { ...state.spent, [mode]: plus(state.spent[mode], venture) },
    underWay: { ...state.underWay, [mode]: new Set([...state.underWay[mode], decision.key]) },
  }
}

/** What a decision ventures; null for a step that only follows from what was ventured before. */
export function ventureOf(decision: Decision, state: PolicyState): Venture | null {
  const { gasPrice } = state
  const longest = longestOf(decision, state)
  if (decision.kind === 'challenge')
    return { bondAtRisk: state.stakes.challengeBond, gasToday: courseGas(longest) * gasPrice, challenges: 1 }
  if (isOurs(decision, state)) return null
  switch (decision.kind) {
    case 'commit':
      return { bondAtRisk: 0n, gasToday: convictionGas(longest) * gasPrice, challenges: 0 }
    case 'demand':
      return { bondAtRisk: decision.dispute?.value ?? 0n, gasToday: DEMAND_GAS * gasPrice, challenges: 0 }
    case 'appeal':
    case 'claimWithheld':
      return isUnpaid(decision, state.me) || decision.kind === 'appeal'
        ? { bondAtRisk: 0n, gasToday: STEP_GAS[decision.kind] * gasPrice, challenges: 0 }
        : null
    default:
      return null
  }
}

const DEMAND_GAS = STEP_GAS.demand + STEP_GAS.claimWithheld + STEP_GAS.withdraw

/**
 * What a venture is expected to bring, in wei; null for what earns nothing by itself. That is made nevertheless, up to what
 * it takes from the node (`unpaid.ts`), and the limit on gas binds it.
 */
export function worthOf(decision: Decision, state: PolicyState): bigint | null {
  const { stakes, winChance, gasPrice } = state
  const terms = { ...stakes, winChance, gasPrice, demandFee: 0n }
  const longest = longestOf(decision, state)
  if (decision.kind === 'challenge') return challengeValue({ ...terms, gas: courseGas(longest) })
  if (isOurs(decision, state)) return null
  if (decision.kind === 'commit') return convictionValue({ ...terms, gas: convictionGas(longest) })
  if (decision.kind === 'demand')
    return convictionValue({ ...terms, demandFee: decision.dispute?.value ?? 0n, gas: DEMAND_GAS })
  return null
}

/** What success of a decision brings, in wei; 0 for a step on the way. */
export function rewardFor({ kind }: Decision, { stakes }: Pick<PolicyState, 'stakes'>): bigint {
  const isPaid = kind === 'challenge' || kind === 'commit' || kind === 'demand'
  return isPaid ? rewardOf(stakes) : 0n
}

function isOurs({ result }: Decision, { me }: PolicyState): boolean {
  return result?.challenge?.challenger.id === me
}

function longestOf({ result }: Decision, { longest }: PolicyState): number {
  return (result && longest.get(result.model.modelHash)) || 0
}

function refused(kind: Exclude<Permit, { send: true }>['kind'], reason: string): Permit {
  return { send: false, kind, reason }
}
