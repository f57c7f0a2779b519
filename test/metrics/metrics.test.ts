import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { intendCanary } from '../../journal/canary.ts'
import { canaryOutcomes } from '../../journal/canary-tables.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { type CanaryReport, readCanaryReport } from '../../metrics/canary-facts.ts'
import { createCanaryMetrics } from '../../metrics/canary-registry.ts'
import { readFacts } from '../../metrics/facts.ts'
import { createMetrics, type Measured } from '../../metrics/registry.ts'
import { type MetricsServer, serveMetrics } from '../../metrics/server.ts'
import { newGauges } from '../../watcher/gauges.ts'
import { account, fillJournal } from '../journal/filled-journal.ts'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')

let journal: Journal
let server: MetricsServer
let measured: Measured
let isBroken = false

beforeAll(async () => {
  journal = await openJournal(join(mkdtempSync(join(tmpdir(), 'gainsay-metrics-')), 'journal.sqlite'))
  await fillJournal(journal, { at: 1000 })
  const about = { version: '1.2.3', mode: 'shadow', chainId: 31337, contract: '0xc0', account }
  const { register, show } = createMetrics(about)
  const gauges = { ...newGauges(), lastRoundAt: 4_000, headBlock: 100n, chainTime: 940n, indexBlock: 97n }
  const endpoints = [
    { name: 'a.example', state: 'up' as const, latencyMs: 20, errors: 1, requests: 9, block: 100n },
    { name: 'b.example', state: 'down' as const, latencyMs: null, errors: 5, requests: 5, block: null },
  ]
  measured = {
    facts: await readFacts(journal, 5_000),
    gauges,
    endpoints,
    webhook: { waiting: 2, failed: 1 },
    now: 5_000,
  }
  server = await serveMetrics({ host: '127.0.0.1', port: 0 }, register, async () => {
    if (isBroken) throw new Error('no journal')
    show(measured)
  })
})
afterAll(async () => {
  await server?.stop()
  await journal?.destroy()
})

const scrape = async () => (await fetch(`http://127.0.0.1:${server.port}/metrics`)).text()

/** The canary's own metrics, of a process of its own. */
async function canaryMetrics(report: Partial<CanaryReport> = {}, isRefused = false): Promise<string> {
  const { register, show } = createCanaryMetrics({ chainId: 5, account: '0xca', watcher: '0xda', everyS: 600 })
  show({ report: { ...(await readCanaryReport(journal, 5_000)), ...report }, isRefused, startedAt: 1_000, now: 5_000 })
  return register.metrics()
}
/** All that Prometheus sees of both. */
const scrapeBoth = async () => `${await scrape()}\n${await canaryMetrics()}`

describe('/metrics', () => {
  test('shows what the journal, the rounds and the endpoints say', async () => {
    const text = await scrape()
    for (const line of [
      `gainsay_info{version="1.2.3",mode="shadow",chain_id="31337",contract="0xc0",account="${account}"} 1`,
      'gainsay_deadline_slack_seconds 60',
      'gainsay_last_round_age_seconds 1',
      'gainsay_index_lag_blocks 3',
      'gainsay_queue_length 0',
      'gainsay_replays{verdict="invalid"} 1',
      'gainsay_escalations{step="second"} 2',
      'gainsay_open_results{verdict="undetermined"} 1',
      'gainsay_open_disputes 0',
      'gainsay_actions{kind="challenge",state="done"} 1',
      'gainsay_transactions{state="signed"} 1',
      'gainsay_second_opinion_disagreement_ratio 0',
      `gainsay_ledger_eth{account="${account}",kind="bonded"} 5e-16`,
      `gainsay_ledger_earned_eth{account="${account}"} -1.4e-17`,
      `gainsay_ledger_differences{account="${account}"} 0`,
      `gainsay_ledger_check_age_seconds{account="${account}"} 4`,
      'gainsay_breaker_open 0',
      'gainsay_rpc_up{endpoint="a.example"} 1',
      'gainsay_rpc_up{endpoint="b.example"} 0',
      'gainsay_rpc_latency_seconds{endpoint="a.example"} 0.02',
      'gainsay_rpc_errors_total{endpoint="b.example"} 5',
      'gainsay_webhook_waiting 2',
      'gainsay_webhook_failed_total 1',
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('gainsay_rpc_latency_seconds{endpoint="b.example"}')
  })

  test('does not show the last value of what is gone, nor count twice', async () => {
    await scrape()
    const before = measured
    measured = { ...before, facts: { ...before.facts, nextDeadline: null }, endpoints: before.endpoints.slice(0, 1) }
    const text = await scrape()
    expect(text).not.toMatch(/^gainsay_deadline_slack_seconds /m)
    expect(text).not.toContain('b.example')
    expect(text).toMatch(/^gainsay_rpc_requests_total\{endpoint="a.example"\} 9$/m)
    measured = before
  })

  test('is all that is served, and fails when it cannot be measured', async () => {
    const at = `http://127.0.0.1:${server.port}`
    expect((await fetch(`${at}/`)).status).toBe(404)
    expect((await fetch(`${at}/metrics`, { method: 'POST' })).status).toBe(404)
    isBroken = true
    expect((await fetch(`${at}/metrics`)).status).toBe(503)
    isBroken = false
    expect((await fetch(`${at}/metrics`)).status).toBe(200)
  })
})

describe('the canary’s /metrics', () => {
  test('say what became of the latest, and when one was last caught', async () => {
    const none = await canaryMetrics()
    for (const line of ['failed 0', 'open 0', 'caught_age_seconds 4', 'runs{outcome="missed"} 0', 'every_seconds 600'])
      expect(none.split('\n')).toContain(`gainsay_canary_${line}`)
    const row = { resultId: '0x01', reason: 'nobody', at: 3_000 }
    const caught = await canaryMetrics({ last: { ...row, outcome: 'caught' }, lastCaughtAt: 2_000 })
    for (const line of ['failed 0', 'caught_age_seconds 3', 'refused 0'])
      expect(caught.split('\n')).toContain(`gainsay_canary_${line}`)
    for (const outcome of canaryOutcomes.filter((one) => one !== 'caught'))
      expect(await canaryMetrics({ last: { ...row, outcome } })).toMatch(/^gainsay_canary_failed 1$/m)
    expect(await canaryMetrics({}, true)).toMatch(/^gainsay_canary_refused 1$/m)
  })

  test('count what the journal holds: the open one at what it costs at most', async () => {
    const own = await openJournal(join(mkdtempSync(join(tmpdir(), 'gainsay-canary-')), 'canary.sqlite'))
    const row = {
      ...{ createdAt: 2_000, watcher: '0xda', modelId: '0x01', input: '0x', output: '0x', deadline: 9 },
      ...{ requesterNonce: 0, bond: '100', worst: '70', gasPrice: '1' },
    }
    const ended = { outcome: 'caught', cost: '60', caughtAt: 3_000, settledAt: 4_000 } as const
    await intendCanary(own, { ...row, ...ended, requestId: '0xa1', resultId: '0xb1' })
    await intendCanary(own, { ...row, requestId: '0xa2', resultId: '0xb2', outcome: 'missed' })
    const report = await readCanaryReport(own, 5_000)
    await own.destroy()
    expect(report).toMatchObject({ costOfDay: 130n, lastCaughtAt: 3_000, firstAt: 2_000 })
    expect(report.open).toMatchObject({ resultId: '0xb2' })
    expect(report.last).toMatchObject({ resultId: '0xb2', outcome: 'missed' })
    expect(report.outcomes).toMatchObject({ caught: 1, missed: 1, late: 0 })
  })
})

interface Rule {
  alert: string
  expr: string
  for?: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}
const rules = (parse(read('ops/alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules)
interface Panel {
  title: string
  targets: { expr: string }[]
}
const { panels } = JSON.parse(read('ops/grafana.json')) as { panels: Panel[] }
const expressions = [
  ...rules.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
]

/** The metrics that a PromQL expression names. @throws Error when it is none */
function metricsIn(expression: string): string[] {
  const names: string[] = []
  parser.parse(expression).iterate({
    enter({ type, name, from, to }) {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${expression}`)
      if (name === 'Identifier') names.push(expression.slice(from, to))
    },
  })
  return names
}

describe('alert rules and dashboard', () => {
  test.each(expressions)('%s asks for metrics that there are: %s', async (_, expression) => {
    const text = await scrapeBoth()
    const names = metricsIn(expression)
    expect(names.length).toBeGreaterThan(0)
    for (const name of names) expect(text).toMatch(new RegExp(`^# TYPE ${name} `, 'm'))
  })

  test('what is no PromQL is found out', () => {
    expect(() => metricsIn('gainsay_info{')).toThrow()
    expect(() => metricsIn('sum(gainsay_info) >')).toThrow()
  })

  test('show every metric of ours', async () => {
    const used = new Set(expressions.flatMap(([, expression]) => metricsIn(expression)))
    const ours = [...(await scrapeBoth()).matchAll(/^# TYPE (gainsay_\w+) /gm)].map(([, name]) => name)
    expect(ours.filter((name) => !used.has(name as string))).toEqual([])
  })

  test.each(rules.map((rule) => [rule.alert, rule] as const))('%s leads to a section on what to do', (alert, rule) => {
    expect(Object.keys(rule).filter((key) => !['alert', 'expr', 'for', 'labels', 'annotations'].includes(key))).toEqual(
      [],
    )
    if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+[smh]$/)
    expect(['critical', 'warning']).toContain(rule.labels.severity)
    const [file, anchor] = rule.annotations.runbook.split('#') as [string, string]
    expect(existsSync(new URL(file, ROOT))).toBe(true)
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(headings).toContain(anchor)
    expect(anchor).toBe(`alert-${alert.toLowerCase()}`)
  })

  test('every section on an alert is about one that there is', () => {
    const sections = [...read('docs/operate.md').matchAll(/^### Alert: (\w+)$/gm)].map(([, alert]) => alert)
    expect(sections.sort()).toEqual(rules.map(({ alert }) => alert).sort())
  })
})
