import { type ChildProcess, spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { environmentOf, exitOf, startPonder, withoutKeys } from '../cli/index-command.ts'
import type { Config } from '../config/config.ts'
import type { FilledChain } from './fill.ts'

/** An indexer under measurement. */
export interface App {
  name: 'gainsay' | 'bare'
  start(config: Config, log: number): Promise<ChildProcess>
  /** removes what a run leaves beside the sources */
  tidy(): void
  /** a GraphQL query whose answer has a non-null `last` once the last event's row is there: one row by its key */
  last(chain: FilledChain): string
  /** compares rows with the chain's own logs; returns what differs */
  differences(apiUrl: string, chain: FilledChain): Promise<string[]>
}

/** Gainsay's own index, started as `gainsay index` starts it. */
export const gainsay: App = {
  name: 'gainsay',
  start: startPonder,
  tidy() {},
  last: ({ lastResultId }) => `{ last: result(id: "${lastResultId}") { id } }`,
  async differences(apiUrl, { counts: n }) {
    const lists = ['models', 'nodes', 'requests', 'results', 'challenges', 'payouts', 'timeline']
    const answer = await ask(apiUrl, `{ ${lists.map((list) => `${list}(first: 1) { totalCount }`).join(' ')} }`)
    const moves = ['Requested', 'Posted', 'Challenged', 'Revealed', 'Rejected', 'Finalized', 'Expired']
    return compare(lists, (list) => (answer[list] as { totalCount: number }).totalCount, {
      models: n.ModelRegistered,
      // A node's row is made by its first bond; the play bonds each once.
      nodes: n.Bonded,
      requests: n.Requested,
      results: n.Posted,
      challenges: n.Challenged,
      payouts: n.Credited,
      timeline: moves.reduce((sum, name) => sum + (n[name] ?? 0), 0),
    })
  },
}

const bareRoot = new URL('./bare/', import.meta.url)

/** The bare app beside this file: one row an event, and a counter. */
export const bare: App = {
  name: 'bare',
  async start(config, log) {
    const root = fileURLToPath(bareRoot)
    const bin = fileURLToPath(new URL('./bin/ponder.js', import.meta.resolve('ponder')))
    const options = ['--port', String(config.port), '--hostname', config.host, '--log-level', config.logLevel]
    return spawn(process.execPath, [bin, 'start', '--root', root, '--schema', 'bare', ...options], {
      cwd: root,
      env: { ...withoutKeys(process.env), ...environmentOf(config), PONDER_TELEMETRY_DISABLED: '1' },
      stdio: ['ignore', log, log],
    })
  },
  tidy() {
    // Ponder writes these at every start. The types would stand beside those of Gainsay's own app, under the same names.
    for (const name of ['ponder-env.d.ts', 'generated', '.ponder'])
      rmSync(new URL(name, bareRoot), { recursive: true, force: true })
  },
  last: ({ lastEventId }) => `{ last: entry(id: "${lastEventId}") { id } }`,
  async differences(apiUrl, { counts, total }) {
    const answer = await ask(apiUrl, '{ entrys(limit: 1) { totalCount } tallys(limit: 100) { items { id count } } }')
    const tallies = new Map(
      (answer.tallys as { items: { id: string; count: number }[] }).items.map(({ id, count }) => [id, count]),
    )
    const wrong = compare(Object.keys(counts), (name) => tallies.get(name) ?? 0, counts)
    const rows = (answer.entrys as { totalCount: number }).totalCount
    return rows === total ? wrong : [...wrong, `entries: ${rows} of ${total}`]
  },
}

/** Asks a GraphQL API. @throws Error when it cannot be reached or answers errors */
export async function ask(apiUrl: string, query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${apiUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(30_000),
  })
  const { data, errors } = (await response.json()) as { data?: Record<string, unknown>; errors?: { message: string }[] }
  if (errors || !data) throw new Error(errors?.map(({ message }) => message).join('; ') ?? 'no data')
  return data
}

/** Ends an app and waits for its end. */
export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exitOf(child)
  clearTimeout(late)
}

function compare(
  names: readonly string[],
  actual: (name: string) => number,
  expected: Record<string, number | undefined>,
): string[] {
  return names
    .filter((name) => actual(name) !== expected[name])
    .map((name) => `${name}: ${actual(name)} of ${expected[name]}`)
}
