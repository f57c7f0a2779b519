import type { ChildProcess } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startPonder } from '../../cli/index-command.ts'
import { parseConfig } from '../../config/config.ts'
import { freePort } from '../../demo/chain.ts'
import { ask, end } from '../apps.ts'
import type { SmallChain } from './chain.ts'

/** A running index on a data folder that stays. */
export interface Serving {
  apiUrl: string
  pid: number
  /** the schema in which its tables are */
  schema: string
  stop(): Promise<void>
}

const GIVE_UP_MS = 30 * 60_000

/** Starts the index as `gainsay index` does, and waits until it is at the chain's head and has made its database indexes. */
export async function serve(chain: SmallChain, dataDir: string, databaseUrl?: string): Promise<Serving> {
  const port = await freePort()
  const config = parseConfig({
    GAINSAY_RPC_URL: Array.from({ length: 8 }, () => chain.rpcUrl).join(','),
    GAINSAY_CHAIN_ID: String(chain.chainId),
    GAINSAY_CONTRACT: chain.contract,
    GAINSAY_START_BLOCK: String(chain.startBlock),
    GAINSAY_DATA_DIR: dataDir,
    GAINSAY_PORT: String(port),
    DATABASE_URL: databaseUrl,
    LOG_LEVEL: 'info',
  })
  const logFile = join(dataDir, `index-${port}.log`)
  const child = await startPonder(config, openSync(logFile, 'w'))
  const log = () => readFileSync(logFile, 'utf8')
  const deadline = performance.now() + GIVE_UP_MS
  for (let ready = false; !ready; await sleep(200)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await end(child)
      throw new Error(`the index did not start\n${log().slice(-4000)}`)
    }
    // Ponder's own "ready" comes too early on short chains.
    ready = log().includes('Created database indexes') && (await isAtHead(config.apiUrl))
  }
  return { apiUrl: config.apiUrl, pid: child.pid as number, schema: schemaOf(child), stop: () => end(child) }
}

function schemaOf({ spawnargs }: ChildProcess): string {
  return spawnargs[spawnargs.indexOf('--schema') + 1] as string
}

async function isAtHead(apiUrl: string): Promise<boolean> {
  return ask(apiUrl, '{ index { blockNumber } results(first: 1) { items { id } } }').then(
    ({ index, results }) =>
      Number((index as { blockNumber: string }).blockNumber) > 0 && (results as { items: unknown[] }).items.length > 0,
    () => false,
  )
}
