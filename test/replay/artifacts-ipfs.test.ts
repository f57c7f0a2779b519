import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Asked, artifact, sha256, useFixture } from './artifacts-fixture.ts'
import { type Block, Dag, identity } from './dag.ts'

const fixture = useFixture()
const failure = async (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error) => error,
  )
/** What a store makes of a name, with these blocks at its gateway. */
const getFrom = async (dag: Dag, uri: string, options = {}, asked: Asked[] = []) =>
  fixture
    .store({ ipfsGateways: [await fixture.serve(dag.gateway(asked))], timeoutMs: 120_000, ...options })
    .pathForName(uri)

describe('a file by its CID', () => {
  it('has the CID that IPFS software gives it', () => {
    const hello = new Dag().file(Buffer.from('hello world\n'), [], { version: 0 })
    expect(hello.cid).toBe('QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o')
  })

  it.each([
    ['version 0', { chunk: 262_144, version: 0 as const, rawLeaves: false }],
    ['version 1, raw leaves', { chunk: 262_144 }],
    ['version 1, leaves that are nodes', { chunk: 100_000, rawLeaves: false }],
    ['many levels', { chunk: 30_000, width: 3 }],
    ['a wide node', { chunk: 10_000, width: 5000 }],
  ])('of some MB comes block by block, with %s', async (_, options) => {
    const dag = new Dag()
    const { bytes, hash } = artifact(3_333_333)
    const got = await getFrom(dag, `ipfs://${dag.tree(bytes, options).cid}`)
    expect(got.hash).toBe(hash)
    expect((await readFile(got.path)).equals(bytes)).toBe(true)
    expect(await fixture.partials()).toEqual([])
  })

  it('is the same whatever its chunks (property)', async () => {
    const dag = new Dag()
    const gateway = await fixture.serve(dag.gateway())
    const store = fixture.store({ ipfsGateways: [gateway], timeoutMs: 120_000 })
    const shape = fc.record({
      size: fc.nat(3000),
      chunk: fc.integer({ min: 1, max: 400 }).map((n) => n * 10),
      width: fc.integer({ min: 2, max: 9 }),
      rawLeaves: fc.boolean(),
      version: fc.constantFrom(0 as const, 1 as const),
    })
    await fc.assert(
      fc.asyncProperty(shape, async ({ size, ...options }) => {
        const { bytes, hash } = artifact(size)
        expect((await store.pathForName(`ipfs://${dag.tree(bytes, options).cid}`)).hash).toBe(hash)
      }),
      { numRuns: 25 },
    )
  })

  it('may be one raw block, bytes in its node, bytes in the CID, nothing at all', async () => {
    const dag = new Dag()
    const bytes = Buffer.from('a small model')
    const part = dag.raw(Buffer.from(' model'))
    const names: [string, Buffer][] = [
      [dag.raw(bytes).cid, bytes],
      [dag.file(bytes).cid, bytes],
      [dag.file(Buffer.from('a small'), [part]).cid, bytes],
      [dag.file(Buffer.of(), [identity(Buffer.from('a small')), part]).cid, bytes],
      [identity(bytes).cid, bytes],
      [dag.tree(Buffer.of(), { chunk: 10 }).cid, Buffer.of()],
    ]
    const gateway = await fixture.serve((request, response) => {
      request.url = request.url?.includes('?') ? request.url : `${request.url}?format=raw`
      request.headers.accept = 'application/vnd.ipld.raw'
      dag.gateway()(request, response)
    })
    for (const [cid, wanted] of names) {
      const { path, hash } = await fixture.store({ ipfsGateways: [gateway] }).pathForName(`ipfs://${cid}`)
      expect([cid, hash]).toEqual([cid, sha256(wanted)])
      expect(await readFile(path)).toEqual(wanted)
    }
  })

  it('is got once, by versions 0 and 1 of its CID alike, and looked up afterwards', async () => {
    const dag = new Dag()
    const asked: Asked[] = []
    const bytes = Buffer.from('of both versions')
    const v0 = dag.file(bytes, [], { version: 0 })
    const v1 = dag.file(bytes)
    const got = await getFrom(dag, `ipfs://${v0.cid}`, {}, asked)
    expect(await fixture.store({ ipfsGateways: [] }).pathForName(`ipfs://${v1.cid}?filename=x`)).toEqual(got)
    expect(asked).toHaveLength(1)
  })

  it('holds a block that occurs a thousand times, which is asked for once', async () => {
    const dag = new Dag()
    const asked: Asked[] = []
    const leaf = dag.raw(Buffer.alloc(1000, 7))
    const root = dag.file(Buffer.of(), Array<Block>(1000).fill(leaf))
    expect((await getFrom(dag, `ipfs://${root.cid}`, {}, asked)).hash).toBe(sha256(Buffer.alloc(1_000_000, 7)))
    expect(asked).toHaveLength(2)
  })
})

describe('a path', () => {
  it('leads through folders, by names that are decoded', async () => {
    const dag = new Dag()
    const file = dag.tree(Buffer.from('in a folder'), { chunk: 4 })
    const root = dag.folder({ other: dag.raw(Buffer.of(1)), models: dag.folder({ 'a b.onnx': file }) })
    const got = await getFrom(dag, `ipfs://${root.cid}/models/a%20b.onnx`)
    expect(got.hash).toBe(sha256(Buffer.from('in a folder')))
  })

  it.each([
    ['none', '', /is a folder: name a file/],
    ['nowhere', '/nowhere', /is there 0 times/],
    ['through a file', '/file/x', /what is no folder/],
    ['into a folder', '/folder', /is a folder/],
    ['into a folder that is spread over blocks', '/spread/x', /HAMT/],
    ['to a symbolic link', '/link', /is a symlink/],
  ])('to %s is refused', async (_, path, message) => {
    const dag = new Dag()
    const file = dag.raw(Buffer.of(1))
    const root = dag.folder({
      file,
      folder: dag.folder({ file }),
      spread: dag.folder({ '00x': file }, 5),
      link: dag.file(Buffer.from('/etc/passwd'), [], { type: 4 }),
    })
    const error = await failure(getFrom(dag, `ipfs://${root.cid}${path}`))
    expect(error).toMatchObject({ code: 'unsupportedUri', retryable: false })
    expect(error.message).toMatch(message)
  })
})

describe('a hostile tree', () => {
  const bytes = Buffer.from('0123456789')
  const over = (dag: Dag, levels: number, leaf: Block, width = 2): Block => {
    let block = leaf
    for (let i = 0; i < levels; i++)
      block = dag.file(Buffer.of(), Array<Block>(width).fill({ ...block, size: leaf.size }))
    return block
  }
  it.each<[string, (dag: Dag) => Block, string, RegExp]>([
    [
      'says less than it has',
      (dag) => dag.file(Buffer.of(), [dag.raw(bytes)], { sizes: [9] }),
      'unsupportedUri',
      /more bytes/,
    ],
    [
      'says more than it has',
      (dag) => dag.file(Buffer.of(), [dag.raw(bytes)], { sizes: [11] }),
      'unsupportedUri',
      /fewer/,
    ],
    [
      'says a wrong size further down, made good beside it',
      (dag) => {
        const low = dag.file(Buffer.of(), [dag.raw(bytes), dag.raw(bytes)], { sizes: [9, 11] })
        return dag.file(Buffer.of(), [low, dag.raw(bytes)], { sizes: [20, 10] })
      },
      'unsupportedUri',
      /more bytes/,
    ],
    [
      'says no sizes',
      (dag) => dag.file(Buffer.of(), [dag.raw(bytes)], { sizes: [] }),
      'unsupportedUri',
      /0 parts, and has 1/,
    ],
    ['says petabytes', (dag) => dag.file(Buffer.of(), [dag.raw(bytes)], { sizes: [2 ** 50] }), 'tooLarge', /more than/],
    ['is too deep', (dag) => over(dag, 40, dag.file(Buffer.of()), 1), 'unsupportedUri', /32 levels/],
    ['unfolds to endless nothing', (dag) => over(dag, 30, dag.file(Buffer.of())), 'unsupportedUri', /50000 blocks/],
    [
      'has too many links',
      (dag) => dag.file(Buffer.of(), Array<Block>(9000).fill(dag.raw(bytes))),
      'unsupportedUri',
      /8192/,
    ],
    [
      'has a part of another kind',
      (dag) => dag.file(Buffer.of(), [dag.add(Buffer.of(0xa0), 0x71, 1)]),
      'unsupportedUri',
      /0x71/,
    ],
    ['has a folder for a part', (dag) => dag.file(Buffer.of(), [dag.folder({})]), 'unsupportedUri', /folder/],
    ['is no node', (dag) => dag.add(Buffer.from('no protobuf'), 0x70, 1), 'unsupportedUri', /no UnixFS node/],
    ['holds no UnixFS', (dag) => dag.node(Buffer.from([0xff, 0xff]), [], 1, 1), 'unsupportedUri', /no UnixFS node/],
    ['lacks a block', (dag) => dag.file(Buffer.of(), [new Dag().raw(bytes)]), 'unreachable', /404/],
    ['has too large a block', (dag) => dag.file(Buffer.alloc(2 ** 21)), 'tooLarge', /2097152/],
  ])(
    'that %s is refused',
    async (_, make, code, message) => {
      const dag = new Dag()
      const error = await failure(getFrom(dag, `ipfs://${make(dag).cid}`))
      expect(error).toMatchObject({ code, retryable: code === 'unreachable' })
      expect(error.message).toMatch(message)
      expect(await fixture.bytesOnDisk()).toBe(0)
    },
    30_000,
  )

  it('whose few blocks unfold to more than allowed is left as soon as it says so', async () => {
    const dag = new Dag()
    let block = dag.raw(Buffer.alloc(100_000, 1))
    for (let i = 0; i < 6; i++) block = dag.file(Buffer.of(), Array<Block>(100).fill(block))
    const asked: Asked[] = []
    expect(await failure(getFrom(dag, `ipfs://${block.cid}`, {}, asked))).toMatchObject({ code: 'tooLarge' })
    expect(asked).toHaveLength(1)
  })

  it('named by another hash than sha2-256 is refused without asking', async () => {
    const asked: Asked[] = []
    const cid = `f0170a0e40220${'ab'.repeat(32)}`
    const error = await failure(getFrom(new Dag(), `ipfs://${cid}`, {}, asked))
    expect(error).toMatchObject({ code: 'unsupportedUri' })
    expect(error.message).toContain('sha2-256')
    expect(asked).toEqual([])
  })
})

describe('a gateway', () => {
  const dag = new Dag()
  const { bytes, hash } = artifact(200_000)
  const root = dag.tree(bytes, { chunk: 5000 })

  it.each<[string, (n: number) => 'lie' | 'drop' | 'hang' | 'huge' | 'honest']>([
    ['lies from the beginning', () => 'lie'],
    ['lies about one block', (n) => (n === 20 ? 'lie' : 'honest')],
    ['breaks off in between', (n) => (n > 20 ? 'drop' : 'honest')],
    ['hangs in between', (n) => (n > 20 ? 'hang' : 'honest')],
    ['sends without end', (n) => (n > 20 ? 'huge' : 'honest')],
  ])('that %s is followed by the next, which goes on', async (_, actAt) => {
    let n = 0
    const bad = await fixture.serve((request, response) => {
      const act = actAt(n++)
      if (act === 'honest') dag.gateway()(request, response)
      else if (act === 'lie') response.end('a lie')
      else if (act === 'huge') response.end(Buffer.alloc(3 * 2 ** 20))
      else if (act === 'drop') response.destroy()
    })
    const asked: Asked[] = []
    const good = await fixture.serve(dag.gateway(asked))
    const store = fixture.store({ ipfsGateways: [bad, good], timeoutMs: 6000, allowPrivateHosts: false })
    expect((await store.pathForName(`ipfs://${root.cid}`)).hash).toBe(hash)
    expect(asked.length).toBeLessThanOrEqual(actAt(0) === 'honest' ? 23 + 10 : 41)
  })

  it('that is alone in lying is a mismatch, and nothing of it stays', async () => {
    const liar = await fixture.serve((_, response) => response.end('a lie'))
    const error = await failure(fixture.store({ ipfsGateways: [liar] }).pathForName(`ipfs://${root.cid}`))
    expect(error).toMatchObject({ code: 'hashMismatch', retryable: false })
    expect(await fixture.bytesOnDisk()).toBe(0)
  })

  it('may be private, unlike what it redirects to', async () => {
    const target = await fixture.serve(dag.gateway())
    const redirecting = await fixture.serve((request, response) =>
      response.writeHead(302, { location: `${target}${request.url}` }).end(),
    )
    const from = (allowPrivateHosts: boolean) =>
      fixture.store({ ipfsGateways: [redirecting], allowPrivateHosts }).pathForName(`ipfs://${root.cid}`)
    expect(await failure(from(false))).toMatchObject({ code: 'forbidden', retryable: false })
    expect((await from(true)).hash).toBe(hash)
  })

  it('is asked over few connections', async () => {
    const connections = new Set<unknown>()
    const gateway = await fixture.serve((request, response) => {
      connections.add(request.socket)
      dag.gateway()(request, response)
    })
    await fixture.store({ ipfsGateways: [gateway] }).pathForName(`ipfs://${root.cid}`)
    expect(connections.size).toBeLessThanOrEqual(9)
  })
})
