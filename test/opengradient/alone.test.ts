import { execFile } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Hex } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diagnose } from '../../cli/doctor-command.ts'
import { render, statusOf } from '../../cli/status-command.ts'
import { parseConfig } from '../../config/config.ts'
import { freePort, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { openJournalReadOnly } from '../../journal/open.ts'
import type { InferenceEvent } from '../../networks/opengradient/types.ts'
import { corpusModel } from '../corpus/models.ts'
import { rpc } from '../index/support/rpc.ts'
import { honestEvent, tampered, tamperings } from './events.ts'
import { emitterCode, inferenceEmission } from './precompile.ts'
import { sendAll, startAggregator, startable } from './stage.ts'

// OpenGradient followed alone: there is no Gainsay contract, neither deployed nor configured.

const CHAIN_ID = 10740
const PRECOMPILE = '0x00000000000000000000000000000000000000f4'
const KEY = generatePrivateKey()

let chain: LocalChain
let aggregator: Awaited<ReturnType<typeof startAggregator>>
let node: ReturnType<typeof startable>
let receiver: Server
let metricsPort: number
/** what becomes of each event, by its own name */
const expected = new Map<string, string>()
/** what the webhook was told */
const told: { event: string; chainId: number; contract: string; details: Record<string, string> }[] = []

beforeAll(async () => {
  chain = await startLocalChain({ blockTime: 1, accounts: 2, chainId: CHAIN_ID, gasLimit: 0x100000000 })
  aggregator = await startAggregator()
  await rpc(chain.rpcUrl, 'anvil_setCode', PRECOMPILE, emitterCode)
  receiver = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    told.push(JSON.parse(body))
    response.end()
  })
  await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening))
  metricsPort = await freePort()
  node = startable({
    ...environment(),
    OPENGRADIENT_RPC_URL: Array(8).fill(chain.rpcUrl).join(','),
    OPENGRADIENT_TOLERANCE: '0.0001',
    ...{ GAINSAY_POLL_MS: '200', GAINSAY_ALLOW_PRIVATE_HOSTS: '1', GAINSAY_WALRUS_AGGREGATORS: aggregator.url },
    ...{ GAINSAY_PRIVATE_KEY: KEY, GAINSAY_ATTEST: '1', GAINSAY_ATTEST_DEPTH: '1' },
    GAINSAY_METRICS_PORT: String(metricsPort),
    GAINSAY_WEBHOOK_URL: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
  })
}, 120_000)
afterAll(async () => {
  await node?.stop()
  receiver?.close()
  await aggregator?.stop()
  await chain?.stop()
  node?.clean()
})

/** Nothing of a contract, whatever the machine's own environment says. */
function environment(): Record<string, string> {
  const names = ['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID', 'GAINSAY_CONTRACT', 'GAINSAY_CONVICTION', 'GAINSAY_START_BLOCK']
  return Object.fromEntries(names.map((name) => [name, '']))
}

async function emitAll(): Promise<void> {
  const model = corpusModel('silero_v5')
  const file = model.file()
  const blobId = await aggregator.publish(file)
  const [one, other] = (await Promise.all(
    ['one', 'other'].map((name) => honestEvent(file, blobId, model.input(name), '')),
  )) as [InferenceEvent, InferenceEvent]
  const events: [string, InferenceEvent, string][] = [
    ...Array.from(
      { length: 4 },
      (_, i) => [`honest ${i}`, i % 2 ? other : one, 'valid'] as [string, typeof one, string],
    ),
    ['moved', tampered(one, 'moved', other), tamperings.moved],
    ['zkml', { ...one, request: { ...one.request, mode: 1 } }, 'undetermined'],
  ]
  for (const [name, , becomes] of events) expected.set(name, becomes)
  const calls = events.map(([inferenceID, event]) => inferenceEmission({ ...event, inferenceID }))
  await sendAll(chain.rpcUrl, chain.accounts[0]?.address as Hex, PRECOMPILE, calls)
  // What is to be attested lies under other blocks.
  await rpc(chain.rpcUrl, 'anvil_mine', '0x3')
}

/** What a result's page says at its top, by verdict. */
const SAID = {
  valid: 'right by the word of this watcher',
  invalid: 'its replay says something else',
  undetermined: 'Nobody here can tell',
}

interface Shown {
  id: Hex
  externalId: string
  replay: { verdict: string } | null
  actions: object[]
}

const shown = async () =>
  (
    await node.ask<{ results: { items: Shown[] } }>(
      '{ results { items { id externalId replay { verdict } actions { id } } } }',
    )
  ).results.items

async function hasLookedForNews(): Promise<boolean> {
  const journal = openJournalReadOnly(join(node.dataDir, 'journal.sqlite'))
  const noted = await journal?.selectFrom('notice').select('key').execute()
  await journal?.destroy()
  return noted !== undefined && noted.length > 0
}

/** Runs a command as an operator would beside the running processes. */
function gainsay(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
  return new Promise((resolve) => {
    execFile(process.execPath, [bin, ...args], { env: node.env(), timeout: 60_000 }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

test('without any contract, what OpenGradient records is indexed, replayed and judged', async () => {
  await node.start()
  // What is in the journal when the watcher first looks for news is none.
  await node.until('news are looked for', hasLookedForNews)
  await emitAll()
  await node.until('all are judged', async () => (await shown()).filter(({ replay }) => replay).length >= expected.size)
  const results = await shown()
  expect(new Map(results.map(({ externalId, replay }) => [externalId, replay?.verdict]))).toEqual(expected)
  expect(results.flatMap(({ actions }) => actions)).toEqual([])
  const { index, watcher } = await node.ask<{ index: object; watcher: object }>(
    '{ index { network chainId contract conviction lastEvent { blockHash } } watcher { observed valid invalid } }',
  )
  const at = { network: 'opengradient', chainId: CHAIN_ID, contract: PRECOMPILE, conviction: null }
  expect(index).toEqual({ ...at, lastEvent: { blockHash: expect.stringMatching(/^0x/) } })
  expect(watcher).toMatchObject({ observed: expected.size, valid: 4, invalid: 1 })
}, 240_000)

test('the pages, readiness and health say so', async () => {
  const overview = await node.text('/')
  expect(overview).toContain('OpenGradient records what models made of inputs')
  expect(overview).toContain(`on chain ${CHAIN_ID}, OpenGradient’s precompile`)
  expect(overview).toMatch(/4 valid, 1 invalid, 1 undetermined/)
  expect(overview).not.toContain('Bonds behind results')
  for (const { id, replay } of await shown()) {
    const page = await node.text(`/results/${id}`)
    expect(page).toContain(SAID[replay?.verdict as keyof typeof SAID])
    expect(JSON.parse(await node.text(`/results/${id}/status`))).toMatchObject({
      ...{ reliable: 'see verdict', status: 'recorded', verdict: replay?.verdict, network: 'opengradient' },
    })
  }
  for (const path of ['/watcher', '/nodes', '/models', '/analytics', '/results?verdict=invalid'])
    expect(await node.text(path), path).toContain('OpenGradient’s precompile')
  expect(await node.text('/ready')).toBe('')
  await node.until('it is at the head', async () => JSON.parse(await node.text('/readiness')).ready)
  expect(await node.text('/export/results.jsonl')).toContain('honest 0')
})

test('status, doctor, journal and replay work, and what needs a contract says so', async () => {
  const config = parseConfig(node.env())
  const status = await statusOf(config, privateKeyToAccount(KEY).address)
  expect(status).toMatchObject({
    ...{ mode: 'judging only: no contract', isRunning: true, trouble: [], open: [] },
    ...{ chain: { chainId: CHAIN_ID, contract: PRECOMPILE, balance: null }, index: { lag: expect.any(BigInt) } },
    ...{ journal: { verdicts: { valid: 4, invalid: 1, undetermined: 1 } }, endpoints: [{ state: 'up' }] },
  })
  expect(render(status)).toContain('opengradient: 4 valid, 1 invalid, 1 undetermined')
  const checks = await diagnose(node.env())
  expect(checks.filter(({ state }) => state === 'failed')).toEqual([])
  expect(Object.fromEntries(checks.map(({ name, state }) => [name, state]))).toMatchObject({
    ...{ configuration: 'ok', key: 'ok', opengradient: 'ok', index: 'ok', journal: 'ok' },
    ...{ 'rpc, chain and contract': 'skipped', conviction: 'skipped', balance: 'skipped' },
  })
  const { id = '' } = (await shown()).find(({ externalId }) => externalId === 'moved') ?? {}
  const [replay, journal, canary, resume] = await Promise.all([
    gainsay('replay', id),
    gainsay('journal', 'check'),
    gainsay('canary'),
    gainsay('resume'),
  ])
  expect(replay).toMatchObject({ code: 2, out: expect.stringMatching(/status +recorded\n/) })
  expect(journal).toMatchObject({ code: 0, out: expect.stringContaining('whole and consistent') })
  for (const refused of [canary, resume])
    expect(refused).toMatchObject({
      ...{ code: 78, err: expect.stringContaining('Set GAINSAY_RPC_URL, GAINSAY_CHAIN_ID and GAINSAY_CONTRACT') },
    })
}, 120_000)

test('metrics are by network, the webhook tells of what is wrong, and every verdict is attested', async () => {
  const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  await node.until('a round ended well', async () => /^gainsay_last_round_age_seconds \d/m.test(await metrics()))
  const text = await metrics()
  expect(text).toContain('gainsay_results{network="opengradient",verdict="invalid"} 1')
  expect(text).toContain('gainsay_results{network="opengradient",verdict="valid"} 4')
  expect(text).toMatch(/^gainsay_info\{.*mode="watch",chain_id="10740",contract="0x0+f4"/m)
  expect(text).toMatch(/^gainsay_rpc_up\{endpoint="127\.0\.0\.1:\d+"\} 1$/m)
  await node.until('it is told', async () => told.length > 0)
  const wrong = (await shown()).find(({ externalId }) => externalId === 'moved')
  expect(told).toMatchObject([
    {
      ...{ event: 'fraudFound', chainId: CHAIN_ID, contract: PRECOMPILE },
      details: { result: wrong?.id, network: 'opengradient' },
    },
  ])
  const attested = async () =>
    (await node.ask<{ attestations: { items: { signer: string }[] } }>('{ attestations { items { signer } } }'))
      .attestations.items
  await node.until('all that is told is attested', async () => (await attested()).length >= 5)
  expect((await attested()).every(({ signer }) => signer === privateKeyToAccount(KEY).address.toLowerCase())).toBe(true)
}, 60_000)
