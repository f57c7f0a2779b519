import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GainsayClient } from 'gainsay/client'
import { graphql } from 'graphql'
import { verifyTypedData } from 'viem/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { batchOf, isIncluded } from '../../attestations/batch.ts'
import { verified } from '../../attestations/digest.ts'
import { anchoredBatch, intendBatch } from '../../journal/anchorings.ts'
import type { Journal } from '../../journal/open.ts'
import { attestationsByResult } from '../../src/api/attestations/read.ts'
import { attestationRoutes } from '../../src/api/attestations/routes.ts'
import { Attestations } from '../../src/api/explorer/parts/attestations.tsx'
import { journalSource } from '../../src/api/export/journal-source.ts'
import { gainsaySchema } from '../../src/api/graphql/schema.ts'
import { journalReader } from '../../src/api/journal.ts'
import { openApi } from '../../src/api/status/open-api.ts'
import type { AttestedResult } from '../../watcher/attest.ts'
import { account, attestMany, newJournal } from './support.ts'

const COUNT = 120
const folder = mkdtempSync(join(tmpdir(), 'gainsay-attest-api-'))
const path = join(folder, 'journal.sqlite')
const reader = journalReader(path)
const app = attestationRoutes(reader)
const schema = gainsaySchema()
const contract = `0x${'ac'.repeat(20)}` as const
let journal: Journal
let all: AttestedResult[]
beforeAll(async () => {
  journal = await newJournal(folder)
  all = await attestMany(journal, COUNT)
})
afterAll(() => journal?.destroy())

const get = async (id: string, headers: Record<string, string> = {}) =>
  app.request(`/results/${id}/attestations`, { headers })
const ask = async (source: string) => {
  const loaders = {
    result: { load: async (id: string) => ({ id }) },
    attestationsOfResult: { load: async (id: string) => (await attestationsByResult(reader, [id]))[0] },
  }
  const { data, errors } = await graphql({ schema, source, contextValue: { journal: reader, loaders } })
  expect(errors).toBeUndefined()
  return JSON.parse(JSON.stringify(data))
}
const idOf = (n: number) => all[n]?.resultId as `0x${string}`

test("a result's attestations are what viem takes as it is, from any origin, and again only when they are others", async () => {
  const answer = await get(idOf(6).toUpperCase().replace('0X', '0x'))
  expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
  const { attestations } = await answer.json()
  expect(attestations.length).toBe(1)
  const [one] = attestations
  expect(await verifyTypedData({ ...one, address: one.signer })).toBe(true)
  expect((await verified(one)).signer).toBe(account.address)
  expect(one).toMatchObject({
    signer: account.address.toLowerCase(),
    anchor: null,
    message: { verdict: 2, resultId: idOf(6) },
  })
  for (const field of Object.keys(one)) expect(openApi.components.schemas.Attestation.required).toContain(field)
  const etag = answer.headers.get('etag') as string
  expect((await get(idOf(6), { 'if-none-match': etag })).status).toBe(304)
  expect((await get(idOf(7), { 'if-none-match': etag })).status).toBe(200)
  expect(await (await get(`0x${'00'.repeat(32)}`)).json()).toEqual({ attestations: [] })
  expect((await get('0x12')).status).toBe(400)
})

test('the client fetches them', async () => {
  const client = new GainsayClient('http://api', { fetch: (async (url: string) => app.request(url)) as typeof fetch })
  const [one] = await client.attestations(idOf(3))
  expect(one?.message).toMatchObject({ verdict: 1, outputHash: all[3]?.outputHash })
})

test('lists are filtered, paged without gaps, and counted', async () => {
  const seen: string[] = []
  for (let after: string | null = null; ; ) {
    const { attestations } = await ask(
      `{ attestations(first: 50 ${after ? `after: "${after}"` : ''}) { totalCount endCursor items { resultId verdict result { id } } } }`,
    )
    expect(attestations.totalCount).toBe(COUNT)
    seen.push(...attestations.items.map(({ resultId }: { resultId: string }) => resultId))
    after = attestations.endCursor
    if (!after) break
  }
  expect(new Set(seen)).toEqual(new Set(all.map(({ resultId }) => resultId)))
  expect(seen.length).toBe(COUNT)
  const count = async (where: string) =>
    (await ask(`{ attestations(where: { ${where} }) { totalCount } }`)).attestations.totalCount
  expect(await count('verdict: [invalid]')).toBe(Math.floor(COUNT / 7))
  expect(await count('verdict: [undetermined]')).toBe(0)
  expect(await count('network: "gainsay"')).toBe(0)
  expect(await count(`resultId: "${idOf(5)}"`)).toBe(1)
  expect(await count(`signer: "${account.address}", network: "opengradient"`)).toBe(COUNT)
  expect(await count('signedAt: { below: "5" }')).toBe(0)
})

test('GraphQL says every field as it was signed', async () => {
  const fields =
    'network chainId blockHash transactionHash logIndex resultId modelHash inputHash outputHash tolerance distance runtimes judgedAt'
  const { attestations } = await ask(
    `{ attestations(where: { resultId: "${idOf(6)}" }) { items { ${fields} verdict precision signer signature digest anchor { root } } } }`,
  )
  const [{ verdict, precision, anchor, signature, digest, signer, ...rest }] = attestations.items
  const [one] = (await (await get(idOf(6))).json()).attestations
  expect({ ...rest, verdict: 2, precision: 1 }).toEqual(one.message)
  expect([verdict, precision, anchor]).toEqual(['invalid', 'fp32', null])
  expect([signature, digest, signer]).toEqual([one.signature, one.digest, one.signer])
})

test('an anchored one comes with the proof, once the chain has it', async () => {
  const { digests, batch } = await someBatch(40)
  await intendBatch(journal, digests, { root: batch.root, count: 40, chainId: 7, contract, sender: account.address }, 1)
  const fresh = attestationRoutes(reader)
  const askFor = async (id: string) =>
    (await (await fresh.request(`/results/${id}/attestations`)).json()).attestations[0]
  expect((await askFor(idOf(0))).anchor).toBeNull()
  await anchoredBatch(journal, batch.root, { blockNumber: 9, anchoredAt: 1_800_000_000 })
  for (const n of [1, 20, 39]) {
    const { anchor, digest } = await askFor(idOf(n))
    expect(anchor).toMatchObject({ root: batch.root, count: 40, chainId: 7, contract, anchoredAt: '1800000000' })
    expect(Object.keys(anchor).sort()).toEqual([...openApi.components.schemas.Anchor.required].sort())
    expect(isIncluded(batch.root, digest, anchor.proof)).toBe(true)
  }
  expect((await askFor(idOf(41))).anchor).toBeNull()
})

async function someBatch(count: number) {
  const rows = await journal.selectFrom('attestation').select('digest').orderBy('resultId').limit(count).execute()
  const digests = rows.map(({ digest }) => digest as `0x${string}`)
  return { digests, batch: batchOf(digests) }
}

test("a result's page shows them, whatever they say, and nothing where there are none", async () => {
  const [[one] = []] = await attestationsByResult(reader, [idOf(6)])
  if (!one) throw new Error('not attested')
  const hostile = { ...one, message: { ...one.message, runtimes: '<script>alert(1)</script>' } }
  const html = String(await Attestations({ of: [hostile] }))
  expect(html).toContain(`/results/${idOf(6)}/attestations`)
  expect(html).toContain(one.signer)
  expect(html).toContain('invalid')
  expect(html).not.toContain('<script>')
  expect(Attestations({ of: [] })).toBeNull()
})

test('they are exported, with message and signature', async () => {
  const rows = await journalSource(path, 'attestations', {}).page(null, 1000)
  expect(rows.length).toBe(COUNT)
  expect(rows[0]).toMatchObject({
    state: 'signed',
    signature: expect.stringMatching(/^0x/),
    message: expect.any(String),
  })
  expect((await journalSource(path, 'attestations', { below: 5n }).page(null, 1000)).length).toBe(0)
})

test('without a journal there are none', async () => {
  const none = journalReader(join(folder, 'none.sqlite'))
  const answer = await attestationRoutes(none).request(`/results/${idOf(0)}/attestations`)
  expect(await answer.json()).toEqual({ attestations: [] })
})
