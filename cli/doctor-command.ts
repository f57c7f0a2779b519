import { accessSync, constants, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatEther } from 'viem'
import { type Chain, CONVICTION_VERSION, connect, PROTOCOL_VERSION } from '../chain/connect.ts'
import type { Endpoints } from '../chain/rpc/endpoints.ts'
import { type Config, parseConfig } from '../config/config.ts'
import { accountFor, loadAccount } from '../config/key.ts'
import { openJournal } from '../journal/open.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { networkIsolation } from '../replay/pool/isolation.ts'
import { runModel } from '../replay/runtime/runtime.ts'
import { askIndex } from '../watcher/index-client.ts'
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
    return [`chain ${parsed.chainId}, contract ${parsed.contract}, data in ${parsed.dataDir}`, parsed]
  })
  const account = await run('key', async () => {
    const loaded = config ? accountFor(config, env) : loadAccount(env)
    if (!loaded)
      throw new Warning(
        'No key is set, so the watcher will send nothing. To challenge, set GAINSAY_PRIVATE_KEY_FILE and GAINSAY_MODE=live.',
      )
    return [`account ${loaded.address}`, loaded]
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

  const chain = await run<Chain>('rpc, chain and contract', async () => {
    const connected = await connect(config)
    const head = await connected.client.getBlockNumber()
    return [`${PROTOCOL_VERSION} on chain ${connected.chainId}, block ${head}`, connected]
  })
  if (chain) await run('rpc endpoints', () => endpointsCheck(chain.endpoints))
  else skip('rpc endpoints', 'needs a chain')
  if (chain)
    await run('conviction', async () => {
      const { seat } = chain
      if (!seat) return 'the contract leaves the seat empty: disputes go to arbiters alone'
      if (seat.state === 'ready') return `${CONVICTION_VERSION} at ${seat.address}`
      throw new Warning(
        seat.state === 'undeployed'
          ? `Nothing is deployed at ${seat.address}, the contract's conviction seat, so nobody can be convicted by proof. The index follows the address.`
          : `What sits in the contract's conviction seat, ${seat.address}, does not speak ${CONVICTION_VERSION}, so its events are not followed and it is never called. Install the version of Gainsay that fits.`,
      )
    })
  else skip('conviction', 'needs a chain')
  if (chain && account)
    await run('balance', async () => {
      const balance = await chain.client.getBalance({ address: account.address })
      const { challengeBond } = chain.parameters
      const needed = challengeBond + 10n ** 15n
      if (balance < needed)
        throw new Error(
          `${account.address} holds ${formatEther(balance)} ETH; one challenge takes a bond of ${formatEther(challengeBond)} ETH and gas. Send it at least ${formatEther(needed)} ETH.`,
        )
      return `${formatEther(balance)} ETH, enough for ${balance / challengeBond} challenges at once`
    })
  else skip('balance', 'needs a key and a chain')

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
    if (view.chainId !== config.chainId || view.contract !== config.contract)
      throw new Error(
        `The index at ${config.apiUrl} follows ${view.contract} on chain ${view.chainId}, not what is configured. Set GAINSAY_API_URL.`,
      )
    return `at ${config.apiUrl}, block ${view.blockNumber}`
  })
  return checks
}

async function endpointsCheck(endpoints: Endpoints): Promise<string> {
  await endpoints.refreshHeads(0)
  const health = endpoints.health()
  const lines = health.map(
    ({ name, reason, latencyMs, block }) => `${name} ${reason ?? `at block ${block}, ${latencyMs} ms`}`,
  )
  const able = endpoints.able().length
  if (able === health.length && able > 1) return lines.join('; ')
  if (able === health.length)
    throw new Warning(
      `${lines.join('; ')}. What it says is believed: give GAINSAY_RPC_URL two more of other providers, and two must agree on all that money depends on.`,
    )
  const rest = `${lines.join('; ')}. ${able} of ${health.length} can be relied on`
  if (able < 2) throw new Error(`${rest}, and two must agree: nothing would be sent. Mend or replace the others.`)
  throw new Warning(`${rest}.`)
}

/** Something to know, but nothing that stops a watcher. */
class Warning extends Error {}

/** Prints the checks; exit code 0 when none failed, 2 otherwise. */
export async function runDoctor(options: { json?: boolean }): Promise<number> {
  const checks = await diagnose(environment)
  if (options.json) console.log(JSON.stringify(checks))
  else
    for (const { name, state, detail } of checks)
      console.log(`${{ ok: '✓', warning: '!', failed: '✗', skipped: '-' }[state]} ${name}: ${detail}`)
  return checks.some(({ state }) => state === 'failed') ? 2 : 0
}
