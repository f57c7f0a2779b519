import { accessSync, constants, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, parseConfig } from '../config/config.ts'
import { accountFor, loadAccount } from '../config/key.ts'
import { principalOf } from '../config/principal.ts'
import { openJournal } from '../journal/open.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { networkIsolation } from '../replay/pool/isolation.ts'
import { runModel } from '../replay/runtime/runtime.ts'
import { askIndex } from '../watcher/index-client.ts'
import {
  balanceCheck,
  contractCheck,
  convictionCheck,
  endpointsCheck,
  opengradientCheck,
  Warning,
} from './doctor-chains.ts'
import { embeddedFolder } from './embedded-database.ts'
import { environment } from './environment.js'
import { identityModel } from './identity-model.ts'

/** The outcome of one check; a failed one says what to do. */
export interface Check {
  name: string
  state: 'ok' | 'warning' | 'failed' | 'skipped'
  detail: string
}

/**
 * `gainsay doctor`: checks everything a watcher needs, each check on its own so that one failure hides no other.
 *
 * @returns the checks in the order a user should mend them
 */
export async function diagnose(env: NodeJS.ProcessEnv): Promise<Check[]> {
  const checks: Check[] = []
  const run = async <T>(
    name: string,
    check: () => Promise<[detail: string, value: T] | string>,
  ): Promise<T | undefined> => {
    try {
      const outcome = await check()
      const [detail, value] = typeof outcome === 'string' ? [outcome, undefined] : outcome
      checks.push({ name, state: 'ok', detail })
      return value
    } catch (error) {
      checks.push({ name, state: error instanceof Warning ? 'warning' : 'failed', detail: (error as Error).message })
      return undefined
    }
  }
  const skip = (name: string, why: string) => checks.push({ name, state: 'skipped', detail: why })

  const config = await run<Config>('configuration', async () => {
    const parsed = parseConfig(env)
    return [`${followedOf(parsed)}, data in ${parsed.dataDir}`, parsed]
  })
  const account = await run('key', async () => {
    const loaded = config ? accountFor(config, env) : loadAccount(env)
    if (loaded) return [`account ${loaded.address}`, loaded]
    if (config?.attest.on)
      throw new Error('GAINSAY_ATTEST says that verdicts are signed, but no key is set. Set GAINSAY_PRIVATE_KEY_FILE.')
    if (config && !config.gainsay)
      return 'none, and none is needed: there is nothing to challenge. GAINSAY_ATTEST=1 signs verdicts with one.'
    throw new Warning(
      'No key is set, so the watcher will send nothing. To challenge, set GAINSAY_PRIVATE_KEY_FILE and GAINSAY_MODE=live.',
    )
  })
  await run('runtime', async () => {
    const model = identityModel()
    const x = { dtype: 'float32', dims: [1], data: new Uint8Array(4) } as const
    const names: string[] = []
    for (const runtime of ['native', 'wasm'] as const) {
      const { outputs, runtime: name } = await runModel({ model, inputs: new Map([['x', x]]), runtime })
      if (encodeTensors(outputs).length === 0) throw new Error(`${name} gave no output`)
      names.push(name)
    }
    return names.join(', ')
  })
  await run('sandbox', async () => {
    if (await networkIsolation()) return 'models run without a network, under limits of memory, CPU and time'
    throw new Warning(
      'This system cannot keep models from the network (no `unshare`, or not permitted). They run under limits of memory and time only: give the watcher a machine or container whose outgoing traffic is restricted.',
    )
  })
  if (!config) {
    for (const name of [
      'rpc, chain and contract',
      'rpc endpoints',
      'conviction',
      'balance',
      'data folder',
      'journal',
      'database',
      'index',
    ])
      skip(name, 'needs a configuration')
    return checks
  }

  const needsChain = config.gainsay ? 'needs a chain' : 'no Gainsay contract is followed'
  const chain = config.gainsay && (await run('rpc, chain and contract', () => contractCheck(config)))
  if (!config.gainsay) skip('rpc, chain and contract', needsChain)
  if (chain) {
    await run('rpc endpoints', () => endpointsCheck(chain.endpoints))
    await run('conviction', async () => convictionCheck(chain))
  } else for (const name of ['rpc endpoints', 'conviction']) skip(name, needsChain)
  if (chain && account) await run('balance', () => balanceCheck(chain, account.address))
  else skip('balance', config.gainsay ? 'needs a key and a chain' : needsChain)
  const { opengradient } = config
  if (opengradient) await run('opengradient', () => opengradientCheck({ ...config, ...opengradient }))

  await run('data folder', async () => {
    mkdirSync(join(config.dataDir, 'artifacts'), { recursive: true })
    const probe = join(config.dataDir, 'artifacts', '.doctor')
    writeFileSync(probe, 'ok')
    rmSync(probe)
    for (const root of config.fileRoots) accessSync(root, constants.R_OK)
    const { bavail, bsize } = statfsSync(config.dataDir)
    const free = bavail * bsize
    if (free < config.maxArtifactBytes)
      throw new Error(
        `${config.dataDir} has ${Math.floor(free / 2 ** 20)} MiB left, less than one artifact may take. Free some, or move GAINSAY_DATA_DIR.`,
      )
    return `${config.dataDir}, ${Math.floor(free / 2 ** 30)} GiB free`
  })
  await run('journal', async () => {
    const journal = await openJournal(join(config.dataDir, 'journal.sqlite'))
    const { n } = await journal
      .selectFrom('observation')
      .select((e) => e.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    await journal.destroy()
    return `${n} results observed`
  })
  await run('database', async () => {
    if (!config.databaseUrl) return `embedded PGlite in ${embeddedFolder(config)}`
    const { default: pg } = await import('pg')
    const client = new pg.Client({ connectionString: config.databaseUrl, connectionTimeoutMillis: 5000 })
    try {
      await client.connect()
      const { rows } = await client.query('show server_version')
      return `Postgres ${rows[0].server_version}`
    } catch (error) {
      throw new Error(
        `Postgres does not answer (${(error as NodeJS.ErrnoException).code ?? 'refused'}). Check DATABASE_URL and that the server runs.`,
      )
    } finally {
      await client.end().catch(() => {})
    }
  })
  await run('index', async () => {
    const view = await askIndex(config.apiUrl, { ids: [] }).catch(() => {
      throw new Warning(`No index answers at ${config.apiUrl}. Start one with \`gainsay index\` or \`gainsay start\`.`)
    })
    const { chainId, contract } = principalOf(config)
    if (view.chainId !== chainId || view.contract !== contract)
      throw new Error(
        `The index at ${config.apiUrl} follows ${view.contract} on chain ${view.chainId}, not what is configured. Set GAINSAY_API_URL.`,
      )
    return `at ${config.apiUrl}, block ${view.blockNumber}`
  })
  return checks
}

/** What a configuration follows, in words. */
function followedOf({ gainsay, opengradient }: Config): string {
  const parts: string[] = []
  if (gainsay) parts.push(`chain ${gainsay.chainId}, contract ${gainsay.contract}`)
  if (opengradient) parts.push(`OpenGradient on chain ${opengradient.chainId}`)
  return parts.join('; ')
}

/** Prints the checks; exit code 0 when none failed, 2 otherwise. */
export async function runDoctor(options: { json?: boolean }): Promise<number> {
  const checks = await diagnose(environment)
  if (options.json) console.log(JSON.stringify(checks))
  else
    for (const { name, state, detail } of checks)
      console.log(`${{ ok: '✓', warning: '!', failed: '✗', skipped: '-' }[state]} ${name}: ${detail}`)
  return checks.some(({ state }) => state === 'failed') ? 2 : 0
}
