import { GraphQLError } from 'graphql'

/** Most days that one answer covers: ten years. */
export const MAX_DAYS = 3660
const DAY_MS = 86_400_000

/** Days since 1970-01-01, both included. */
export interface Range {
  from: number
  to: number
}

/** `YYYY-MM-DD` of a day. */
export function dayText(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10)
}

/** The day that a text names. @throws GraphQLError unless it is `YYYY-MM-DD` and on the calendar */
export function parseDay(text: unknown): number {
  const time = typeof text === 'string' && /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  const day = time / DAY_MS
  // Date.parse takes 31 April for 1 May.
  if (Number.isNaN(day) || dayText(day) !== text) throw new GraphQLError('a day is YYYY-MM-DD, such as 2026-04-30')
  return day
}

/**
 * The days that are asked for: as given, a year up to the latest indexed day when not. Days that the index has not come to
 * are left away.
 *
 * @param head the latest indexed day
 * @throws GraphQLError when they are out of order or too many
 */
export function rangeOf({ from, to }: { from?: number | null; to?: number | null }, head: number): Range {
  const last = Math.min(to ?? head, head)
  const first = from ?? Math.max(0, last - 364)
  if (from != null && to != null && from > to) throw new GraphQLError('from must not be after to')
  if (last - first >= MAX_DAYS) throw new GraphQLError(`at most ${MAX_DAYS} days at once: give a later from`)
  return { from: first, to: last }
}
