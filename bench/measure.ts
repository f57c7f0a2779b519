import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseConfig } from '../config/config.ts'
import { freePort } from '../demo/chain.ts'
import { type App, ask, end } from './apps.ts'
import type { FilledChain } from './fill.ts'

/** One cold run of one app. */
export interface Measurement {
  seconds: number
  eventsPerSecond: number
  /** user and system time of the indexing process; null where there is no /proc */
  cpuSeconds: number | null
  peakMegabytes: number | null
}

const GIVE_UP_MS = 20 * 60_000

/**
 * Indexes a filled chain from nothing: an own empty data folder, an own empty database if one is given. The clock runs
 * from just before the process is spawned until the last event's row can be read through GraphQL; then every row is
 * counted against the chain's own logs.
 *
 * @throws Error when rows are missing, or the process ends before it is done
 */
export async function measure(
  app: App,
  chain: FilledChain,
  options: { databaseUrl?: string; urls: number },
): Promise<Measurement> {
  mkdirSync('.gainsay', { recursive: true })
  const dataDir = mkdtempSync(resolve('.gainsay', `bench-${app.name}-`))
  const port = await freePort()
  const config = parseConfig({
    GAINSAY_RPC_URL: Array.from({ length: options.urls }, () => chain.rpcUrl).join(','),
    GAINSAY_CHAIN_ID: String(chain.chainId),
    GAINSAY_CONTRACT: chain.contract,
    GAINSAY_START_BLOCK: String(chain.startBlock),
    GAINSAY_DATA_DIR: dataDir,
    GAINSAY_PORT: String(port),
    DATABASE_URL: options.databaseUrl,
    LOG_LEVEL: 'warn',
  })
  const logFile = join(dataDir, 'index.log')
  const start = performance.now()
  const child = await app.start(config, openSync(logFile, 'a'))
  try {
    for (let seen = false; !seen; ) {
      if (child.exitCode !== null) throw new Error(`${app.name} ended early\n${readFileSync(logFile, 'utf8')}`)
      if (performance.now() - start > GIVE_UP_MS) throw new Error(`${app.name} did not get done`)
      await sleep(100)
      seen = await ask(config.apiUrl, app.last(chain)).then(
        ({ last }) => last !== null,
        () => false,
      )
    }
    const seconds = (performance.now() - start) / 1000
    const usage = usageOf(child.pid as number)
    const wrong = await app.differences(config.apiUrl, chain)
    if (wrong.length > 0) throw new Error(`${app.name} does not have all rows: ${wrong.join(', ')}`)
    return { seconds, eventsPerSecond: chain.total / seconds, ...usage }
  } finally {
    await end(child)
    app.tidy()
    rmSync(dataDir, { recursive: true, force: true })
  }
}

/** CPU time and peak memory of a process, from Linux' /proc: far less noisy than the clock on a busy machine. */
function usageOf(pid: number): Pick<Measurement, 'cpuSeconds' | 'peakMegabytes'> {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    // Fields 14 and 15 of stat, in ticks of 10 ms; the third field is the first after the name.
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      peakMegabytes: Math.round(Number(peak) / 1024),
    }
  } catch {
    return { cpuSeconds: null, peakMegabytes: null }
  }
}
