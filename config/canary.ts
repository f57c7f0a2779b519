import type { LocalAccount } from 'viem'
import { z } from 'zod'
import { ConfigError } from './config.ts'
import { loadAccount } from './key.ts'

const wei = z
  .string()
  .regex(/^\d{1,30}$/, 'must be a whole number of wei')
  .transform(BigInt)

/** Whence the canary's key can come. Not from the environment itself: it is no first choice anywhere. */
const keyNames = ['PRIVATE_KEY_FILE', 'KEYSTORE', 'KEYSTORE_PASSWORD_FILE', 'SIGNER_URL', 'SIGNER_ADDRESS'] as const

const environment = z.object({
  GAINSAY_CANARY_CHAIN_ID: z.coerce.number().int().positive(),
  GAINSAY_CANARY_MODEL: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'must be the id of a registered model, 0x and 64 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`),
  GAINSAY_CANARY_MAX_STAKE: wei,
  GAINSAY_CANARY_MAX_COST_PER_DAY: wei,
  GAINSAY_CANARY_EVERY: z.coerce.number().int().min(10).max(31_536_000).default(86_400),
  GAINSAY_CANARY_SLACK_S: z.coerce.number().int().min(0).optional(),
  GAINSAY_CANARY_WATCHER: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be the address of the watcher, 0x and 40 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`)
    .optional(),
  GAINSAY_CANARY_METRICS_PORT: z.coerce.number().int().min(1).max(65535).optional(),
})

/** Every variable of the canary. */
export const canaryVariables: readonly string[] = [
  ...Object.keys(environment.shape),
  ...keyNames.map((name) => `GAINSAY_CANARY_${name}`),
]

/** What a canary may do, and who must catch it. */
export interface CanaryConfig {
  /** model that is asked for, by id */
  modelId: `0x${string}`
  /** most wei of node bond at stake in one canary */
  maxStake: bigint
  /** most wei that the canaries begun in 24 hours may cost this account */
  maxCostPerDay: bigint
  /** seconds between canaries on average; each time from half to one and a half of it */
  everyS: number
  /** seconds before the window's end by which it must be challenged, and after it until the silence is claimed; a tenth of the window when not given */
  slackS: number | undefined
  /** who must challenge it, lower case */
  watcher: `0x${string}`
  metricsPort: number | undefined
  /** bonds, requests and posts; never the watcher's */
  account: LocalAccount
}

/**
 * Parses the canary's own variables. Nothing of it has a default that could cost money: chain, model and both limits must be
 * named.
 *
 * @param chainId what the rest of the configuration follows; `GAINSAY_CANARY_CHAIN_ID` must say it again
 * @throws ConfigError when something is missing or wrong, the chains differ, or the key is the watcher's
 */
export function parseCanaryConfig(env: Record<string, string | undefined>, chainId: number): CanaryConfig {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(set)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) =>
      String(path[0]) in set ? `${String(path[0])}: ${message}` : `${String(path[0])}: is not set`,
    )
    throw new ConfigError(
      `The canary is not configured:\n${problems.map((p) => `  ${p}`).join('\n')}\nSee docs/operate.md, "The canary".`,
    )
  }
  const it = parsed.data
  if (it.GAINSAY_CANARY_CHAIN_ID !== chainId)
    throw new ConfigError(
      `GAINSAY_CANARY_CHAIN_ID says ${it.GAINSAY_CANARY_CHAIN_ID}, but GAINSAY_CHAIN_ID is ${chainId}. A canary puts money at stake: it runs only where both name the same chain.`,
    )
  const account = canaryAccount(env)
  const watcher = it.GAINSAY_CANARY_WATCHER ?? (loadAccount(env)?.address.toLowerCase() as `0x${string}` | undefined)
  if (!watcher)
    throw new ConfigError(
      'GAINSAY_CANARY_WATCHER: is not set: whose challenge is expected? Give the watcher’s address.',
    )
  if (watcher === account.address.toLowerCase())
    throw new ConfigError(
      `The canary's key is the watcher's own, ${account.address}. Give it another: what a watcher catches by knowing its sender proves nothing.`,
    )
  return {
    modelId: it.GAINSAY_CANARY_MODEL,
    maxStake: it.GAINSAY_CANARY_MAX_STAKE,
    maxCostPerDay: it.GAINSAY_CANARY_MAX_COST_PER_DAY,
    everyS: it.GAINSAY_CANARY_EVERY,
    slackS: it.GAINSAY_CANARY_SLACK_S,
    watcher,
    metricsPort: it.GAINSAY_CANARY_METRICS_PORT,
    account,
  }
}

function canaryAccount(env: Record<string, string | undefined>): LocalAccount {
  const own = Object.fromEntries(keyNames.map((name) => [`GAINSAY_${name}`, env[`GAINSAY_CANARY_${name}`]]))
  let account: LocalAccount | undefined
  try {
    account = loadAccount(own)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new ConfigError(error.message.replaceAll('GAINSAY_', 'GAINSAY_CANARY_'))
  }
  if (!account)
    throw new ConfigError(
      'GAINSAY_CANARY_PRIVATE_KEY_FILE: is not set, nor is GAINSAY_CANARY_KEYSTORE or GAINSAY_CANARY_SIGNER_URL. The canary needs an account of its own, with the money for a node bond.',
    )
  return account
}
