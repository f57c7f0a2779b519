import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type Asked, artifact, remember, useFixture } from './artifacts-fixture.ts'

const fixture = useFixture()
const MiB = 2 ** 20

describe('a download', () => {
  it('that was cut continues where it was, for the same version', async () => {
    const { bytes, hash } = artifact(5 * MiB)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) =>
        fixture.sendRange(request, response, one, bytes, n === 0 ? { cutAt: 3 * MiB } : {}),
      ),
    )
    expect(Buffer.from(await fixture.store().fetch({ hash, uri })).equals(bytes)).toBe(true)
    expect(asked.map(({ headers }) => headers['if-range'])).toEqual([undefined, '"v1"'])
    expect(asked[1]?.headers.range).toBe(`bytes=${3 * MiB}-`)
    expect(asked.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(2 * bytes.length)
    expect(await fixture.partials()).toEqual([])
  })

  it('that is cut again and again goes on as long as it makes progress', async () => {
    const { bytes, hash } = artifact(9 * MiB)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) =>
        fixture.sendRange(request, response, one, bytes, { cutAt: 1.5 * (n + 1) * MiB }),
      ),
    )
    await fixture.store().pathFor({ hash, uri })
    expect(asked).toHaveLength(6)
    expect(asked.reduce((sum, { sent }) => sum + sent, 0)).toBe(bytes.length)
  })

  it('that makes none is given up, left to be continued, and continued later', async () => {
    const { bytes, hash } = artifact(MiB)
    let cutAt = 1000
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one) => fixture.sendRange(request, response, one, bytes, { cutAt })),
    )
    await expect(fixture.store().pathFor({ hash, uri })).rejects.toMatchObject({ code: 'unreachable', retryable: true })
    expect(asked).toHaveLength(3)
    expect(await fixture.partials()).toHaveLength(1)
    cutAt = bytes.length
    const path = await fixture.store().pathFor({ hash, uri })
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(asked[3]?.headers).toMatchObject({ range: 'bytes=1000-', 'if-range': '"v1"' })
  })

  it('of a process that was killed is continued by the next', async () => {
    const { bytes, hash } = artifact(3 * MiB)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) => {
        if (n > 0) return fixture.sendRange(request, response, one, bytes)
        response.writeHead(200, { etag: '"v1"', 'content-length': bytes.length }).write(bytes.subarray(0, 2 * MiB))
        one.sent = 2 * MiB
      }),
    )
    const directory = join(fixture.folder, 'store')
    const script = new URL('artifacts-process.ts', import.meta.url).pathname
    const child = spawn(process.execPath, ['--import', 'tsx', script, directory, hash, uri], { stdio: 'inherit' })
    await vi.waitFor(
      async () => {
        const [name = ''] = await fixture.partials()
        expect((await stat(join(directory, 'partial', name))).size).toBe(2 * MiB)
      },
      { timeout: 30_000, interval: 50 },
    )
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    const path = await fixture.store().pathFor({ hash, uri })
    expect((await readFile(path)).equals(bytes)).toBe(true)
    expect(asked[1]?.headers).toMatchObject({ range: `bytes=${2 * MiB}-`, 'if-range': '"v1"' })
    expect(asked.reduce((sum, { sent }) => sum + sent, 0)).toBe(bytes.length)
    expect(await fixture.partials()).toEqual([])
  })

  it('that lacks only its name is not asked for again', async () => {
    const { bytes, hash } = artifact(1000)
    const asked: Asked[] = []
    const uri = await fixture.serve(remember(asked, (_, response) => response.end()))
    const partial = join(fixture.folder, 'store', 'partial')
    await mkdir(partial, { recursive: true })
    const source = createHash('sha256').update(uri).digest('hex').slice(0, 16)
    await writeFile(join(partial, `${hash.slice(2)}.${source}...part`), bytes)
    expect(Buffer.from(await fixture.store().fetch({ hash, uri }))).toEqual(bytes)
    expect(asked).toEqual([])
  })

  it.each([
    ['of which there is another version by now', { etag: '"v2"' }],
    ['whose server has forgotten ranges', { ranges: false }],
  ])('%s starts over', async (_, second) => {
    const { bytes, hash } = artifact(10_000)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) => {
        if (n === 0) return fixture.sendRange(request, response, one, Buffer.alloc(9000), { cutAt: 4000 })
        fixture.sendRange(request, response, one, bytes, second)
      }),
    )
    expect(Buffer.from(await fixture.store().fetch({ hash, uri }))).toEqual(bytes)
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=4000-'])
  })

  it.each<[string, number, Record<string, string | number>]>([
    ['another start', 206, { 'content-range': 'bytes 3999-9999/10000' }],
    ['an end beyond the whole', 206, { 'content-range': 'bytes 4000-10000/10000' }],
    ['an end before its start', 206, { 'content-range': 'bytes 4000-3000/10000' }],
    ['a length that contradicts it', 206, { 'content-range': 'bytes 4000-9999/10000', 'content-length': 5 }],
    ['no range at all', 206, {}],
    ['nonsense', 206, { 'content-range': 'bytes lots/plenty' }],
    ['another version, against If-Range', 206, { 'content-range': 'bytes 4000-9999/10000', etag: '"v2"' }],
    ['that there is no such range', 416, {}],
  ])('answered with %s starts over without a range', async (_, status, headers) => {
    const { bytes, hash } = artifact(10_000)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) => {
        // Were it believed, it would be waited for: the body never comes.
        if (n === 1) response.writeHead(status, headers).flushHeaders()
        else fixture.sendRange(request, response, one, bytes, n === 0 ? { cutAt: 4000 } : {})
      }),
    )
    expect(Buffer.from(await fixture.store({ timeoutMs: 4000 }).fetch({ hash, uri }))).toEqual(bytes)
    expect(asked.map(({ headers: { range } }) => range)).toEqual([undefined, 'bytes=4000-', undefined])
  })

  it('whose pieces do not fit together is got whole, once', async () => {
    const { bytes, hash } = artifact(10_000)
    const asked: Asked[] = []
    const other = Buffer.alloc(10_000, 1)
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) =>
        fixture.sendRange(request, response, one, n === 1 ? other : bytes, n === 0 ? { cutAt: 4000 } : {}),
      ),
    )
    expect(Buffer.from(await fixture.store().fetch({ hash, uri }))).toEqual(bytes)
    expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=4000-', undefined])
  })

  it('that is wrong in pieces and whole is wrong, and nothing of it stays', async () => {
    const { hash } = artifact(10_000)
    const asked: Asked[] = []
    const uri = await fixture.serve(
      remember(asked, (request, response, one, n) =>
        fixture.sendRange(request, response, one, Buffer.alloc(10_000), n === 0 ? { cutAt: 4000 } : {}),
      ),
    )
    const error = await fixture
      .store()
      .fetch({ hash, uri })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'hashMismatch', retryable: false })
    expect(asked).toHaveLength(3)
    expect(await fixture.bytesOnDisk()).toBe(0)
  })

  it('is not continued by a weak ETag but by its date, and not at all by another address', async () => {
    const { bytes, hash } = artifact(10_000)
    const asked: Asked[] = []
    const date = new Date(0).toUTCString()
    const uri = await fixture.serve(
      remember(asked, (_, response) => {
        response.writeHead(200, { etag: 'W/"v1"', 'last-modified': date, 'content-length': bytes.length })
        void fixture.cutAfter(response, bytes.subarray(0, 4000))
      }),
    )
    await expect(fixture.store({ timeoutMs: 1000 }).fetch({ hash, uri })).rejects.toMatchObject({ code: 'unreachable' })
    expect(asked[1]?.headers).toMatchObject({ range: 'bytes=4000-', 'if-range': date })
    await expect(fixture.store().fetch({ hash, uri: `${uri}/other` })).rejects.toMatchObject({ code: 'unreachable' })
    expect(asked.find(({ url }) => url === '/other')?.headers.range).toBeUndefined()
  })

  it('stops when a range announces more than is allowed, and leaves nothing', async () => {
    const { bytes, hash } = artifact(10_000)
    const uri = await fixture.serve(
      remember([], (request, response, one, n) => {
        if (n === 0) return fixture.sendRange(request, response, one, bytes, { cutAt: 4000 })
        response.writeHead(206, { 'content-range': 'bytes 4000-99999999/100000000' }).flushHeaders()
      }),
    )
    const error = await fixture
      .store({ maxBytes: 10_000 })
      .fetch({ hash, uri })
      .catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'tooLarge', retryable: false })
    expect(await fixture.bytesOnDisk()).toBe(0)
  })

  it('that another address makes needless leaves nothing', async () => {
    const { bytes, hash } = artifact(10_000)
    const cut = await fixture.serve(
      remember([], (request, response, one) => fixture.sendRange(request, response, one, bytes, { cutAt: 4000 })),
    )
    const whole = await fixture.serve((_, response) => response.end(bytes))
    await fixture.store().pathFor({ hash, uri: `${cut} ${whole}` })
    expect(await fixture.bytesOnDisk()).toBe(bytes.length)
  })

  it('that is asked for many times at once happens once', async () => {
    const { bytes, hash } = artifact(100_000)
    const asked: Asked[] = []
    const uri = await fixture.serve(remember(asked, (_, response) => void setTimeout(() => response.end(bytes), 50)))
    const store = fixture.store()
    const all = await Promise.all([
      ...Array.from({ length: 20 }, () => store.fetch({ hash, uri })),
      ...Array.from({ length: 20 }, async () => readFile(await store.pathFor({ hash, uri }))),
    ])
    expect(all.every((got) => bytes.equals(got))).toBe(true)
    expect(asked).toHaveLength(1)
  })

  it('by two processes at once, each with a file of its own, gives a whole file', async () => {
    const { bytes, hash } = artifact(MiB)
    const uri = await fixture.serve((_, response) => {
      response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, MiB / 2))
      setTimeout(() => response.end(bytes.subarray(MiB / 2)), 100)
    })
    const paths = await Promise.all([fixture.store().pathFor({ hash, uri }), fixture.store().pathFor({ hash, uri })])
    expect(new Set(paths).size).toBe(1)
    expect((await readFile(paths[0] as string)).equals(bytes)).toBe(true)
    expect(await readdir(join(fixture.folder, 'store', 'partial'))).toEqual([])
  })
})
