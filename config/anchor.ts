import type { LocalAccount } from 'viem'
import { z } from 'zod'
import { ConfigError } from './config.ts'
import { loadAccount } from './key.ts'

/** Whence the key can come that pays for anchors. */
const keyNames = ['PRIVATE_KEY_FILE', 'KEYSTORE', 'KEYSTORE_PASSWORD_FILE', 'SIGNER_URL', 'SIGNER_ADDRESS'] as const

const environment = z.object({
  GAINSAY_ANCHOR_RPC_URL: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }),
  GAINSAY_ANCHOR_CHAIN_ID: z.coerce.number().int().positive(),
  GAINSAY_ANCHOR_CONTRACT: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be the address of an Anchor contract, 0x and 40 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`),
  GAINSAY_ANCHOR_MAX_FEE: z
    .string()
    .regex(/^\d{1,30}$/, 'must be an amount in wei: digits only')
    .transform(BigInt),
})

/** Every variable of anchoring. */
export const anchorVariables: readonly string[] = [
  ...Object.keys(environment.shape),
  ...keyNames.map((name) => `GAINSAY_ANCHOR_${name}`),
]

/** Where batches of attestations are anchored, and who pays for it. */
export interface AnchorConfig {
  rpcUrl: string
  chainId: number
  /** the Anchor contract, lower case */
  contract: `0x${string}`
  /** most wei that one anchor may cost */
  maxFee: bigint
  /** undefined: nothing can be sent */
  account: LocalAccount | undefined
}

/**
 * Parses what anchoring needs. Nothing of it has a default: chain, contract and the most it may cost must be named. The key is
 * one of its own, so that the watcher's nonces and ledger stay its own.
 *
 * @throws ConfigError listing what is missing or wrong
 */
export function parseAnchorConfig(env: Record<string, string | undefined>): AnchorConfig {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(set)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      String(path[0]) in set ? `  ${String(path[0])}: ${message}` : `  ${String(path[0])}: is not set`,
    )
    throw new ConfigError(`Attestations cannot be anchored:\n${problems.join('\n')}\nSee docs/attestations.md.`)
  }
  const it = parsed.data
  return {
    rpcUrl: it.GAINSAY_ANCHOR_RPC_URL,
    chainId: it.GAINSAY_ANCHOR_CHAIN_ID,
    contract: it.GAINSAY_ANCHOR_CONTRACT,
    maxFee: it.GAINSAY_ANCHOR_MAX_FEE,
    account: accountOf(set),
  }
}

function accountOf(env: Record<string, string | undefined>): LocalAccount | undefined {
  const own = Object.fromEntries(keyNames.map((name) => [`GAINSAY_${name}`, env[`GAINSAY_ANCHOR_${name}`]]))
  try {
    return loadAccount(own)
  } catch (error) {
    // The watcher's names would send the reader to the wrong variable.
    if (error instanceof ConfigError) throw new ConfigError(error.message.replaceAll('GAINSAY_', 'GAINSAY_ANCHOR_'))
    throw error
  }
}
