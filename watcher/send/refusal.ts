/**
 * Why an endpoint did not take a transaction.
 *
 * - `known`: it has it already
 * - `nonceUsed`: another of its nonce is mined; the receipts tell which
 * - `outbid`: another of its nonce waits there, and this one does not offer enough more
 * - `underpriced`: it offers less than the endpoint or the next block asks
 * - `poor`: the account cannot pay for it
 * - `other`: anything else, such as an endpoint in trouble
 */
export type Refusal = 'known' | 'nonceUsed' | 'outbid' | 'underpriced' | 'poor' | 'other'

/** In this order: "replacement transaction underpriced" is no plain "underpriced". */
const SAYINGS: readonly (readonly [RegExp, Refusal])[] = [
  // geth, Erigon, Reth; Nethermind (AlreadyKnown), Besu ("Known transaction"), Anvil ("already imported").
  [/already ?known|already ?imported|^known transaction|transaction already (exists|in)/i, 'known'],
  [/nonce (is )?too low|old ?nonce|nonce has already been used|already mined|invalid nonce.*too low/i, 'nonceUsed'],
  [/replacement.*underpriced|replacement ?not ?allowed|gas price too low to replace|could not replace/i, 'outbid'],
  [
    /underpriced|less than block base fee|fee ?too ?low|gas price (is )?(below|too low)|below (the )?minimum/i,
    'underpriced',
  ],
  [/insufficient (funds|balance)|upfront.*exceeds.*balance|OutOfFund/i, 'poor'],
]

/** What an endpoint's refusal to take a transaction means, from its words: there is no standard code for any of these. */
export function refusalOf(message: string): Refusal {
  return SAYINGS.find(([saying]) => saying.test(message))?.[1] ?? 'other'
}
