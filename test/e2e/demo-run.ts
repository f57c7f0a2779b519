import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPublicClient, createTestClient, http } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import type { Report } from '../../demo/report.ts'
import { openJournalReadOnly } from '../../journal/open.ts'
import { contractStatuses, nameOf } from '../../protocol/status.ts'

/** A running `gainsay demo`, as a user starts it, that leaves everything up after its report. */
export class DemoRun {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'gainsay-demo-'))
  readonly #process: ChildProcess
  readonly #report: Promise<Report>

  constructor(options: { results: number; seed: number }) {
    const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
    const args = ['--json', '--port', '0', '--results', `${options.results}`, '--seed', `${options.seed}`]
    this.#process = spawn(process.execPath, [bin, 'demo', ...args, '--data', this.dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#report = this.#readReport()
    this.#report.catch(() => {})
  }

  /** What the demo says in the end. */
  report(): Promise<Report> {
    return this.#report
  }

  /** Where chain, contract and API are; waits until they are up. */
  async about(): Promise<{ rpcUrl: string; contract: `0x${string}`; apiUrl: string; watcher: `0x${string}` }> {
    const path = join(this.dataDir, 'demo.json')
    while (!existsSync(path) || readFileSync(path, 'utf8') === '') await sleep(100)
    return JSON.parse(readFileSync(path, 'utf8'))
  }

  /** Kills the watcher without notice, as a crash of the machine would; the demo starts it again. */
  killWatcher(): number {
    const pid = Number(readFileSync(join(this.dataDir, 'watcher.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    return pid
  }

  /** Undoes the last blocks and mines as many empty ones instead. */
  async reorg(depth: number): Promise<void> {
    const { rpcUrl } = await this.about()
    const client = createTestClient({ mode: 'anvil', chain: anvil, transport: http(rpcUrl) })
    await client.request({ method: 'anvil_reorg' as never, params: [depth, []] as never })
  }

  /** Waits until the chain shows so many events of a kind. */
  async until(eventName: 'Posted' | 'Challenged' | 'Rejected', count: number): Promise<void> {
    for (;;) {
      if ((await this.events(eventName)).length >= count) return
      await sleep(200)
    }
  }

  /** All events of a kind that are on the chain now. */
  async events<const Name extends 'Posted' | 'Challenged' | 'Rejected' | 'Finalized'>(eventName: Name) {
    const { rpcUrl, contract } = await this.about()
    const client = createPublicClient({ chain: anvil, transport: http(rpcUrl), cacheTime: 0 })
    return client.getContractEvents({ address: contract, abi: gainsayAbi, eventName, fromBlock: 0n, strict: true })
  }

  /** What the chain, the index and the journal each say of every result on chain: id → status. */
  async threeViews() {
    const { rpcUrl, contract, apiUrl } = await this.about()
    const client = createPublicClient({ chain: anvil, transport: http(rpcUrl, { batch: true }), cacheTime: 0 })
    const chain = new Map<string, string>()
    for (const { args } of await this.events('Posted')) {
      const call = { address: contract, abi: gainsayAbi, functionName: 'statusOf', args: [args.resultId] } as const
      chain.set(args.resultId, nameOf(contractStatuses, await client.readContract(call)))
    }
    const query = '{ results(first: 1000) { items { id status blockHash } } }'
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    })
    const { data } = (await response.json()) as { data: { results: { items: { id: string; status: string }[] } } }
    const index = new Map(data.results.items.map(({ id, status }) => [id, status]))
    const db = openJournalReadOnly(join(this.dataDir, 'journal.sqlite'))
    if (!db) throw new Error('there is no journal')
    const observations = await db.selectFrom('observation').selectAll().where('vanishedAt', 'is', null).execute()
    const journal = new Map(observations.map(({ resultId, settlement }) => [resultId, settlement ?? 'open']))
    const challenges = await db.selectFrom('action').selectAll().where('kind', '=', 'challenge').execute()
    const attempts = await db.selectFrom('attempt').selectAll().execute()
    await db.destroy()
    return { chain: sorted(chain), index: sorted(index), journal: sorted(journal), challenges, attempts }
  }

  /** Ends the demo. @returns its exit code */
  async stop(): Promise<number | null> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM')
      await once(this.#process, 'exit')
    }
    return this.#process.exitCode
  }

  async #readReport(): Promise<Report> {
    const lines = createInterface({ input: this.#process.stdout as NodeJS.ReadableStream })
    for await (const line of lines) if (line.startsWith('{"results"')) return JSON.parse(line) as Report
    throw new Error(`the demo ended without a report; its logs are in ${this.dataDir}`)
  }
}

function sorted(map: Map<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}
