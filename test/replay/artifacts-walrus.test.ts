import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ArtifactsOptions } from '../../replay/artifacts/artifacts.ts'
import { VerifiedNames } from '../../replay/artifacts/verified.ts'
import { blobIdOf } from '../../replay/artifacts/walrus.ts'
import { type Asked, artifact, remember, sha256, useFixture } from './artifacts-fixture.ts'

const fixture = useFixture()
const digits = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
/** Ids that the tests of the Walrus SDK state, for 1000 shards. */
const emptyId = Buffer.from('dc63d02f71d936716137f17b97901af97d553ad00ac08b20f73b9693c47cd6fe', 'hex').toString(
  'base64url',
)
const digitsId = Buffer.from('865ca48479104a9bdc136f7d6730b7f3920012eccb4e99ba8540b9363766e093', 'hex').toString(
  'base64url',
)
/** Of the same bytes where there are 10 shards, which is far quicker to compute. */
let id = ''
let uri = ''
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error) => error,
  )
const serve = (asked: Asked[], body: Buffer) =>
  fixture.serve(
    remember(asked, (request, response, one) => {
      if (body.length === 0) response.end()
      else fixture.sendRange(request, response, one, body)
    }),
  )
const storeWith = (options: Partial<ArtifactsOptions>) => fixture.store({ walrusShards: 10, ...options })

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gainsay-blob-'))
  await writeFile(join(folder, 'digits'), digits)
  id = await blobIdOf(join(folder, 'digits'), 10)
  uri = `walrus://${id}`
  await rm(folder, { recursive: true })
})

describe('a blob id', () => {
  it.each([
    ['no bytes', Buffer.of(), emptyId],
    ['ten bytes', digits, digitsId],
  ])(
    'of %s is the one that Walrus gives',
    async (_, bytes, id) => {
      const path = join(fixture.folder, 'blob')
      await writeFile(path, bytes)
      expect(await blobIdOf(path, 1000)).toBe(id)
    },
    30_000,
  )

  it('depends on the number of shards, and is computed beside everything else', async () => {
    const path = join(fixture.folder, 'blob')
    await writeFile(path, artifact(100_000).bytes)
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    const [one, other] = await Promise.all([blobIdOf(path, 100), blobIdOf(path, 50)])
    clearInterval(timer)
    expect(one).not.toBe(other)
    expect(turns).toBeGreaterThan(20)
  })

  it('of a file that is not there is trouble of our own', async () => {
    expect(await failure(blobIdOf(join(fixture.folder, 'none'), 1000))).toMatchObject({ code: 'disk', retryable: true })
  })
})

describe('a blob by its id', () => {
  it('is checked against the id once, then looked up, after a restart too', async () => {
    const asked: Asked[] = []
    const walrusAggregators = [await serve(asked, digits)]
    const store = storeWith({ walrusAggregators, allowPrivateHosts: false })
    const got = await Promise.all([store.pathForName(uri), store.pathForName(uri), store.pathForName(`walrus:${id}`)])
    for (const { hash } of got) expect(hash).toBe(sha256(digits))
    expect(await readFile(got[0].path)).toEqual(digits)
    expect(asked.map(({ url }) => url)).toEqual([`/v1/blobs/${id}`])
    expect(await storeWith({ walrusAggregators: [] }).pathForName(uri)).toEqual(got[0])
    expect(await fixture.partials()).toEqual([])
  })

  it('comes from the next aggregator when one lies', async () => {
    const asked: Asked[] = []
    const walrusAggregators = [await serve(asked, Buffer.from('a lie')), await serve(asked, digits)]
    expect(await storeWith({ walrusAggregators }).pathForName(uri)).toMatchObject({ hash: sha256(digits) })
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['another', Buffer.from('a lie')],
    ['one with a byte more', Buffer.concat([digits, Buffer.of(0)])],
    ['one with a byte less', digits.subarray(0, 9)],
    ['none', Buffer.of()],
  ])('is never %s, and leaves nothing behind', async (_, lie) => {
    const store = storeWith({ walrusAggregators: [await serve([], lie)] })
    expect(await failure(store.pathForName(uri))).toMatchObject({ code: 'hashMismatch', retryable: false })
    expect(await fixture.bytesOnDisk()).toBe(0)
    expect(await new VerifiedNames(join(fixture.folder, 'store')).get(`walrus 10 ${id}`)).toBeUndefined()
  })

  it('is another where there are other shards', async () => {
    const walrusAggregators = [await serve([], digits)]
    await storeWith({ walrusAggregators }).pathForName(uri)
    const error = await failure(storeWith({ walrusAggregators, walrusShards: 20 }).pathForName(uri))
    expect(error).toMatchObject({ code: 'hashMismatch' })
    expect(error.message).toContain('GAINSAY_WALRUS_SHARDS')
  })

  it('that breaks off is continued, and checked as a whole', async () => {
    const asked: Asked[] = []
    const server = await fixture.serve(
      remember(asked, (request, response, one, n) =>
        fixture.sendRange(request, response, one, digits, n === 0 ? { cutAt: 4 } : {}),
      ),
    )
    expect(await storeWith({ walrusAggregators: [server] }).pathForName(uri)).toMatchObject({
      hash: sha256(digits),
    })
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=4-'])
  })

  it.each([
    ['spoiled', (path: string) => writeFile(path, 'spoiled')],
    ['cut short', (path: string) => truncate(path, 3)],
    ['gone', (path: string) => rm(path)],
  ])('is got and checked again when the file is %s', async (_, spoil) => {
    const asked: Asked[] = []
    const walrusAggregators = [await serve(asked, digits)]
    const { path } = await storeWith({ walrusAggregators }).pathForName(uri)
    await spoil(path)
    expect(await storeWith({ walrusAggregators }).pathForName(uri)).toEqual({ path, hash: sha256(digits) })
    expect(asked).toHaveLength(2)
  })

  it('that has expired comes from a mirror by the sha256 it was found to have', async () => {
    const { path } = await storeWith({ walrusAggregators: [await serve([], digits)] }).pathForName(uri)
    await rm(path)
    const asked: Asked[] = []
    const gone = await fixture.serve((_, response) => response.writeHead(404).end())
    const places = { walrusAggregators: [gone], mirrors: [await serve(asked, digits)] }
    expect(await storeWith(places).pathForName(uri)).toMatchObject({ hash: sha256(digits) })
    expect(asked.map(({ url }) => url)).toEqual([`/${sha256(digits).slice(2)}`])
  })

  it('is not evicted when its hash is kept', async () => {
    const store = storeWith({ walrusAggregators: [await serve([], digits)], budgetBytes: 15 })
    const { path, hash } = await store.pathForName(uri)
    await store.keep([hash])
    await store.put(artifact(100).bytes)
    await store.put(artifact(100).bytes)
    expect(await readFile(path)).toEqual(digits)
  })

  it.each([
    ['too large', { maxBytes: 9 }, false, 'tooLarge'],
    ['at a private address', { allowPrivateHosts: false }, true, 'forbidden'],
  ])('%s is refused', async (_, options, redirect, code) => {
    const target = await serve([], digits)
    const server = redirect
      ? await fixture.serve((_, response) => response.writeHead(302, { location: target }).end())
      : target
    const error = await failure(storeWith({ walrusAggregators: [server], ...options }).pathForName(uri))
    expect(error).toMatchObject({ code, retryable: false })
  })

  it('comes in time although the first aggregator drips', async () => {
    const slow = await fixture.serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const store = storeWith({ walrusAggregators: [slow, await serve([], digits)], timeoutMs: 2000 })
    expect(await store.pathForName(uri)).toMatchObject({ hash: sha256(digits) })
  })

  it.each([
    'https://example.org/x',
    digitsId,
    'walrus://x',
    `walrus://${digitsId}/x`,
    'ipfs://x',
    '',
    `ipfs://${'a'.repeat(3000)}`,
  ])('is not asked for as %j', async (name) => {
    expect(await failure(storeWith({}).pathForName(name))).toMatchObject({ code: 'unsupportedUri' })
  })
})

describe('with the 1000 shards of mainnet', () => {
  it('a blob has the id that Walrus gives it, and another has not', async () => {
    const places = { walrusAggregators: [await serve([], Buffer.from('a lie')), await serve([], digits)] }
    expect(await fixture.store(places).pathForName(`walrus://${digitsId}`)).toMatchObject({ hash: sha256(digits) })
  }, 120_000)
})

describe('verified names', () => {
  it('are at most so many, the oldest go first, and spoiled lines say nothing', async () => {
    const names = () => new VerifiedNames(fixture.folder, 3)
    for (const name of ['a', 'b', 'c', 'd']) await names().set(name, sha256(Buffer.from(name)))
    expect(await names().get('a')).toBeUndefined()
    expect(await names().get('b')).toBe(sha256(Buffer.from('b')))
    const path = join(fixture.folder, 'names')
    const text = await readFile(path, 'latin1')
    await writeFile(path, `${text.slice(0, 20)}x${text.slice(21)}`)
    expect(await names().get('b')).toBeUndefined()
    expect(await names().get('d')).toBe(sha256(Buffer.from('d')))
    await writeFile(path, text.repeat(100))
    expect(await names().get('d')).toBeUndefined()
  })

  it('of two processes are both there', async () => {
    const [one, other] = [new VerifiedNames(fixture.folder), new VerifiedNames(fixture.folder)]
    await one.get('a')
    await other.set('b', sha256(Buffer.from('b')))
    await one.set('a', sha256(Buffer.from('a')))
    expect(await new VerifiedNames(fixture.folder).get('b')).toBe(sha256(Buffer.from('b')))
  })
})
