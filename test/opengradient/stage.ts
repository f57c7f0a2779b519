import { createHash } from 'node:crypto'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Hex } from 'viem'
import { exitOf } from '../../cli/index-command.ts'
import { spawnGainsay } from '../../cli/start-command.ts'
import { freePort } from '../../demo/chain.ts'
import { blobIdOf } from '../../replay/artifacts/walrus.ts'
import { rpc } from '../index/support/rpc.ts'

/** An aggregator that serves what it was given, by blob id, and 404 for anything else. */
export async function startAggregator() {
  const blobs = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const bytes = blobs.get((request.url ?? '').replace(/^\/v1\/blobs\//, ''))
    if (!bytes) response.writeHead(404).end('no such blob')
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Makes bytes available. @returns their blob id */
    async publish(bytes: Uint8Array): Promise<string> {
      const folder = await mkdtemp(join(tmpdir(), 'gainsay-blob-'))
      const path = join(folder, createHash('sha256').update(bytes).digest('hex'))
      await writeFile(path, bytes)
      const id = await blobIdOf(path, 1000)
      rmSync(folder, { recursive: true })
      blobs.set(id, bytes)
      return id
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped(undefined))
        server.closeAllConnections()
      }),
  }
}

/** Transactions of one block. */
const BLOCK = 10

/** Sends calldata from an unlocked account, each in a transaction, some to a block; resolves when all are mined. */
export async function sendAll(rpcUrl: string, from: Hex, to: Hex, calldata: readonly Hex[]): Promise<void> {
  await rpc(rpcUrl, 'evm_setAutomine', false)
  for (let i = 0; i < calldata.length; i += BLOCK) {
    for (const data of calldata.slice(i, i + BLOCK))
      await rpc(rpcUrl, 'eth_sendTransaction', { from, to, data, gas: '0x18000000' })
    while (((await rpc(rpcUrl, 'txpool_status')) as { pending: Hex }).pending !== '0x0') await rpc(rpcUrl, 'evm_mine')
  }
  await rpc(rpcUrl, 'evm_setAutomine', true)
}

/** A `gainsay start` that can be killed and started again on the same data. */
export function startable(env: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-follow-'))
  const logFile = join(dataDir, 'all.log')
  let child: ReturnType<typeof spawnGainsay> | undefined
  let apiUrl = ''
  let port = 0
  const environment = () => {
    const { GAINSAY_PRIVATE_KEY: _, DATABASE_URL: __, ...inherited } = process.env
    return { ...inherited, ...env, GAINSAY_DATA_DIR: dataDir, GAINSAY_PORT: String(port), LOG_LEVEL: 'info' }
  }
  return {
    dataDir,
    log: () => readFileSync(logFile, 'utf8'),
    /** Of every command about it. */
    env: environment,
    async start(): Promise<void> {
      port ||= await freePort()
      apiUrl = `http://127.0.0.1:${port}`
      child = spawnGainsay('start', environment(), openSync(logFile, 'a'))
    },
    async stop(): Promise<void> {
      if (!child || child.exitCode !== null) return
      child.kill('SIGTERM')
      await exitOf(child)
    },
    async ask<Data>(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
      const response = await fetch(`${apiUrl}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(20_000),
      })
      const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] }
      if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no data')
      return data
    },
    text: async (path: string) => (await fetch(`${apiUrl}${path}`)).text(),
    /** Waits until something holds; a failing look is one more. */
    async until(what: string, holds: () => Promise<boolean>, timeoutMs = 240_000): Promise<void> {
      for (const deadline = Date.now() + timeoutMs; ; await sleep(250)) {
        if (await holds().catch(() => false)) return
        if (Date.now() > deadline || child?.exitCode !== null)
          throw new Error(`never: ${what}\n${readFileSync(logFile, 'utf8').slice(-6000)}`)
      }
    },
    clean: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}
