import type { Fault } from './fault.ts'

/** How an endpoint has been doing. Times are milliseconds of a clock that never jumps. */
export interface Condition {
  /** errors since the last answer */
  failing: number
  /** how often it was found lying or on another chain, since it was last right for long */
  lies: number
  /** not asked before then */
  restUntil: number
  /** why it rests; null when it does not */
  resting: 'limited' | 'down' | 'quarantined' | null
  /** in words, for people; null while all is well */
  reason: string | null
}

export const WELL: Condition = { failing: 0, lies: 0, restUntil: 0, resting: null, reason: null }

const FIRST_REST_MS = 250
const LONGEST_REST_MS = 30_000
/** The longest that a `Retry-After` is heeded: an endpoint that says "in a week" would otherwise end a watch. */
const LONGEST_LIMIT_MS = 120_000
const FIRST_QUARANTINE_MS = 60_000
const LONGEST_QUARANTINE_MS = 3_600_000
/** A timeout has cost ten seconds already: it counts as this many errors. */
const TIMEOUT_WEIGHT = 4

/**
 * After an answer: all is well, but what it lied is not forgotten, so that a liar rests longer each time. An answer that was
 * under way ends neither a pause that was asked for nor a quarantine.
 */
export function afterAnswer(before: Condition, now: number): Condition {
  if (before.resting !== 'down' && before.restUntil > now) return before
  return before.resting === null && before.failing === 0 ? before : { ...WELL, lies: before.lies }
}

/** After a fault: rests a quarter of a second, twice as long each time, at most 30 s; when told how long, that long. */
export function afterFault(before: Condition, fault: Fault, now: number, retryAfterMs?: number): Condition {
  if (fault === 'behind' || fault === 'unsupported') return before
  if (before.resting === 'quarantined' && before.restUntil > now) return before
  const failing = before.failing + (fault === 'timeout' ? TIMEOUT_WEIGHT : 1)
  const backoff = Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** (failing - 1))
  if (fault !== 'limited')
    return { ...before, failing, restUntil: now + backoff, resting: 'down', reason: WORDS[fault] }
  const rest = retryAfterMs === undefined ? Math.max(1000, backoff) : Math.min(LONGEST_LIMIT_MS, retryAfterMs)
  return {
    ...before,
    failing,
    restUntil: Math.max(before.restUntil, now + rest),
    resting: 'limited',
    reason: WORDS.limited,
  }
}

/** After a lie, or an answer from another chain: a minute, twice as long each time, at most an hour. */
export function afterLie(before: Condition, reason: string, now: number): Condition {
  const lies = before.lies + 1
  const rest = Math.min(LONGEST_QUARANTINE_MS, FIRST_QUARANTINE_MS * 2 ** (lies - 1))
  return { ...before, lies, restUntil: now + rest, resting: 'quarantined', reason }
}

const WORDS = {
  limited: 'it wants fewer requests',
  timeout: 'it did not answer in time',
  failed: 'it does not answer, or not in JSON-RPC',
}

/** Milliseconds that a `Retry-After` header asks for, as seconds or as a date; undefined without a usable one. */
export function retryAfterMs(header: string | null, wallClock: number): number | undefined {
  if (header === null) return undefined
  const seconds = Number(header)
  if (header.trim() !== '' && Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - wallClock)
}
