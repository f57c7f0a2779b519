import { z } from 'zod'
import { flag } from './values.ts'

const wei = z
  .string()
  .regex(/^\d{1,30}$/, 'must be an amount in wei: digits only')
  .transform(BigInt)

/** The environment variables of sending; see docs/operate.md. */
export const sendingVariables = {
  GAINSAY_BUMP_BLOCKS: z.coerce.number().int().min(1).max(1000).default(3),
  GAINSAY_RELAY_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }).optional(),
  GAINSAY_RELAY_ONLY: flag.default(false),
  GAINSAY_RELAY_PATIENCE_BLOCKS: z.coerce.number().int().min(1).max(10_000).default(10),
  GAINSAY_MAX_VALUE: wei.optional(),
  GAINSAY_MAX_SPEND_PER_DAY: wei.optional(),
}

/** How transactions are sent, and how much at most. */
export interface SendingConfig {
  /** blocks that a transaction may wait before it is signed again with higher fees */
  bumpBlocks: number
  /** private relay that transactions are broadcast to instead of the public endpoints; its path may hold a secret */
  relayUrl: string | undefined
  /** whether they are never broadcast anywhere else */
  relayOnly: boolean
  /** blocks that the relay is given alone, before the public endpoints get what presses as well */
  relayPatienceBlocks: number
  /** most wei that one transaction may send along; from the contract's bonds and fees when not given */
  maxValue: bigint | undefined
  /** most wei that may be spent in 24 hours, gas included; 20 challenge bonds when not given */
  maxSpendPerDay: bigint | undefined
}

/** The part of a configuration that is about sending. */
export function sendingOf(
  it: {
    [Name in keyof typeof sendingVariables]?: z.infer<(typeof sendingVariables)[Name]> | undefined
  },
): SendingConfig {
  return {
    bumpBlocks: it.GAINSAY_BUMP_BLOCKS ?? 3,
    relayUrl: it.GAINSAY_RELAY_URL,
    relayOnly: it.GAINSAY_RELAY_ONLY ?? false,
    relayPatienceBlocks: it.GAINSAY_RELAY_PATIENCE_BLOCKS ?? 10,
    maxValue: it.GAINSAY_MAX_VALUE,
    maxSpendPerDay: it.GAINSAY_MAX_SPEND_PER_DAY,
  }
}

/** The environment that gives this again, in a child process. */
export function sendingEnvironment(config: SendingConfig): Record<string, string> {
  const { relayUrl, maxValue, maxSpendPerDay } = config
  return {
    GAINSAY_BUMP_BLOCKS: String(config.bumpBlocks),
    GAINSAY_RELAY_ONLY: config.relayOnly ? '1' : '0',
    GAINSAY_RELAY_PATIENCE_BLOCKS: String(config.relayPatienceBlocks),
    ...(relayUrl === undefined ? {} : { GAINSAY_RELAY_URL: relayUrl }),
    ...(maxValue === undefined ? {} : { GAINSAY_MAX_VALUE: String(maxValue) }),
    ...(maxSpendPerDay === undefined ? {} : { GAINSAY_MAX_SPEND_PER_DAY: String(maxSpendPerDay) }),
  }
}
