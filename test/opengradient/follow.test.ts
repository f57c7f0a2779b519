import { type Hex, sha256, verifyTypedData } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InferenceEvent } from '../../networks/opengradient/types.ts'
import { corpusModel } from '../corpus/models.ts'
import { rpc } from '../index/support/rpc.ts'
import { NOBODY, type Stage, startStage, WINDOW } from '../index/support/stage.ts'
import { honestEvent, type Tampering, tampered, tamperings } from './events.ts'
import { dataOf, emission, emitterCode, enormousEmission, inferenceEmission, TOPIC } from './precompile.ts'
import { sendAll, startAggregator, startable } from './stage.ts'

const PRECOMPILE = '0x00000000000000000000000000000000000000f4'
/** Events of each model; thousands by hand: `GAINSAY_EVENTS=1000 npx vitest run test/opengradient/follow.test.ts` */
const EVENTS = Number(process.env.GAINSAY_EVENTS ?? 27)
const INPUTS = 4
/** How long to wait for all of them, in ms. */
const WAIT_MS = 240_000 + 250 * EVENTS
/** Of the watcher, which signs its verdicts. */
const KEY = generatePrivateKey()

let stage: Stage
let aggregator: Awaited<ReturnType<typeof startAggregator>>
let node: ReturnType<typeof startable>
/** what becomes of each event, by its own name */
const expected = new Map<string, string>()
/** calldata of the emitter, before the first start and before the second */
const batches: Hex[][] = [[], []]
/** how many of the first are no inferences */
let ignored = 0

beforeAll(async () => {
  stage = await startStage()
  aggregator = await startAggregator()
  await rpc(stage.rpcUrl, 'evm_setBlockGasLimit', '0x100000000')
  await stage.mine(1)
  await rpc(stage.rpcUrl, 'anvil_setCode', PRECOMPILE, emitterCode)
  const [one] = [await play('silero_v5'), await play('namaste_deepa')]
  spoil(one)
  node = startable({
    GAINSAY_RPC_URL: Array(8).fill(stage.rpcUrl).join(','),
    GAINSAY_CHAIN_ID: String(stage.chainId),
    GAINSAY_CONTRACT: stage.contract,
    GAINSAY_START_BLOCK: String(stage.startBlock),
    GAINSAY_POLL_MS: '200',
    GAINSAY_ALLOW_PRIVATE_HOSTS: '1',
    GAINSAY_WALRUS_AGGREGATORS: aggregator.url,
    OPENGRADIENT_RPC_URL: Array(8).fill(stage.rpcUrl).join(','),
    OPENGRADIENT_CHAIN_ID: String(stage.chainId),
    OPENGRADIENT_TOLERANCE: '0.0001',
    ...{ GAINSAY_PRIVATE_KEY: KEY, GAINSAY_ATTEST: '1', GAINSAY_ATTEST_DEPTH: '1' },
  })
}, 240_000)
afterAll(async () => {
  await node?.stop()
  await stage?.stop()
  await aggregator?.stop()
  node?.clean()
})

/** Honest events of a model and every kind of lie about it, half before the first start and half before the second. */
async function play(name: string): Promise<InferenceEvent> {
  const model = corpusModel(name)
  const file = model.file()
  const blobId = await aggregator.publish(file)
  const honest = await Promise.all(
    Array.from({ length: INPUTS }, (_, i) => honestEvent(file, blobId, model.input(`${name} ${i}`), '')),
  )
  const hows = Object.keys(tamperings) as Tampering[]
  for (let i = 0; i < EVENTS; i++) {
    const one = honest[i % INPUTS] as InferenceEvent
    // Each lie once, then rarely: what is invalid takes a process of its own, about a second each.
    const lies = i % 3 === 2 && (i < 3 * hows.length || i % 30 === 2)
    const how = lies ? (hows[Math.floor(i / 3) % hows.length] as Tampering) : undefined
    const event = how ? tampered(one, how, honest[(i + 1) % INPUTS] as InferenceEvent) : one
    add(i, { ...event, inferenceID: `${name} ${i}` }, how ? tamperings[how] : 'valid')
  }
  return honest[0] as InferenceEvent
}

/** What nobody can judge: of each some, in between. */
function spoil(one: InferenceEvent): void {
  const spoilt: [string, InferenceEvent][] = [
    ['zkml', { ...one, request: { ...one.request, mode: 1 } }],
    ['tee', { ...one, request: { ...one.request, mode: 2 } }],
    ['mode 77', { ...one, request: { ...one.request, mode: 77 } }],
    ['no model', { ...one, request: { ...one.request, modelCID: '' } }],
    ['lost model', { ...one, request: { ...one.request, modelCID: 'A'.repeat(43) } }],
    ['nul\u0000 text', { ...one, request: { ...one.request, modelCID: 'a\u0000b' } }],
    ['nothing', { ...one, response: { numbers: [], strings: [], jsons: [], is_simulation_result: false } }],
  ]
  for (const [at, [name, event]] of spoilt.entries())
    add(at, { ...event, inferenceID: name }, name === 'nothing' ? 'invalid' : 'undetermined')
  // Ignored: no inference was run.
  batches[0]?.push(
    inferenceEmission({ ...one, inferenceID: 'simulated', response: { ...one.response, is_simulation_result: true } }),
  )
  ignored++
  // As long as a request to Anvil can be.
  const long = { name: 'long', values: ['x'.repeat(900_000)] }
  add(0, { ...one, inferenceID: 'long', response: { ...one.response, strings: [long] } }, 'invalid')
  // Longer than that: the chain itself fills them up.
  for (const where of ['inferenceID', 'modelCID', 'json'] as const) {
    batches[0]?.push(enormousEmission(where, 10 ** 7))
    expected.set(where === 'inferenceID' ? `${'\ufffd'.repeat(127)}…` : where, 'undetermined')
  }
  // No inference at all.
  const half = dataOf(one).slice(0, 2 + 64 * 20) as Hex
  batches[0]?.push(emission(TOPIC, half))
  expected.set('', 'undetermined')
}

function add(at: number, event: InferenceEvent, becomes: string): void {
  const name = event.inferenceID.replaceAll('\u0000', '\ufffd')
  batches[at % 2]?.push(inferenceEmission(event))
  expected.set(name, becomes)
}

async function emit(batch: number): Promise<void> {
  const from = stage.cast.stranger
  await rpc(stage.rpcUrl, 'anvil_setBalance', from, '0xffffffffffffffffffffffff')
  await sendAll(stage.rpcUrl, from, PRECOMPILE, batches[batch] ?? [])
}

interface Shown {
  externalId: string
  status: string
  mode: string
  node: null
  replay: { verdict: string; reason: string | null } | null
}

async function shown(): Promise<Shown[]> {
  const all: Shown[] = []
  let after: string | null = null
  do {
    const { results }: { results: { items: Shown[]; endCursor: string | null } } = await node.ask(
      `query ($after: String) { results(where: { network: opengradient }, first: 200, after: $after) {
        endCursor items { externalId status mode node { id } replay { verdict reason } } } }`,
      { after },
    )
    all.push(...results.items)
    after = results.endCursor
  } while (after !== null)
  return all
}

const judged = async (count: number) => (await shown()).filter(({ replay }) => replay).length >= count

test(
  'both networks are followed by one process: honest is valid, tampered is not, and nothing hostile stops anything',
  async () => {
    await emit(0)
    await node.start()
    const begun = performance.now()
    const first = (batches[0]?.length ?? 0) - ignored
    await node.until('a third is judged', () => judged(first / 3), WAIT_MS)
    await node.stop()
    await emit(1)
    const request = await requestOfGainsay()
    await node.start()
    await node.until('all are judged', () => judged(expected.size), WAIT_MS)
    const seconds = (performance.now() - begun) / 1000
    console.log(`${expected.size} events in ${seconds.toFixed(1)} s: ${(expected.size / seconds).toFixed(1)} a second`)
    const results = await shown()
    const found = new Map(results.map((one) => [one.externalId, one.replay?.verdict]))
    expect([...found].filter(([name, verdict]) => expected.get(name) !== verdict)).toEqual([])
    expect(found.size).toBe(expected.size)
    expect(results.every(({ status, node }) => status === 'recorded' && node === null)).toBe(true)
    const modes = new Map(results.map((one) => [one.externalId, one.mode]))
    expect([modes.get('zkml'), modes.get('tee'), modes.get('mode 77')]).toEqual(['zkml', 'tee', 'unknown'])
    const gainsay = await node.ask<{ request: { status: string; network: string } }>(
      `{ request(id: "${request}") { status network } }`,
    )
    expect(gainsay.request).toEqual({ status: 'requested', network: 'gainsay' })
    // Nothing was ever intended, let alone sent, about any of them.
    const { results: acted } = await node.ask<{ results: { items: { actions: unknown[] }[] } }>(
      '{ results(where: { network: opengradient }, first: 200) { items { actions { id } } } }',
    )
    expect(acted.items.flatMap(({ actions }) => actions)).toEqual([])
  },
  600_000 + 500 * EVENTS,
)

test('a page and a status say that nothing settles it, and what the replay said', async () => {
  const { results } = await node.ask<{ results: { items: { id: Hex; model: { id: Hex } }[] } }>(
    '{ results(where: { network: opengradient, externalId: "silero_v5 0" }) { items { id model { id } } } }',
  )
  const [one] = results.items
  expect(JSON.parse(await node.text(`/results/${one?.id}/status`))).toMatchObject({
    ...{ reliable: 'see verdict', status: 'recorded', verdict: 'valid', node: null, network: 'opengradient' },
  })
  const page = await node.text(`/results/${one?.id}`)
  expect(page).toContain('right by the word of this watcher')
  expect(page).toContain('not named')
  expect(await node.text(`/models/${one?.model.id}`)).toContain('opengradient')
})

test("every verdict but the undetermined is attested, as whoever has the attester's address can check", async () => {
  await stage.mine(3)
  const said = [...expected.values()].filter((verdict) => verdict !== 'undetermined').length
  const count = async () =>
    (await node.ask<{ attestations: { totalCount: number } }>('{ attestations { totalCount } }')).attestations
      .totalCount
  await node.until('all are attested', async () => (await count()) >= said, WAIT_MS)
  expect(await count()).toBe(said)
  const { results } = await node.ask<{ results: { items: { id: Hex; outputHash: Hex }[] } }>(
    '{ results(where: { network: opengradient, externalId: "silero_v5 2" }) { items { id outputHash } } }',
  )
  const [one] = results.items
  const { attestations } = JSON.parse(await node.text(`/results/${one?.id}/attestations`))
  const [{ domain, types, primaryType, message, signature }] = attestations
  const { address } = privateKeyToAccount(KEY)
  expect(await verifyTypedData({ address, domain, types, primaryType, message, signature })).toBe(true)
  expect(message).toMatchObject({ network: 'opengradient', resultId: one?.id, outputHash: one?.outputHash })
})

/** Something on the other network while the process is away: its own flow goes on. */
async function requestOfGainsay(): Promise<Hex> {
  const { registrant, requester, arbiter } = stage.cast
  const terms = {
    modelHash: `0x${'11'.repeat(32)}`,
    graphRoot: `0x${'22'.repeat(32)}`,
    uri: 'ipfs://model',
    arbiter,
  } as const
  const model = await stage.move(registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 1n, rule: 0, lambda: 0 },
  ])
  const input = { hash: sha256('0x01'), uri: '', data: '0x01' } as const
  return stage.move(requester, 'request', [model, NOBODY, input, (await stage.now()) + BigInt(WINDOW)], 1n)
}
