import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnGainsay } from '../../../cli/start-command.ts'
import { freePort } from '../../../demo/chain.ts'

/** What a GraphQL API answered. */
export interface Answer<Data> {
  status: number
  data: Data | null | undefined
  errors: { message: string }[] | undefined
}

/** A running `gainsay index`. */
export interface IndexProcess {
  apiUrl: string
  pid: number
  dataDir: string
  /** Asks GraphQL and returns its data. @throws Error when it answers errors */
  ask<Data>(query: string, variables?: Record<string, unknown>): Promise<Data>
  /** Asks GraphQL and returns all that it answers, errors too. */
  answer<Data>(query: string, variables?: Record<string, unknown>): Promise<Answer<Data>>
  /** Waits until the index has come to a block. */
  reached(blockNumber: number | bigint): Promise<void>
  /** What it has logged. */
  log(): string
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

/** Starts the real `gainsay index` on a data folder of its own and waits until it answers. */
export async function startIndex(
  stage: { rpcUrl: string; chainId: number; contract: string; startBlock: number },
  options: { databaseUrl?: string; pollMs?: number; urls?: number; env?: Record<string, string> } = {},
): Promise<IndexProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-index-'))
  const port = await freePort()
  const apiUrl = `http://127.0.0.1:${port}`
  const logFile = join(dataDir, 'index.log')
  const { GAINSAY_PRIVATE_KEY: _, DATABASE_URL: __, ...inherited } = process.env
  const child = spawnGainsay(
    'index',
    {
      ...inherited,
      // Ponder limits requests a URL; many copies of one let a test not wait for that.
      GAINSAY_RPC_URL: Array.from({ length: options.urls ?? 8 }, () => stage.rpcUrl).join(','),
      GAINSAY_CHAIN_ID: String(stage.chainId),
      GAINSAY_CONTRACT: stage.contract,
      GAINSAY_START_BLOCK: String(stage.startBlock),
      GAINSAY_DATA_DIR: dataDir,
      GAINSAY_PORT: String(port),
      GAINSAY_POLL_MS: String(options.pollMs ?? 100),
      DATABASE_URL: options.databaseUrl ?? '',
      LOG_LEVEL: 'info',
      ...options.env,
    },
    openSync(logFile, 'a'),
  )
  const log = () => readFileSync(logFile, 'utf8')

  const answer = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Answer<Data>> => {
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(20_000),
    })
    const body = (await response.json()) as Pick<Answer<Data>, 'data' | 'errors'>
    return { status: response.status, data: body.data, errors: body.errors }
  }
  const ask = async <Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> => {
    const { data, errors } = await answer<Data>(query, variables)
    if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no data')
    return data
  }
  const reached = async (blockNumber: number | bigint): Promise<void> => {
    const deadline = Date.now() + 110_000
    for (let at = -1n; at < BigInt(blockNumber); await sleep(25)) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error(`the index did not come to block ${blockNumber}; it is at ${at}\n${log().slice(-4000)}`)
      at = await ask<{ index: { blockNumber: string } }>('{ index { blockNumber } }').then(
        ({ index }) => BigInt(index.blockNumber),
        () => -1n,
      )
    }
  }
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    }
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    await reached(0)
  } catch (error) {
    await stop()
    throw error
  }
  return { apiUrl, pid: child.pid as number, dataDir, ask, answer, reached, log, stop }
}
