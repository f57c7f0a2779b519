import { z } from 'zod'

/** What strangers may ask of the API. */
export interface ApiConfig {
  /** requests a second from one address to `/graphql` and `/ponder`, and ten times that at once */
  rate: number
  /** how many proxies of ours are in front: the client's address is the one that the first of them added */
  proxies: number
  /** what one query may cost; see src/api/graphql/limits/cost.ts */
  maxCost: number
  /** milliseconds that one query may take */
  timeoutMs: number
  /** bytes of one answer */
  maxAnswerBytes: number
  /** subscriptions at once */
  maxSubscriptions: number
}

/** The variables of it. */
export const apiVariables = {
  GAINSAY_API_RATE: z.coerce.number().int().min(1).max(1_000_000).default(50),
  GAINSAY_API_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  GAINSAY_API_MAX_COST: z.coerce.number().int().min(10_000).max(1_000_000_000).default(100_000),
  GAINSAY_API_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(10_000),
  GAINSAY_API_MAX_ANSWER_BYTES: z.coerce
    .number()
    .int()
    .min(2 ** 20)
    .default(128 * 2 ** 20),
  GAINSAY_API_MAX_SUBSCRIPTIONS: z.coerce.number().int().min(0).max(100_000).default(200),
}

/** Puts the parsed variables into words. */
export function apiOf(it: z.infer<z.ZodObject<typeof apiVariables>>): ApiConfig {
  return {
    rate: it.GAINSAY_API_RATE,
    proxies: it.GAINSAY_API_PROXIES,
    maxCost: it.GAINSAY_API_MAX_COST,
    timeoutMs: it.GAINSAY_API_TIMEOUT_MS,
    maxAnswerBytes: it.GAINSAY_API_MAX_ANSWER_BYTES,
    maxSubscriptions: it.GAINSAY_API_MAX_SUBSCRIPTIONS,
  }
}
