import { resolve } from 'node:path'
import { z } from 'zod'
import { type ApiConfig, apiOf, apiVariables } from './api.ts'
import { type AttestConfig, attestOf, attestVariables } from './attest.ts'
import { CONTRACT_VARIABLES, type GainsayConfig, gainsayOf, gainsayVariables, namesContract } from './gainsay.ts'
import { type OpenGradientConfig, opengradientOf, opengradientVariables } from './opengradient.ts'
import { mayBeLive, type PolicyConfig, policyOf, policyVariables } from './policy.ts'
import { type SendingConfig, sendingOf, sendingVariables } from './sending.ts'
import { address, flag, list } from './values.ts'

/** Thrown when the environment does not make a configuration; its message lists every problem, one a line. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

const baseUrls = z
  .string()
  .transform((text) => list(text).map((url) => url.replace(/\/+$/, '')))
  .pipe(
    z.array(
      z
        .url({ protocol: /^https?$/, error: 'must be http(s) URLs, separated by commas' })
        // What is asked for is put behind it.
        .regex(/^[^?#]*$/, 'must be URLs without ? and #'),
    ),
  )

const environment = z.object({
  ...policyVariables,
  ...sendingVariables,
  ...apiVariables,
  ...attestVariables,
  ...opengradientVariables,
  GAINSAY_ARBITERS: z.string().default('').transform(list).pipe(z.array(address)),
  GAINSAY_DATA_DIR: z.string().min(1).default('.gainsay'),
  GAINSAY_HOST: z.string().min(1).default('127.0.0.1'),
  GAINSAY_PORT: z.coerce.number().int().min(1).max(65535).default(42069),
  GAINSAY_API_URL: z.url({ protocol: /^https?$/ }).optional(),
  GAINSAY_POLL_MS: z.coerce.number().int().min(100).max(60_000).default(1000),
  GAINSAY_FILE_ROOTS: z.string().default('').transform(list),
  GAINSAY_ALLOW_PRIVATE_HOSTS: flag.default(false),
  GAINSAY_MAX_ARTIFACT_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(512 * 2 ** 20),
  GAINSAY_ARTIFACT_BUDGET_BYTES: z.coerce
    .number()
    .int()
    .positive()
    .default(20 * 2 ** 30),
  GAINSAY_ARTIFACT_MIRRORS: baseUrls.default([]),
  GAINSAY_IPFS_GATEWAYS: baseUrls.optional(),
  GAINSAY_WALRUS_AGGREGATORS: baseUrls.optional(),
  GAINSAY_WALRUS_SHARDS: z.coerce.number().int().min(1).max(65_535).default(1000),
  GAINSAY_REPLAY_WORKERS: z.coerce.number().int().min(1).max(64).default(1),
  GAINSAY_REPLAY_TIMEOUT_MS: z.coerce.number().int().min(100).default(30_000),
  GAINSAY_REPLAY_MEMORY_MB: z.coerce.number().int().min(512).optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
  DATABASE_SCHEMA: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,44}$/, 'must be at most 45 lower-case letters, digits and underscores')
    .optional(),
  GAINSAY_RPC_RATE: z.coerce.number().int().min(1).max(10_000).optional(),
  GAINSAY_RPC_LAG_BLOCKS: z.coerce.number().int().min(1).max(10_000).default(5),
  GAINSAY_IDENTITY_CHECK_S: z.coerce.number().int().min(1).max(86_400).default(300),
  GAINSAY_METRICS_PORT: z.coerce.number().int().min(1).max(65535).optional(),
  GAINSAY_METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

const gainsayEnvironment = z.object(gainsayVariables)

/** Every variable that `parseConfig` knows; those of keys and webhook are read by themselves. */
export const configVariables: readonly string[] = [environment, gainsayEnvironment].flatMap(({ shape }) =>
  Object.keys(shape),
)

/** The whole configuration, parsed once from the environment. Holds no key: see `loadAccount`. */
export interface Config extends SendingConfig {
  /** undefined: no Gainsay contract is followed, so there is nothing to challenge; then OpenGradient is */
  gainsay: GainsayConfig | undefined
  /**
   * arbiters that are trusted to rule, lower case: where no element proves a fraud, only results of models that name one of
   * them are challenged
   */
  arbiters: ReadonlySet<string>
  /** absolute folder of index, journal, artifacts and locks */
  dataDir: string
  host: string
  port: number
  /** where the watcher finds the API */
  apiUrl: string
  /** milliseconds between looks at chain and index */
  pollMs: number
  /** folders that `file:` URIs from the chain may read; none by default */
  fileRoots: string[]
  /** whether http(s) URIs from the chain may lead to private addresses; only for tests and local chains */
  allowPrivateHosts: boolean
  maxArtifactBytes: number
  /** what the artifact store may take on disk, in bytes; more only for what open results refer to */
  artifactBudgetBytes: number
  /** base URLs asked for `<base>/<64 hex digits>`, last, for every artifact; may be private */
  artifactMirrors: string[]
  /** base URLs for `ipfs:`; may be private. When set, asked for every artifact; undefined: public ones, for `ipfs:` alone */
  ipfsGateways: string[] | undefined
  /** base URLs for `walrus:`; may be private. Undefined: a public one */
  walrusAggregators: string[] | undefined
  /** number of shards of the Walrus network, on which blob ids depend */
  walrusShards: number
  replayWorkers: number
  replayTimeoutMs: number
  /** resident memory of all replays together in MiB; half of the machine's or the container's when not given */
  replayMemoryMb: number | undefined
  /** Postgres instead of the embedded PGlite */
  databaseUrl: string | undefined
  /** database schema of the index; derived from code and contract when not given */
  databaseSchema: string | undefined
  /** most JSON-RPC requests a second to each endpoint, by each process; undefined: no limit of ours */
  rpcRate: number | undefined
  /** how many blocks an endpoint, or the index, may be behind the chain's head and still be relied on */
  rpcLagBlocks: number
  /** seconds between checks that the contracts are still the ones of the first start */
  identityCheckS: number
  /** where the watcher serves /metrics; undefined: nowhere */
  metricsPort: number | undefined
  metricsHost: string
  logLevel: string
  /** modes, limits and the rest of what decides on sending */
  policy: PolicyConfig
  /** what strangers may ask of the API */
  api: ApiConfig
  /** whether verdicts are attested */
  attest: AttestConfig
  /** undefined: OpenGradient is not followed */
  opengradient: OpenGradientConfig | undefined
}

/**
 * Parses the environment. Empty strings count as not set, as in a compose file. What belongs to a Gainsay contract may be left
 * out as a whole where OpenGradient is followed.
 *
 * @throws ConfigError listing every variable that is missing or wrong, and what it must be
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = environment.safeParse(set)
  // Half of it is a mistake, which must not turn a watcher into one that challenges nothing.
  const hasContract = namesContract(set) || list(set.OPENGRADIENT_RPC_URL ?? '').length === 0
  const gainsay = hasContract ? gainsayEnvironment.safeParse(set) : undefined
  const problems = [parsed, gainsay]
    .flatMap((one) => one?.error?.issues ?? [])
    .map(({ path, message }) => {
      const name = String(path[0])
      return name in set ? `${name}: ${message}` : `${name}: is not set`
    })
  if (!hasContract && parsed.success) problems.push(...sendingWithoutContract(policyOf(parsed.data)))
  if (problems.length > 0 || !parsed.success) throw new ConfigError(unusable(problems))
  const it = parsed.data
  return {
    gainsay: gainsay?.data && gainsayOf(gainsay.data),
    arbiters: new Set(it.GAINSAY_ARBITERS),
    dataDir: resolve(it.GAINSAY_DATA_DIR),
    host: it.GAINSAY_HOST,
    port: it.GAINSAY_PORT,
    apiUrl: (it.GAINSAY_API_URL ?? `http://${it.GAINSAY_HOST}:${it.GAINSAY_PORT}`).replace(/\/$/, ''),
    pollMs: it.GAINSAY_POLL_MS,
    fileRoots: it.GAINSAY_FILE_ROOTS.map((root) => resolve(root)),
    allowPrivateHosts: it.GAINSAY_ALLOW_PRIVATE_HOSTS,
    maxArtifactBytes: it.GAINSAY_MAX_ARTIFACT_BYTES,
    artifactBudgetBytes: it.GAINSAY_ARTIFACT_BUDGET_BYTES,
    artifactMirrors: it.GAINSAY_ARTIFACT_MIRRORS,
    ipfsGateways: it.GAINSAY_IPFS_GATEWAYS,
    walrusAggregators: it.GAINSAY_WALRUS_AGGREGATORS,
    walrusShards: it.GAINSAY_WALRUS_SHARDS,
    replayWorkers: it.GAINSAY_REPLAY_WORKERS,
    replayTimeoutMs: it.GAINSAY_REPLAY_TIMEOUT_MS,
    replayMemoryMb: it.GAINSAY_REPLAY_MEMORY_MB,
    databaseUrl: it.DATABASE_URL,
    databaseSchema: it.DATABASE_SCHEMA,
    rpcRate: it.GAINSAY_RPC_RATE,
    rpcLagBlocks: it.GAINSAY_RPC_LAG_BLOCKS,
    identityCheckS: it.GAINSAY_IDENTITY_CHECK_S,
    metricsPort: it.GAINSAY_METRICS_PORT,
    metricsHost: it.GAINSAY_METRICS_HOST,
    logLevel: it.LOG_LEVEL,
    policy: policyOf(it),
    api: apiOf(it),
    attest: attestOf(it),
    opengradient: opengradientOf(it),
    ...sendingOf(it),
  }
}

/** What asks for transactions where there is no contract to send them to. */
function sendingWithoutContract(policy: PolicyConfig): string[] {
  if (!mayBeLive(policy)) return []
  const name = policy.mode === 'live' ? 'GAINSAY_MODE' : 'GAINSAY_MODEL_MODES'
  return [`${name}: says live, but only a Gainsay contract can be challenged on: set ${CONTRACT_VARIABLES}`]
}

function unusable(problems: readonly string[]): string {
  const lines = ['The configuration is not usable:', ...problems.map((problem) => `  ${problem}`)]
  if (problems.some((problem) => problem.endsWith(': is not set')))
    lines.push(
      `Set ${CONTRACT_VARIABLES} to follow a Gainsay contract, OPENGRADIENT_RPC_URL and none of these to follow OpenGradient alone, or all four.`,
    )
  return [...lines, 'See docs/operate.md.'].join('\n')
}
