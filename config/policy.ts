import { z } from 'zod'

/** What a watcher may do: `watch` judges only; `shadow` decides and simulates everything and sends nothing; `live` sends. */
export const modes = ['watch', 'shadow', 'live'] as const
export type Mode = (typeof modes)[number]

/** One million: probabilities and shares are whole numbers of millionths, so that no float comes near money. */
export const PPM = 1_000_000n

/** What the watcher may do and spend. Amounts in wei, shares in millionths. */
export interface PolicyConfig {
  /** of every model that `modelModes` does not name */
  mode: Mode
  /** by model id, lower case */
  modelModes: ReadonlyMap<string, Mode>
  /** who a watcher without a key decides and simulates as; undefined: nobody in particular, with enough money */
  shadowAddress: `0x${string}` | undefined
  /** least share of results that is replayed, whatever replaying is worth */
  sampleFloor: bigint
  /** what a millisecond of replaying costs */
  replayWeiPerMs: bigint
  /**
   * whether results of models that name no arbiter of ours are challenged, and their traces demanded, where a proof could
   * win: a node that answers each demand on chain and publishes no file wins such a dispute
   */
  withoutArbiter: boolean
  /** least expected value of a challenge; below zero for a watcher who pays for justice */
  minChallengeValue: bigint
  /** undefined, here and in the next two: no limit */
  maxBondAtRisk: bigint | undefined
  maxGasPerDay: bigint | undefined
  maxChallengesPerHour: number | undefined
  /** share of second opinions that may contradict the first before sending stops */
  maxDisagreement: bigint
  /** seconds of chain time that index and chain may be apart before nothing is sent */
  maxIndexLag: bigint
}

const wei = z
  .string()
  .regex(/^\d{1,60}$/, 'must be a whole number of wei')
  .transform(BigInt)

/** A share from 0 to 1 as millionths, by its digits: `Number` would round. */
const share = z
  .string()
  .regex(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'must be a number from 0 to 1 with at most six decimals')
  .transform((text) => {
    const [whole = '0', decimals = ''] = text.split('.')
    return BigInt(whole) * PPM + BigInt(decimals.padEnd(6, '0'))
  })

const modelModes = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .pipe(
    z.array(
      z
        .string()
        .regex(/^(0x[0-9a-fA-F]{64}=(watch|shadow|live))?$/, 'must be 0x<model id>=watch|shadow|live, by commas'),
    ),
  )
  .transform(
    (parts) =>
      new Map(parts.filter(Boolean).map((part) => [part.slice(0, 66).toLowerCase(), part.slice(67) as Mode] as const)),
  )

/** The environment variables of the policy. */
export const policyVariables = {
  GAINSAY_MODE: z.enum(modes).default('shadow'),
  GAINSAY_MODEL_MODES: modelModes.default(new Map()),
  GAINSAY_SHADOW_ADDRESS: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address, 0x and 40 hex digits')
    .transform((text) => text.toLowerCase() as `0x${string}`)
    .optional(),
  GAINSAY_SAMPLE_FLOOR: share.default(PPM),
  GAINSAY_REPLAY_WEI_PER_MS: wei.default(0n),
  GAINSAY_WITHOUT_ARBITER: z
    .enum(['0', '1', 'true', 'false'])
    .transform((text) => text === '1' || text === 'true')
    .default(false),
  GAINSAY_MIN_CHALLENGE_VALUE: z
    .string()
    .regex(/^-?\d{1,60}$/, 'must be a whole number of wei, also below zero')
    .transform(BigInt)
    .default(0n),
  GAINSAY_MAX_BOND_AT_RISK: wei.optional(),
  GAINSAY_MAX_GAS_PER_DAY: wei.optional(),
  GAINSAY_MAX_CHALLENGES_PER_HOUR: z.coerce.number().int().nonnegative().optional(),
  GAINSAY_MAX_DISAGREEMENT: share.default(PPM / 5n),
  GAINSAY_MAX_INDEX_LAG_S: z.coerce.number().int().min(1).default(60).transform(BigInt),
}

/** The policy that parsed variables name. */
export function policyOf(it: z.infer<z.ZodObject<typeof policyVariables>>): PolicyConfig {
  return {
    mode: it.GAINSAY_MODE,
    modelModes: it.GAINSAY_MODEL_MODES,
    shadowAddress: it.GAINSAY_SHADOW_ADDRESS,
    sampleFloor: it.GAINSAY_SAMPLE_FLOOR,
    replayWeiPerMs: it.GAINSAY_REPLAY_WEI_PER_MS,
    withoutArbiter: it.GAINSAY_WITHOUT_ARBITER,
    minChallengeValue: it.GAINSAY_MIN_CHALLENGE_VALUE,
    maxBondAtRisk: it.GAINSAY_MAX_BOND_AT_RISK,
    maxGasPerDay: it.GAINSAY_MAX_GAS_PER_DAY,
    maxChallengesPerHour: it.GAINSAY_MAX_CHALLENGES_PER_HOUR,
    maxDisagreement: it.GAINSAY_MAX_DISAGREEMENT,
    maxIndexLag: it.GAINSAY_MAX_INDEX_LAG_S,
  }
}

/** The environment that gives this policy again, in a child process; what is empty counts as not set. */
export function policyEnvironment(it: PolicyConfig): Record<string, string> {
  return {
    GAINSAY_MODE: it.mode,
    GAINSAY_MODEL_MODES: [...it.modelModes].map(([id, mode]) => `${id}=${mode}`).join(','),
    GAINSAY_SHADOW_ADDRESS: it.shadowAddress ?? '',
    GAINSAY_SAMPLE_FLOOR: shareText(it.sampleFloor),
    GAINSAY_REPLAY_WEI_PER_MS: String(it.replayWeiPerMs),
    GAINSAY_WITHOUT_ARBITER: it.withoutArbiter ? '1' : '0',
    GAINSAY_MIN_CHALLENGE_VALUE: String(it.minChallengeValue),
    GAINSAY_MAX_BOND_AT_RISK: it.maxBondAtRisk?.toString() ?? '',
    GAINSAY_MAX_GAS_PER_DAY: it.maxGasPerDay?.toString() ?? '',
    GAINSAY_MAX_CHALLENGES_PER_HOUR: it.maxChallengesPerHour?.toString() ?? '',
    GAINSAY_MAX_DISAGREEMENT: shareText(it.maxDisagreement),
    GAINSAY_MAX_INDEX_LAG_S: String(it.maxIndexLag),
  }
}

/** Whether anything may be sent at all under this policy. */
export function mayBeLive({ mode, modelModes }: Pick<PolicyConfig, 'mode' | 'modelModes'>): boolean {
  return mode === 'live' || [...modelModes.values()].includes('live')
}

function shareText(ppm: bigint): string {
  return `${ppm / PPM}.${String(ppm % PPM).padStart(6, '0')}`
}
