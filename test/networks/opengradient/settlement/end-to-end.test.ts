import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BlobEncoder } from '@mysten/walrus-wasm'
import { pino } from 'pino'
import { type Hex, hexToBytes, toHex } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { otherChain } from '../../../../chain/connect.ts'
import { spawnGainsay } from '../../../../cli/start-command.ts'
import { createArtifacts } from '../../../../cli/watch-command.ts'
import { parseConfig } from '../../../../config/config.ts'
import { openJournal } from '../../../../journal/open.ts'
import { runAudits } from '../../../../watcher/audits/audits.ts'
import { type IndexProcess, startIndex } from '../../../index/support/index-process.ts'
import { type Stage, startStage } from '../../../index/support/stage.ts'
import { placeDoubles, settling, startAggregator } from './stage.ts'
import { dumpOf, makeTee, type Row, signedRow, signedRows, treeOver } from './tees.ts'

interface Shown {
  id: string
  kind: string
  size: string
  transactionHash: Hex
  audit: {
    verdict: string
    reason: string | null
    leaves: number
    registryAt: string | null
    evidenceHash: string | null
    retryAt: string | null
    counts: { kind: string; count: number }[]
    findings: { kind: string; leaf: number | null; detail: string }[]
  } | null
}

let stage: Stage
let index: IndexProcess
let aggregator: Awaited<ReturnType<typeof startAggregator>>
const wantedEnv = [
  'OPENGRADIENT_RPC_URL',
  'OPENGRADIENT_CHAIN_ID',
  'OPENGRADIENT_START_BLOCK',
  'GAINSAY_WALRUS_AGGREGATORS',
]

beforeAll(async () => {
  ;[stage, aggregator] = await Promise.all([startStage(), startAggregator()])
  await placeDoubles(stage.rpcUrl)
})
afterAll(async () => {
  for (const name of wantedEnv) delete process.env[name]
  await index?.stop()
  await aggregator?.stop()
  await stage?.stop()
})

const question = `{ teeBatches(first: 100) { totalCount items { id kind size transactionHash audit {
  verdict reason leaves registryAt evidenceHash retryAt counts { kind count } findings { kind leaf detail } } } } }`
const shown = async () =>
  new Map(
    (await index.ask<{ teeBatches: { items: Shown[] } }>(question)).teeBatches.items.map((one) => [
      one.transactionHash,
      one,
    ]),
  )
/** Waits until this holds of what the API shows. */
async function until(what: (all: Map<Hex, Shown>) => boolean): Promise<Map<Hex, Shown>> {
  for (;;) {
    const all = await shown()
    if (what(all)) return all
    await sleep(50)
  }
}

it('audits what is settled on a chain, tells every kind of fraud apart, and keeps the evidence', async () => {
  const { rpcUrl, cast } = stage
  const settle = settling(rpcUrl, cast.stranger)
  const [one, two, stranger] = [makeTee(), makeTee(), makeTee()]
  await settle.register(one)
  await settle.register(two)
  await stage.pass(600)
  const now = await stage.now()
  let blobs = 0
  /** A blob id that names nothing in particular: where the root commits to the evidence, none needs to. */
  const anyId = () => Buffer.alloc(32, ++blobs).toString('base64url')
  const publish = (bytes: Uint8Array, id = anyId()) => {
    aggregator.blobs.set(id, bytes)
    return toHex(id)
  }
  const settleBatch = (rows: Row[], { size = rows.length, published = dumpOf(treeOver(rows)), id = anyId() } = {}) =>
    settle.batch(treeOver(rows).root as Hex, size, publish(published, id))

  const rows = await signedRows([one, two], 50, now)
  const badSignature = rows.map((row): Row => [...row])
  ;(badSignature[20] as Row)[3] = (badSignature[22] as Row)[3]
  // Evidence that its own blob id names, of which one leaf is not what was settled.
  const changed = JSON.parse(new TextDecoder().decode(dumpOf(treeOver(rows.slice(0, 5)))))
  changed.values[3].value[1] = `0x${'77'.repeat(32)}`
  const changedBytes = new TextEncoder().encode(JSON.stringify(changed))
  const [named] = new BlobEncoder(1000).compute_metadata(changedBytes) as [number[]]
  const lateId = anyId()
  const lying = anyId()
  const [teeId, inputHash, outputHash, signature, timestamp] = await signedRow(two, 7, now)
  const payload = { teeId, timestamp, ethAddress: cast.requester, input: {}, output: 'x' }
  const teeSignature = Buffer.from(hexToBytes(signature)).toString('base64')
  const single = (blobId: Hex, hash = outputHash) =>
    settle.single([teeId, inputHash, hash, BigInt(timestamp), cast.requester, blobId, signature])
  const evidence = new TextEncoder().encode(JSON.stringify({ ...payload, teeSignature }))

  const sent = {
    honest: await settleBatch(rows),
    signature: await settleBatch(badSignature),
    batchSize: await settleBatch(rows, { size: 51 }),
    leaf: await settleBatch(rows.slice(0, 5), {
      published: changedBytes,
      id: Buffer.from(named).toString('base64url'),
    }),
    duplicate: await settleBatch([...rows, rows[9] as Row]),
    unregistered: await settleBatch([await signedRow(stranger, 1, now)]),
    future: await settleBatch([await signedRow(one, 1, now + 9_000n)]),
    registeredLater: await settleBatch([await signedRow(one, 2, now - 3_000n)]),
    late: await settle.batch(treeOver(rows.slice(0, 9)).root as Hex, 9, toHex(lateId)),
    lied: await settleBatch(rows.slice(0, 3), { published: dumpOf(treeOver(rows.slice(3, 6))), id: lying }),
    garbage: await settle.batch(`0x${'01'.repeat(32)}`, 1, `0x${'ff'.repeat(10_000)}`),
    single: await single(publish(evidence)),
    forged: await single(publish(evidence), inputHash),
  }
  await settle.setEnabled(one, false)
  const disabled = await settleBatch(rows.slice(0, 2))

  Object.assign(process.env, {
    OPENGRADIENT_RPC_URL: Array.from({ length: 8 }, () => rpcUrl).join(','),
    ...{ OPENGRADIENT_CHAIN_ID: String(stage.chainId), OPENGRADIENT_START_BLOCK: String(stage.startBlock) },
    GAINSAY_WALRUS_AGGREGATORS: aggregator.url,
  })
  index = await startIndex(stage)
  await index.reached(await stage.head())
  const environment = {
    ...process.env,
    ...{ GAINSAY_RPC_URL: rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_CONTRACT: stage.contract },
    ...{ GAINSAY_DATA_DIR: index.dataDir, GAINSAY_API_URL: index.apiUrl, GAINSAY_POLL_MS: '100' },
  }
  const config = parseConfig(environment)
  const journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
  const stop = new AbortController()
  const watched = {
    config,
    journal,
    artifacts: createArtifacts(config),
    log: pino({ level: 'silent' }),
    clock: Date.now,
  }
  if (!config.opengradient) throw new Error('OpenGradient is not followed')
  const { client } = otherChain(config.opengradient)
  const { teeRegistry } = config.opengradient
  const running = runAudits(watched, { client, teeRegistry }, stop.signal, { retryMs: 3_000 })

  const all = await until((them) => [...them.values()].every(({ audit }) => audit !== null))
  expect(all.size).toBe(14)
  const of = (hash: Hex) => all.get(hash)?.audit
  expect(of(sent.honest)).toMatchObject({ verdict: 'audited', leaves: 50, registryAt: 'block', findings: [] })
  expect(of(sent.single)).toMatchObject({ verdict: 'audited', leaves: 1, registryAt: 'block' })
  // It was settled before the TEE was disabled, and is audited after.
  for (const kind of [
    'signature',
    'batchSize',
    'leaf',
    'duplicate',
    'unregistered',
    'future',
    'registeredLater',
  ] as const)
    expect([kind, of(sent[kind])?.verdict, of(sent[kind])?.counts]).toEqual([kind, 'mismatch', [{ kind, count: 1 }]])
  expect(of(sent.leaf)?.findings).toMatchObject([{ kind: 'leaf', leaf: 3 }])
  expect(of(sent.forged)).toMatchObject({ verdict: 'mismatch', findings: [{ kind: 'signature', leaf: 0 }] })
  expect(of(disabled)).toMatchObject({ verdict: 'mismatch', counts: [{ kind: 'disabled', count: 1 }] })
  expect(of(sent.late)).toMatchObject({ verdict: 'undetermined', evidenceHash: null })
  expect(of(sent.lied)).toMatchObject({ verdict: 'undetermined', evidenceHash: null })
  expect(of(sent.garbage)).toMatchObject({ verdict: 'undetermined', retryAt: null })

  // What was missing comes, and what a server lied about it tells rightly now.
  aggregator.blobs.set(lateId, dumpOf(treeOver(rows.slice(0, 9))))
  aggregator.blobs.set(lying, dumpOf(treeOver(rows.slice(0, 3))))
  await until(
    (them) => them.get(sent.late)?.audit?.verdict === 'audited' && them.get(sent.lied)?.audit?.verdict === 'audited',
  )
  stop.abort()
  await running
  await journal.destroy()

  // All evidence is on disk: the honest batch is there byte for byte when Walrus has nothing any more.
  const digits = String(of(sent.honest)?.evidenceHash).slice(2)
  expect(readdirSync(join(index.dataDir, 'evidence', digits.slice(0, 2)))).toContain(digits)

  // The watcher itself runs them.
  const watcher = spawnGainsay('watch', { ...environment, LOG_LEVEL: 'warn' })
  const exited = once(watcher, 'exit')
  const last = await settleBatch(await signedRows([two], 4, await stage.now()))
  await until((them) => them.get(last)?.audit?.verdict === 'audited')
  watcher.kill('SIGTERM')
  expect(await exited).toEqual([0, null])

  const exported = await fetch(`${index.apiUrl}/export/audits.jsonl`).then((answer) => answer.text())
  expect(exported.trim().split('\n')).toHaveLength(15)
  const batches = await fetch(`${index.apiUrl}/export/teeBatches.csv`).then((answer) => answer.text())
  expect(batches.trim().split('\n')).toHaveLength(16)

  // The pages say the same as the API.
  const pageAt = (path: string) => fetch(`${index.apiUrl}${path}`).then((answer) => answer.text())
  const list = await pageAt('/batches')
  expect(list.match(/> audited</g)).toHaveLength(5)
  expect(list.match(/> mismatch</g)).toHaveLength(9)
  expect(list.match(/> undetermined</g)).toHaveLength(1)
  const wrong = await pageAt(`/batches/${all.get(sent.leaf)?.id}`)
  expect(wrong).toContain('the root commits to')
  expect(wrong).toContain('#3')
  expect(await pageAt(`/batches/0x${'0'.repeat(64)}`)).toContain('Nothing is known of this')
})
