import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { describe, expect, it } from 'vitest'
import { type Asked, artifact, remember, useFixture } from './artifacts-fixture.ts'

const fixture = useFixture()
const MiB = 2 ** 20

/** Stores artifacts of 1,000 bytes each. */
async function putSome(store: { put(bytes: Uint8Array): Promise<Hex> }, count: number): Promise<Hex[]> {
  const hashes: Hex[] = []
  for (let i = 0; i < count; i++) hashes.push(await store.put(artifact(1000).bytes))
  return hashes
}

/** Which of the artifacts are stored, as positions. */
async function storedOf(hashes: Hex[]): Promise<number[]> {
  const store = fixture.store()
  const there = await Promise.all(hashes.map((hash) => stat(store.pathOf(hash)).then(Boolean, () => false)))
  return there.flatMap((is, i) => (is ? [i] : []))
}

describe('the budget', () => {
  it('is held by evicting what was not used for longest', async () => {
    const store = fixture.store({ budgetBytes: 3500 })
    const hashes = await putSome(store, 3)
    await store.fetch({ hash: hashes[0] as Hex, uri: '' })
    await store.pathFor({ hash: hashes[1] as Hex, uri: '' })
    hashes.push(...(await putSome(store, 1)))
    expect(await storedOf(hashes)).toEqual([0, 1, 3])
    hashes.push(...(await putSome(store, 1)))
    expect(await storedOf(hashes)).toEqual([1, 3, 4])
    expect(await fixture.bytesOnDisk()).toBe(3000)
  })

  it('is held in the same order after a restart, what was there included', async () => {
    const hashes = await putSome(fixture.store(), 5)
    const middle = fixture.store()
    await middle.fetch({ hash: hashes[1] as Hex, uri: '' })
    await middle.fetch({ hash: hashes[0] as Hex, uri: '' })
    await fixture.store({ budgetBytes: 3000 }).put(artifact(1000).bytes)
    expect(await storedOf(hashes)).toEqual([0, 1])
  })

  it('counts a file once, whether stored again, spoiled or removed by somebody', async () => {
    const store = fixture.store({ budgetBytes: 3000 })
    const one = artifact(1000)
    for (let i = 0; i < 5; i++) await store.put(one.bytes)
    const hashes = await putSome(store, 2)
    expect(await storedOf([one.hash, ...hashes])).toEqual([0, 1, 2])
    await unlink(store.pathOf(hashes[0] as Hex))
    await expect(store.pathFor({ hash: hashes[0] as Hex, uri: '' })).rejects.toMatchObject({ code: 'unreachable' })
    await writeFile(store.pathOf(one.hash), 'spoiled')
    await expect(store.pathFor({ hash: one.hash, uri: '' })).rejects.toMatchObject({ code: 'unreachable' })
    hashes.push(...(await putSome(store, 2)))
    expect(await storedOf(hashes)).toEqual([1, 2, 3])
  })

  it('never takes what was just stored, however small it is', async () => {
    const store = fixture.store({ budgetBytes: 1 })
    const all = Array.from({ length: 20 }, () => artifact(1000))
    const got = await Promise.all(
      all.map(({ bytes, hash }) => store.fetch({ hash, uri: `data:;base64,${bytes.toString('base64')}` })),
    )
    expect(got.map((bytes) => Buffer.from(bytes))).toEqual(all.map(({ bytes }) => bytes))
    expect(await fixture.bytesOnDisk()).toBeLessThanOrEqual(1000)
  })

  it('yields to what is kept, until it is kept no longer', async () => {
    const store = fixture.store({ budgetBytes: 2000 })
    const hashes = await putSome(store, 2)
    await store.keep(hashes.map((hash) => `0x${hash.slice(2).toUpperCase()}` as Hex))
    hashes.push(...(await putSome(store, 2)))
    expect(await storedOf(hashes)).toEqual([0, 1, 3])
    await store.keep(hashes.slice(0, 1))
    expect(await storedOf(hashes)).toEqual([0, 3])
    await store.keep([])
    hashes.push(...(await putSome(store, 1)))
    expect(await storedOf(hashes)).toEqual([3, 4])
  })

  it('yields to what was kept before a restart, or is by another process', async () => {
    const store = fixture.store({ budgetBytes: 1000 })
    const hashes = await putSome(store, 1)
    const other = fixture.store({ budgetBytes: 1000 })
    await store.keep(hashes)
    hashes.push(...(await putSome(other, 2)))
    expect(await storedOf(hashes)).toEqual([0, 2])
    hashes.push(...(await putSome(fixture.store({ budgetBytes: 1000 }), 1)))
    expect(await storedOf(hashes)).toEqual([0, 3])
  })

  it('is held by a lower budget after a restart, as soon as it is known what to keep', async () => {
    const hashes = await putSome(fixture.store(), 4)
    await fixture.store({ budgetBytes: 2000 }).keep([hashes[0] as Hex])
    expect(await storedOf(hashes)).toEqual([0, 3])
  })

  it('counts what is left to be continued, and takes it too', async () => {
    const cut = artifact(3000)
    const uri = await fixture.serve(
      remember([], (request, response, one) => fixture.sendRange(request, response, one, cut.bytes, { cutAt: 2000 })),
    )
    const store = fixture.store({ budgetBytes: 4000 })
    await expect(store.pathFor({ hash: cut.hash, uri })).rejects.toMatchObject({ code: 'unreachable' })
    const hashes = await putSome(store, 2)
    expect(await fixture.partials()).toHaveLength(1)
    hashes.push(...(await putSome(store, 1)))
    expect(await fixture.partials()).toEqual([])
    expect(await storedOf(hashes)).toEqual([0, 1, 2])
  })
})

describe('a start', () => {
  const live = `${process.ppid}-0123456789ab-0`
  const dead = '4194399-0123456789ab-0'
  const previous = `${process.pid}-0123456789ab-0`

  it.each([
    ['waits to be continued', '', 1, ''],
    ['waits for more than a day', '', 25, undefined],
    ['belongs to a live process', live, 1, live],
    ['belongs to a process that has the id of a dead one', live, 25, undefined],
    ['belonged to a dead process', dead, 1, ''],
    ['belonged to a dead process more than a day ago', dead, 25, undefined],
    ['belonged to the process that had our id before us', previous, 1, ''],
  ])('with an unfinished file that %s', async (_, owner, hours, ownerAfter) => {
    const partial = join(fixture.folder, 'store', 'partial')
    await mkdir(partial, { recursive: true })
    const nameOf = (who: string) => `${'ab'.repeat(32)}.0123456789abcdef.InYxIg.${who}.part`
    const path = join(partial, nameOf(owner))
    await writeFile(path, 'some bytes')
    const then = Date.now() / 1000 - hours * 3600
    await utimes(path, then, then)
    await fixture.store().keep([])
    expect(await readdir(partial)).toEqual(ownerAfter === undefined ? [] : [nameOf(ownerAfter)])
  })

  it('leaves files alone that are not the store’s', async () => {
    const store = fixture.store({ budgetBytes: 1 })
    await putSome(store, 1)
    const strange = ['README', 'ab/README', 'partial/README', '.doctor']
    await mkdir(join(fixture.folder, 'store', 'ab'), { recursive: true })
    for (const name of strange) await writeFile(join(fixture.folder, 'store', name), 'mine')
    await putSome(fixture.store({ budgetBytes: 1 }), 2)
    for (const name of strange) expect(await readFile(join(fixture.folder, 'store', name), 'utf8')).toBe('mine')
  })
})

describe('a stored file', () => {
  const bytesRead = async () =>
    Number(/rchar: (\d+)/.exec(await readFile('/proc/self/io', 'utf8').catch(() => ''))?.[1] ?? Number.NaN)

  it('is hashed once in the life of a process, and again when it was changed', async ({ skip }) => {
    skip(Number.isNaN(await bytesRead()), 'this system does not say how much a process has read (/proc/self/io)')
    const { bytes, hash } = artifact(16 * MiB)
    await fixture.store().put(bytes)
    const store = fixture.store()
    const costs: number[] = []
    for (let i = 0; i < 3; i++) {
      const before = await bytesRead()
      const path = await store.pathFor({ hash, uri: '' })
      costs.push((await bytesRead()) - before)
      if (i === 1) await writeFile(path, bytes)
    }
    expect(costs.map((cost) => cost >= 16 * MiB)).toEqual([true, false, true])
  })

  it('that the disk spoiled, its size unchanged, is dropped and got again', async () => {
    const { bytes, hash } = artifact(MiB)
    const store = fixture.store()
    const uri = `data:;base64,${bytes.toString('base64')}`
    const path = await store.pathFor({ hash, uri })
    const spoiled = Buffer.from(bytes)
    spoiled[MiB - 1] = (spoiled[MiB - 1] as number) ^ 1
    for (const again of [store, fixture.store()]) {
      await writeFile(path, spoiled)
      expect(await again.pathFor({ hash, uri })).toBe(path)
      expect((await readFile(path)).equals(bytes)).toBe(true)
    }
  })

  it('is written from inline data when a path is asked for', async () => {
    const { bytes, hash } = artifact(1000)
    expect(await readFile(await fixture.store().pathFor({ hash, uri: '', data: bytes }))).toEqual(bytes)
    await expect(fixture.store().pathFor({ hash: artifact(1).hash, uri: '', data: bytes })).rejects.toMatchObject({
      code: 'hashMismatch',
    })
  })

  it('is never seen half-written', async () => {
    const { bytes, hash } = artifact(4 * MiB)
    const uri = await fixture.serve(async (_, response) => {
      for (let at = 0; at < bytes.length; at += MiB) {
        response.write(bytes.subarray(at, at + MiB))
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      response.end()
    })
    const store = fixture.store()
    let done = false
    const fetching = store.pathFor({ hash, uri }).finally(() => {
      done = true
    })
    const sizes = new Set<number>()
    while (!done) {
      const seen = await stat(store.pathOf(hash)).catch(() => undefined)
      if (seen) sizes.add(seen.size)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    sizes.add((await stat(await fetching)).size)
    expect([...sizes]).toEqual([bytes.length])
  })
})

describe('a disk', () => {
  it('that is full stops what needs a file, but not what fits in memory', async ({ skip, onTestFinished }) => {
    const mount = await mkdtemp(join(tmpdir(), 'gainsay-full-'))
    onTestFinished(() => rm(mount, { recursive: true, force: true }))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mount], { stdio: 'ignore' })
    } catch {
      skip('this user may not mount a small file system to fill')
    }
    onTestFinished(() => void execFileSync('umount', [mount]))
    const asked: Asked[] = []
    const { bytes, hash } = artifact(3 * MiB)
    const uri = await fixture.serve(remember(asked, (_, response) => response.end(bytes)))
    const store = fixture.store({ directory: mount })
    const error = await store.pathFor({ hash, uri }).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'disk', retryable: true })
    expect(error.message).toContain(mount)
    expect(error.message).toMatch(/ENOSPC.*free space there, or lower GAINSAY_ARTIFACT_BUDGET_BYTES/)
    expect(asked).toHaveLength(1)
    await expect(store.put(bytes)).rejects.toMatchObject({ code: 'disk' })
    expect(Buffer.from(await store.fetch({ hash, uri })).equals(bytes)).toBe(true)
    expect(Buffer.from(await store.fetch({ hash, uri: '', data: bytes })).equals(bytes)).toBe(true)
    const names = await readdir(mount, { recursive: true })
    expect(names.filter((name) => name.length > 60)).toEqual([])
    // What fits is stored as ever: the failure left no bytes behind.
    await store.put(artifact(MiB / 2).bytes)
  })

  it('that is full does not fill the memory: what is too large for it fails for the disk', async () => {
    await writeFile(join(fixture.folder, 'store'), 'a file where the folder should be')
    const uri = await fixture.serve((_, response) =>
      response.writeHead(200, { 'content-length': 64 * MiB + 1 }).flushHeaders(),
    )
    await expect(fixture.store().fetch({ hash: artifact(1).hash, uri })).rejects.toMatchObject({ code: 'disk' })
  })

  it('that cannot be used at all leaves what can be done in memory', async () => {
    await writeFile(join(fixture.folder, 'store'), 'a file where the folder should be')
    const { bytes, hash } = artifact(1000)
    const uri = `data:;base64,${bytes.toString('base64')}`
    const store = fixture.store()
    await store.keep([hash])
    await expect(store.pathFor({ hash, uri })).rejects.toMatchObject({ code: 'disk', retryable: true })
    expect(Buffer.from(await store.fetch({ hash, uri }))).toEqual(bytes)
    // And once it works again, so does the store.
    await rm(join(fixture.folder, 'store'))
    expect(await readFile(await store.pathFor({ hash, uri }))).toEqual(bytes)
  })

  it('that this user may not write to is named as that', async ({ skip }) => {
    skip(process.getuid?.() === 0, 'root may write anywhere')
    await mkdir(join(fixture.folder, 'store'), { mode: 0o500 })
    const { bytes, hash } = artifact(1000)
    await expect(fixture.store().pathFor({ hash, uri: '', data: bytes })).rejects.toMatchObject({
      code: 'disk',
      message: expect.stringMatching(/EACCES.*let this user write there/),
    })
  })
})
