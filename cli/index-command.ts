import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkChain, connect, followedConviction, otherChain } from '../chain/connect.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { gainsayEnvironment } from '../config/gainsay.ts'
import { opengradientEnvironment } from '../config/opengradient.ts'
import { policyEnvironment } from '../config/policy.ts'
import { watcherSecrets } from '../config/secret-variables.js'
import { sendingEnvironment } from '../config/sending.ts'
import { lockDataDir } from '../journal/lock.ts'
import { assertEmbeddedDatabase } from './embedded-database.ts'
import { exitCodes, UserError } from './exit.ts'
import { shutdownSignal } from './shutdown.ts'

/** The folder that holds ponder.config.ts. */
export const projectRoot = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** `gainsay index`: index and API for the configured chain, until stopped. */
export async function runIndex(): Promise<void> {
  const config = parseConfig(process.env)
  // What is wrong with the configuration shows before the lock is taken.
  await checkChains(config)
  const signal = shutdownSignal()
  const lock = lockDataDir(config.dataDir, 'index')
  const child = await startPonder(config)
  signal.addEventListener('abort', () => child.kill('SIGTERM'))
  const code = await exitOf(child)
  lock.release()
  if (!signal.aborted && code !== 0)
    throw new UserError(
      `The index stopped (Ponder's exit code ${code}); its log above says why.`,
      exitCodes.unavailable,
    )
}

/** Checks that the chains of all that is followed answer, and are what is configured. @throws ChainError */
export async function checkChains(config: Config): Promise<void> {
  if (config.gainsay) await connect(config)
  if (config.opengradient) await checkChain(otherChain({ ...config, ...config.opengradient }), 'OPENGRADIENT')
}

/**
 * Starts Ponder on this project as a child process. Its configuration cannot ask the chain, so the conviction contract is
 * looked up here.
 *
 * @throws ChainError when the chain is not the one configured
 * @throws UserError when the port is taken: Ponder itself would silently take another one
 */
export async function startPonder(
  configured: Config,
  stdio: 'inherit' | 'ignore' | number = 'inherit',
): Promise<ChildProcess> {
  const conviction = configured.gainsay && followedConviction(await connect(configured))
  const config = { ...configured, gainsay: configured.gainsay && { ...configured.gainsay, conviction } }
  assertEmbeddedDatabase(config)
  await assertPortFree(config.host, config.port)
  const bin = fileURLToPath(new URL('./bin/ponder.js', import.meta.resolve('ponder')))
  const args = ['start', '--root', projectRoot, '--schema', config.databaseSchema ?? schemaName(config)]
  const options = [
    '--port',
    String(config.port),
    '--hostname',
    config.host,
    '--log-level',
    ponderLevel(config.logLevel),
  ]
  return spawn(process.execPath, [YOUNG, bin, ...args, ...options], {
    cwd: projectRoot,
    env: withoutKeys({ ...process.env, ...environmentOf(config), PONDER_TELEMETRY_DISABLED: '1' }),
    stdio: ['ignore', stdio, stdio],
  })
}

/**
 * MiB of a half of the heap's young generation, of which there are three: four times Node's default. A page of a thousand
 * rows makes more objects than 16 hold, and copying those that still live took a third of its time.
 */
const YOUNG = '--max-semi-space-size=64'

/** Resolves with a child's exit code; 1 when a signal ended it. */
export function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done(child.exitCode ?? 1)
    child.once('exit', (code) => done(code ?? 1))
  })
}

/** The environment without keys and other secrets of the watcher: a process that need not sign must not be able to. */
export function withoutKeys(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const keys = new Set<string>(watcherSecrets)
  return Object.fromEntries(Object.entries(env).filter(([name]) => !keys.has(name))) as NodeJS.ProcessEnv
}

/** The environment that makes `parseConfig` give this configuration again, in a child process. */
export function environmentOf(config: Config): Record<string, string> {
  return {
    GAINSAY_ARBITERS: [...config.arbiters].join(','),
    GAINSAY_DATA_DIR: config.dataDir,
    GAINSAY_HOST: config.host,
    GAINSAY_PORT: String(config.port),
    GAINSAY_POLL_MS: String(config.pollMs),
    GAINSAY_FILE_ROOTS: config.fileRoots.join(','),
    GAINSAY_ALLOW_PRIVATE_HOSTS: config.allowPrivateHosts ? '1' : '0',
    GAINSAY_API_URL: config.apiUrl,
    GAINSAY_MAX_ARTIFACT_BYTES: String(config.maxArtifactBytes),
    GAINSAY_ARTIFACT_BUDGET_BYTES: String(config.artifactBudgetBytes),
    GAINSAY_ARTIFACT_MIRRORS: config.artifactMirrors.join(','),
    GAINSAY_WALRUS_SHARDS: String(config.walrusShards),
    GAINSAY_REPLAY_WORKERS: String(config.replayWorkers),
    GAINSAY_REPLAY_TIMEOUT_MS: String(config.replayTimeoutMs),
    GAINSAY_RPC_LAG_BLOCKS: String(config.rpcLagBlocks),
    GAINSAY_IDENTITY_CHECK_S: String(config.identityCheckS),
    GAINSAY_ATTEST: config.attest.on ? '1' : '0',
    GAINSAY_ATTEST_DEPTH: String(config.attest.depth),
    LOG_LEVEL: config.logLevel,
    ...policyEnvironment(config.policy),
    ...(config.rpcRate ? { GAINSAY_RPC_RATE: String(config.rpcRate) } : {}),
    ...sendingEnvironment(config),
    ...gainsayEnvironment(config.gainsay),
    ...opengradientEnvironment(config.opengradient),
    ...(config.ipfsGateways ? { GAINSAY_IPFS_GATEWAYS: config.ipfsGateways.join(',') } : {}),
    ...(config.walrusAggregators ? { GAINSAY_WALRUS_AGGREGATORS: config.walrusAggregators.join(',') } : {}),
    ...(config.replayMemoryMb ? { GAINSAY_REPLAY_MEMORY_MB: String(config.replayMemoryMb) } : {}),
    ...(config.databaseUrl ? { DATABASE_URL: config.databaseUrl } : {}),
    ...(config.databaseSchema ? { DATABASE_SCHEMA: config.databaseSchema } : {}),
  }
}

/**
 * The database schema of the index: a hash of indexing code, chain and contracts. Ponder refuses a schema that other code
 * filled, so an upgrade gets a new one and re-indexes by itself.
 */
export function schemaName({ gainsay, opengradient }: Pick<Config, 'gainsay' | 'opengradient'>): string {
  const hash = createHash('sha256')
  const followed = { ...gainsayEnvironment(gainsay), ...opengradientEnvironment(opengradient) }
  // Other endpoints of the same chain have the same history.
  const { GAINSAY_RPC_URL: _, OPENGRADIENT_RPC_URL: __, ...what } = followed
  hash.update(`${JSON.stringify(what)}\n`)
  const sources = ['src', 'networks'].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.startsWith('api'))
      .map((name) => join(folder, name)),
  )
  for (const name of [
    ...sources.sort(),
    'ponder.config.ts',
    'ponder.schema.ts',
    'protocol/status.ts',
    'abis/Conviction.ts',
    'abis/Gainsay.ts',
  ])
    hash.update(readFileSync(join(projectRoot, name)))
  return `gainsay_${hash.digest('hex').slice(0, 12)}`
}

function ponderLevel(level: string): string {
  return level === 'silent' ? 'error' : level
}

function assertPortFree(host: string, port: number): Promise<void> {
  return new Promise((free, taken) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      taken(
        new UserError(
          `Cannot listen on ${host}:${port} (${error.code}). Set GAINSAY_PORT to a free port.`,
          exitCodes.config,
        ),
      ),
    )
    probe.listen(port, host, () => probe.close(() => free()))
  })
}
