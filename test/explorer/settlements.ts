import { setTimeout as sleep } from 'node:timers/promises'
import { pino } from 'pino'
import { type Hex, toHex } from 'viem'
import { otherChain } from '../../chain/connect.ts'
import { createArtifacts } from '../../cli/watch-command.ts'
import { parseConfig } from '../../config/config.ts'
import { updateAudit } from '../../journal/audits.ts'
import type { Journal } from '../../journal/open.ts'
import { runAudits } from '../../watcher/audits/audits.ts'
import type { IndexProcess } from '../index/support/index-process.ts'
import type { Stage } from '../index/support/stage.ts'
import { placeDoubles, settling, startAggregator } from '../networks/opengradient/settlement/stage.ts'
import { dumpOf, makeTee, type Row, signedRow, signedRows, treeOver } from '../networks/opengradient/settlement/tees.ts'
import { evil, megabyte } from './wares.ts'

/** Ids of batches by what their audit showed. */
export type Batches = Readonly<Record<'audited' | 'mismatch' | 'missing' | 'single' | 'hostile', Hex>>

/** Settles calls on the stage's chain before an index starts: honest ones, forged ones, and some without evidence. */
export async function playSettlements({ rpcUrl, cast, pass, now }: Stage) {
  await placeDoubles(rpcUrl)
  const aggregator = await startAggregator()
  const settle = settling(rpcUrl, cast.stranger)
  const [one, two, stranger] = [makeTee(), makeTee(), makeTee()]
  await settle.register(one)
  await settle.register(two)
  await pass(600)
  const time = await now()
  let blobs = 0
  const publish = (bytes: Uint8Array): Hex => {
    const id = Buffer.alloc(32, ++blobs).toString('base64url')
    aggregator.blobs.set(id, bytes)
    return toHex(id)
  }
  const batch = (rows: Row[], size = rows.length) =>
    settle.batch(treeOver(rows).root as Hex, size, publish(dumpOf(treeOver(rows))))
  const rows = await signedRows([one, two], 24, time)
  const forged = rows.map((row): Row => [...row])
  ;(forged[5] as Row)[3] = (forged[7] as Row)[3]
  forged.push(await signedRow(stranger, 1, time), await signedRow(one, 99, time + 9_000n))
  const [teeId, inputHash, outputHash, signature, timestamp] = await signedRow(two, 7, time)
  const sent = {
    audited: await batch(rows),
    mismatch: await batch(forged, 30),
    missing: await settle.batch(`0x${'01'.repeat(32)}`, 3, toHex(Buffer.alloc(32, 0xee).toString('base64url'))),
    single: await settle.single([
      ...([teeId, inputHash, outputHash, BigInt(timestamp), cast.requester] as const),
      ...([publish(new TextEncoder().encode(`{"output": ${JSON.stringify(megabyte)}}`)), signature] as const),
    ]),
    // Numbers and bytes that no honest settlement has.
    hostile: await settle.single([
      ...([teeId, inputHash, outputHash, 2n ** 256n - 1n, cast.requester] as const),
      ...([toHex(evil.name), `0x${'3c'.repeat(20_000)}`] as const),
    ]),
  }
  return { aggregator, sent }
}

/** Audits what was settled, by the very part of the watcher that does, and adds what only a hostile journal could hold. */
export async function auditAll(
  stage: Stage,
  index: IndexProcess,
  journal: Journal,
  { aggregator, sent }: Awaited<ReturnType<typeof playSettlements>>,
  env: Record<string, string>,
): Promise<Batches> {
  const config = parseConfig({
    ...{ ...env, GAINSAY_RPC_URL: stage.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId) },
    ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_DATA_DIR: index.dataDir, GAINSAY_API_URL: index.apiUrl },
    ...{ GAINSAY_POLL_MS: '100', GAINSAY_WALRUS_AGGREGATORS: aggregator.url, GAINSAY_ALLOW_PRIVATE_HOSTS: '1' },
  })
  if (!config.opengradient) throw new Error('OpenGradient is not followed')
  const stop = new AbortController()
  const watched = { config, journal, artifacts: createArtifacts(config), log: pino({ level: 'silent' }) }
  const { client } = otherChain(config.opengradient)
  const { teeRegistry } = config.opengradient
  const running = runAudits({ ...watched, clock: Date.now }, { client, teeRegistry }, stop.signal)
  const all = Object.keys(sent).length
  for (;;) {
    const audits = await journal.selectFrom('audit').select('key').where('kind', 'is not', null).execute()
    if (audits.length === all) break
    await sleep(50)
  }
  stop.abort()
  await running
  const { teeBatches } = await index.ask<{ teeBatches: { items: { id: Hex; transactionHash: Hex }[] } }>(
    '{ teeBatches { items { id transactionHash } } }',
  )
  const ids = new Map(teeBatches.items.map(({ transactionHash, id }) => [transactionHash, id]))
  const batches = Object.fromEntries(
    Object.entries(sent).map(([name, hash]) => [name, ids.get(hash) as Hex]),
  ) as unknown as Batches
  const finding = { kind: 'payload', leaf: 0, teeId: null, detail: megabyte }
  const hostile = await journal
    .selectFrom('audit')
    .select('key')
    .where('batchId', '=', batches.hostile)
    .executeTakeFirstOrThrow()
  await updateAudit(journal, hostile.key, {
    ...{ kind: 'mismatch', reason: evil.name, counts: '{"payload":2}', retryAt: null },
    findings: JSON.stringify([finding, { ...finding, detail: evil.name }]),
  })
  return batches
}
