import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { describe, expect, it } from 'vitest'
import { rawCid, readCid, sha256Of } from '../../replay/artifacts/cid.ts'
import { type Places, sourcesOf } from '../../replay/artifacts/sources.ts'
import { type Asked, artifact, remember, sha256, useFixture } from './artifacts-fixture.ts'

const fixture = useFixture()
const { bytes, hash } = artifact(1000)
const cidV0 = 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG'
const cidV1 = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'
const blobId = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk'
const parseCid = (text: string) => {
  const cid = readCid(text)
  return cid && { version: cid.version, codec: cid.code, blockHash: sha256Of(cid) }
}

/** A server that has the bytes at some paths alone. */
const having = (asked: Asked[], ...paths: string[]) =>
  fixture.serve(
    remember(asked, (request, response) => {
      if (paths.length === 0 || paths.includes(request.url ?? '')) response.end(bytes)
      else response.writeHead(404).end()
    }),
  )
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error) => error,
  )

describe('several addresses', () => {
  it('are tried in order until one has the bytes', async () => {
    const asked: Asked[] = []
    const lie = await fixture.serve(remember(asked, (_, response) => response.end('a lie')))
    const good = await having(asked, '/good')
    const uri = ` nonsense\t${lie}/lie\n${good}/none  ${good}/good ${good}/never`
    expect(Buffer.from(await fixture.store().fetch({ hash, uri }))).toEqual(bytes)
    expect(asked.map(({ url }) => url)).toEqual(['/lie', '/none', '/good'])
  })

  it('get a share of the time each, so that a slow one leaves enough to the others', async () => {
    const slow = await fixture.serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.on('close', () => clearInterval(timer))
    })
    const good = await having([])
    const start = performance.now()
    const uri = `${slow}/1 ${slow}/2 ${good}/3`
    expect(Buffer.from(await fixture.store({ timeoutMs: 1500 }).fetch({ hash, uri }))).toEqual(bytes)
    expect(performance.now() - start).toBeLessThan(1400)
  })

  it('that all fail are named in one message, short and safe to print', async () => {
    const none = await having([], '/nowhere')
    const uri = `${none}/none \u001b[31mred\u0000 file:///etc/passwd ${none}/${'x'.repeat(2000)}`
    const error = await failure(fixture.store().fetch({ hash, uri, data: Buffer.from('wrong') }))
    expect(error).toMatchObject({ code: 'hashMismatch', retryable: true })
    expect(error.message).toMatch(/^[\x20-\x7e…]{0,1300}$/)
    for (const text of ['5 sources', '404', 'inline data', 'fileRoots', 'cannot be read'])
      expect(error.message).toContain(text)
  })

  it.each([
    ['a lie and a dead server', (lie: string) => `${lie} http://127.0.0.1:1/`, 'hashMismatch', true],
    ['lies alone', (lie: string) => `${lie}/1 ${lie}/2`, 'hashMismatch', false],
    ['dead and unknown ones', () => 'http://127.0.0.1:1/ ftp://x', 'unreachable', true],
    ['forbidden and unknown ones', () => 'file:///etc/passwd ftp://x', 'forbidden', false],
    ['unknown ones', () => 'gopher://x ftp://x', 'unsupportedUri', false],
  ])('that are %s say so, and whether to try again', async (_, uriOf, code, retryable) => {
    const lie = await fixture.serve((_, response) => response.end('a lie'))
    expect(await failure(fixture.store().fetch({ hash, uri: uriOf(lie) }))).toMatchObject({ code, retryable })
  })

  it('beyond eight are not tried, however many there are', async () => {
    const asked: Asked[] = []
    const server = await having(asked, '/999')
    const uri = Array.from({ length: 1000 }, (_, i) => `${server}/${i}`).join(' ')
    const error = await failure(fixture.store().fetch({ hash, uri }))
    expect(error.code).toBe('unreachable')
    expect(error.message.length).toBeLessThan(1300)
    expect(asked).toHaveLength(8)
  })

  it('that are the same are tried once, and one that is too long never', async () => {
    const asked: Asked[] = []
    const server = await having(asked, '/none')
    const uri = `${`${server}/x `.repeat(20)} ${server}/${'y'.repeat(2100)} ${server}/z`
    expect(await failure(fixture.store().fetch({ hash, uri }))).toMatchObject({ code: 'unreachable' })
    expect(asked.map(({ url }) => url)).toEqual(['/x', '/z'])
  })

  it('may hold bytes of any length as data:', async () => {
    const large = artifact(100_000)
    const uri = `ftp://x data:;base64,${large.bytes.toString('base64')}`
    expect((await readFile(await fixture.store().pathFor({ hash: large.hash, uri }))).equals(large.bytes)).toBe(true)
  })
})

describe('ipfs:', () => {
  it.each([
    ['version 0', cidV0, `/ipfs/${cidV0}`],
    ['version 1', cidV1, `/ipfs/${cidV1}`],
    ['a path', `${cidV1}/models/a%20b%25.onnx`, `/ipfs/${cidV1}/models/a%20b%25.onnx`],
    ['a slash at the end', `${cidV1}/`, `/ipfs/${cidV1}`],
    ['a name for browsers', `${cidV1}?filename=model.onnx#top`, `/ipfs/${cidV1}`],
    [
      'a path beneath the CID of other raw bytes',
      `${rawCid(sha256(bytes.subarray(1)))}/x`,
      `/ipfs/${rawCid(sha256(bytes.subarray(1)))}/x`,
    ],
    ['the raw CID of the hash itself', rawCid(hash), `/ipfs/${rawCid(hash)}`],
  ])('is asked of the gateways, with %s', async (_, rest, path) => {
    const asked: Asked[] = []
    const ipfsGateways = [await having(asked, '/none'), `${await having(asked, `/sub${path}`)}/sub`]
    const got = await fixture.store({ ipfsGateways, allowPrivateHosts: false }).fetch({ hash, uri: `ipfs://${rest}` })
    expect(Buffer.from(got)).toEqual(bytes)
    expect(asked.map(({ url }) => url)).toEqual([path, `/sub${path}`])
  })

  it('gives nothing but the bytes with the hash, whatever the CID says', async () => {
    const gateway = await fixture.serve((_, response) => response.end('what the CID says'))
    const error = await failure(fixture.store({ ipfsGateways: [gateway] }).fetch({ hash, uri: `ipfs://${cidV1}` }))
    expect(error).toMatchObject({ code: 'hashMismatch', retryable: false })
  })

  it('whose CID is the hash of other bytes is refused without asking for it', async () => {
    const asked: Asked[] = []
    const other = rawCid(sha256(Buffer.from('other')))
    const ipfsGateways = [await having(asked, '/none')]
    const error = await failure(fixture.store({ ipfsGateways }).fetch({ hash, uri: `ipfs://${other}` }))
    expect(error.message).toMatch(/by its CID, does not have the hash/)
    expect(error.code).toBe('hashMismatch')
    expect(asked.map(({ url }) => url)).toEqual([`/ipfs/${rawCid(hash)}`])
  })

  it.each([
    '',
    'x',
    '../../admin',
    `${cidV1}/../../admin`,
    `${cidV1}/%2e%2e/admin`,
    `${cidV1}/a%2fb`,
    `${cidV1}/a%5cb`,
    `${cidV1}/a\\b`,
    `${cidV1}//a`,
    `${cidV1}/a/`,
    `${cidV1}/%00`,
    `${cidV1}/\u0007`,
    `${cidV1}/%zz`,
    `${cidV1}/\ud800`,
    `${cidV1}@evil.example`,
    `${cidV1}:80`,
    `${cidV1}x`,
    cidV0.slice(1),
    `f01551220${'ab'.repeat(31)}`,
    `f01551220${'ab'.repeat(33)}`,
    `f02551220${'ab'.repeat(32)}`,
    'f01',
    cidV0.replace('Y', '0'),
    cidV1.toUpperCase().replace('B', 'b'),
    `b${'a'.repeat(1900)}`,
  ])('does not take %j', async (rest) => {
    const asked: Asked[] = []
    const mirrors = [await having(asked)]
    const error = await failure(
      fixture.store({ ipfsGateways: mirrors }).fetch({ hash: sha256(Buffer.of()), uri: `ipfs://${rest}` }),
    )
    expect(error.message).toContain('is not ipfs://<CID>[/path]')
    expect(asked).toHaveLength(1)
  })

  it('never leads out of the gateway, whatever the path (property)', () => {
    const gateway = 'https://gateway.example'
    const places: Places = { ipfsGateways: [{ base: gateway, trusted: false }], walrusAggregators: [], mirrors: [] }
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('/', '.', '..', '%2e', '%2f', '\\', '@', ':', '?', '#', 'a', '\t', '\0'))
        .map((p) => p.join('')),
    )
    fc.assert(
      fc.property(text, (path) => {
        for (const source of sourcesOf(`ipfs://${cidV1}/${path}`, hash, places)) {
          if (source.type === 'refused') continue
          if (source.type !== 'http') throw new Error(source.type)
          const url = new URL(source.url)
          if (url.origin !== gateway || !`${url.pathname}/`.startsWith(`/ipfs/${cidV1}/`) || url.search || url.hash)
            throw new Error(source.url)
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('walrus:', () => {
  it('is asked of the aggregators', async () => {
    const asked: Asked[] = []
    const walrusAggregators = [await having(asked, '/none'), await having(asked, `/v1/blobs/${blobId}`)]
    const store = fixture.store({ walrusAggregators, allowPrivateHosts: false })
    expect(Buffer.from(await store.fetch({ hash, uri: `walrus://${blobId}` }))).toEqual(bytes)
    expect(asked).toHaveLength(2)
  })

  it.each([
    '',
    'x',
    `${blobId}/..`,
    `${blobId}x`,
    `../${blobId.slice(3)}`,
    `${blobId.slice(1)}=`,
    `${blobId.slice(0, 42)}l`,
  ])('does not take %j', async (id) => {
    const asked: Asked[] = []
    const store = fixture.store({ walrusAggregators: [await having(asked)] })
    expect(await failure(store.fetch({ hash, uri: `walrus://${id}` }))).toMatchObject({ code: 'unsupportedUri' })
    expect(asked).toEqual([])
  })
})

describe("the operator's places", () => {
  it('are asked last for every hash: mirrors, then gateways by the hash itself', async () => {
    const asked: Asked[] = []
    const server = await having(asked, `/ipfs/${rawCid(hash)}`)
    const places = { ipfsGateways: [server], mirrors: [`${server}/mirror/`] }
    expect(Buffer.from(await fixture.store(places).fetch({ hash, uri: `${server}/first ftp://x` }))).toEqual(bytes)
    expect(asked.map(({ url }) => url)).toEqual(['/first', `/mirror/${hash.slice(2)}`, `/ipfs/${rawCid(hash)}`])
  })

  it('are asked for what the chain gives no address for', async () => {
    const mirrors = [await having([], `/${hash.slice(2)}`)]
    expect(
      Buffer.from(
        await fixture.store({ mirrors }).fetch({ hash: hash.toUpperCase().replace('0X', '0x') as Hex, uri: '' }),
      ),
    ).toEqual(bytes)
  })

  it('learn of no hash unless they were named: public gateways are for ipfs: alone', async () => {
    expect((await failure(fixture.store().fetch({ hash, uri: '' }))).message).toMatch(/neither data nor an address/)
    const places: Places = {
      ipfsGateways: [{ base: 'https://a', trusted: false }],
      walrusAggregators: [{ base: 'https://b', trusted: false }],
      mirrors: [],
    }
    expect(sourcesOf('', hash, places)).toEqual([])
    expect(sourcesOf('https://c', hash, places)).toHaveLength(1)
    expect(sourcesOf(`ipfs://${cidV1}`, hash, places)).toMatchObject([
      { url: `https://a/ipfs/${cidV1}`, trusted: false },
    ])
  })

  it('may be private, unlike what they redirect to', async () => {
    const asked: Asked[] = []
    const target = await having(asked)
    for (const location of ['http://169.254.169.254/latest/meta-data/', `${target}/x`, 'http://localhost:1/', '/x']) {
      const redirecting = await fixture.serve((_, response) => response.writeHead(302, { location }).end())
      const store = fixture.store({ ipfsGateways: [redirecting], mirrors: [redirecting], allowPrivateHosts: false })
      const error = await failure(store.fetch({ hash, uri: `ipfs://${cidV1}` }))
      expect(error).toMatchObject({ code: 'forbidden', retryable: false })
    }
    expect(asked).toEqual([])
  })

  it('lend nothing to an address of the chain with the same host', async () => {
    const asked: Asked[] = []
    const server = await having(asked, '/secret')
    const store = fixture.store({ mirrors: [server], allowPrivateHosts: false })
    const error = await failure(store.fetch({ hash, uri: `${server}/secret ${server}/${hash.slice(2)}` }))
    expect(error.message.match(/leads to a private address/g)).toHaveLength(2)
    expect(asked.map(({ url }) => url)).toEqual([`/${hash.slice(2)}`])
  })

  it('keep their passwords and tokens out of messages', async () => {
    const server = (await having([], '/none')).replace('http://', 'http://user:password@')
    const error = await failure(fixture.store({ mirrors: [`${server}/token`] }).fetch({ hash, uri: '' }))
    expect(error.message).toContain('404')
    expect(`${error.message} ${error.cause?.message}`).not.toMatch(/password|token/)
  })
})

describe('a CID', () => {
  it.each([
    ['hello world', 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'],
    ['', 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'],
  ])('of %j is the one that IPFS gives it', (text, cid) => {
    expect(rawCid(sha256(Buffer.from(text)))).toBe(cid)
  })

  it.each([
    [cidV0, 0],
    [cidV1, 1],
  ])('%s names a tree of blocks, not the bytes', (cid, version) => {
    expect(parseCid(cid)).toMatchObject({ version, codec: 0x70 })
  })

  it('made from a hash says that hash, in every base, and is unique to it (property)', () => {
    const hex = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((it) => Buffer.from(it).toString('hex'))
    const inBase = (digits: string, alphabet: string) => {
      let text = ''
      for (let n = BigInt(`0x${digits}`); n > 0n; n /= BigInt(alphabet.length))
        text = alphabet[Number(n % BigInt(alphabet.length))] + text
      return text
    }
    fc.assert(
      fc.property(hex, (digits) => {
        const cid = rawCid(`0x${digits}`)
        const whole = `01551220${digits}`
        const all = [
          cid,
          cid.toUpperCase(),
          `f${whole}`,
          `z${inBase(whole, '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz')}`,
          `k${inBase(whole, '0123456789abcdefghijklmnopqrstuvwxyz')}`,
        ]
        for (const text of all) expect(parseCid(text)).toEqual({ version: 1, codec: 0x55, blockHash: `0x${digits}` })
        expect(cid).toMatch(/^bafkrei[a-z2-7]{52}$/)
        expect(
          parseCid(
            `Qm${inBase(`1220${digits}`, '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz').slice(2)}`,
          ),
        ).toEqual({ version: 0, codec: 0x70, blockHash: `0x${digits}` })
      }),
    )
  })

  it('is letters and digits alone, or none (property)', () => {
    const near = fc.tuple(
      fc.constantFrom(cidV0, cidV1, rawCid(hash)),
      fc.nat(60),
      fc.string({ unit: 'binary', maxLength: 3 }),
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          near.map(([cid, at, text]) => cid.slice(0, at) + text + cid.slice(at)),
        ),
        (text) => {
          const cid = parseCid(text)
          if (cid) expect(text).toMatch(/^[A-Za-z0-9]+$/)
        },
      ),
      { numRuns: 2000 },
    )
  })
})
