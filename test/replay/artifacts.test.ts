import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Hex } from 'viem'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isPublicAddress } from '../../replay/artifacts/address.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'

const bytes = Buffer.from('an artifact')
const sha256 = (data: Uint8Array): Hex => `0x${createHash('sha256').update(data).digest('hex')}`
const hash = sha256(bytes)

let folder: string
let servers: Server[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-artifacts-'))
})
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  servers = []
  await rm(folder, { recursive: true })
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const store = (options: Partial<ConstructorParameters<typeof Artifacts>[0]> = {}) =>
  new Artifacts({ directory: join(folder, 'store'), allowPrivateHosts: true, timeoutMs: 5000, ...options })

describe('Artifacts', () => {
  it('takes inline data that has the hash', async () => {
    expect(await store().fetch({ hash, uri: '', data: bytes })).toEqual(bytes)
  })

  it('refuses inline data that has not, and an artifact that is nowhere', async () => {
    await expect(store().fetch({ hash, uri: '', data: Buffer.from('x') })).rejects.toMatchObject({
      code: 'hashMismatch',
    })
    await expect(store().fetch({ hash, uri: '', data: null })).rejects.toMatchObject({ code: 'unreachable' })
  })

  it.each([
    ['base64', `data:;base64,${bytes.toString('base64')}`],
    ['plain', 'data:text/plain,an%20artifact'],
  ])('reads %s data URIs', async (_, uri) => {
    expect(Buffer.from(await store().fetch({ hash, uri }))).toEqual(bytes)
  })

  it('keeps what it fetched, and no half-written file', async () => {
    const artifacts = store()
    const url = await serve((_, response) => response.end(bytes))
    await Promise.all([artifacts.fetch({ hash, uri: url }), artifacts.fetch({ hash, uri: url })])
    servers[0]?.close()
    expect(await readFile(artifacts.pathOf(hash))).toEqual(bytes)
    expect(Buffer.from(await artifacts.fetch({ hash, uri: 'http://127.0.0.1:1/' }))).toEqual(bytes)
    expect((await readdir(join(folder, 'store'), { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    )
  })

  it('drops a stored file that the disk spoiled, and fetches it again', async () => {
    const artifacts = store()
    expect(await artifacts.put(bytes)).toBe(hash)
    await writeFile(artifacts.pathOf(hash), 'spoiled')
    await expect(artifacts.fetch({ hash, uri: '' })).rejects.toMatchObject({ code: 'unreachable' })
    await writeFile(artifacts.pathOf(hash), 'spoiled')
    const uri = `data:;base64,${bytes.toString('base64')}`
    expect(Buffer.from(await artifacts.fetch({ hash, uri }))).toEqual(bytes)
    expect(await readFile(artifacts.pathOf(hash))).toEqual(bytes)
  })

  it('refuses and does not store what has another hash', async () => {
    const artifacts = store()
    const uri = await serve((_, response) => response.end('a lie'))
    await expect(artifacts.fetch({ hash, uri })).rejects.toMatchObject({ code: 'hashMismatch' })
    await expect(readFile(artifacts.pathOf(hash))).rejects.toThrow()
  })

  it('lets a lying address spoil no other address for the same hash', async () => {
    const artifacts = store()
    const lie = await serve((_, response) => response.end('a lie'))
    const truth = await serve((_, response) => response.end(bytes))
    const [one, other] = await Promise.allSettled([
      artifacts.fetch({ hash, uri: lie }),
      artifacts.fetch({ hash, uri: truth }),
    ])
    expect([one.status, other.status]).toEqual(['rejected', 'fulfilled'])
  })

  it('refuses a hash that is no hash, so that no path leaves the store', () => {
    expect(() => store().pathOf(`0x${'../'.repeat(21)}a`)).toThrow(/not a sha256 hash/)
  })

  describe('with file: URIs', () => {
    const inside = () => join(folder, 'inside')
    const uriOf = (...path: string[]) => pathToFileURL(join(folder, ...path)).href
    beforeEach(async () => {
      await mkdir(inside())
      await mkdir(join(folder, 'inside2'))
      for (const place of ['inside', 'inside2', '.']) await writeFile(join(folder, place, 'file'), bytes)
      await symlink(join(folder, 'file'), join(inside(), 'link'))
    })

    it('reads beneath its roots', async () => {
      expect(Buffer.from(await store({ fileRoots: [inside()] }).fetch({ hash, uri: uriOf('inside', 'file') }))).toEqual(
        bytes,
      )
    })

    it.each([
      ['a file outside', ['file'], 'forbidden'],
      ['a folder whose name only begins like a root', ['inside2', 'file'], 'forbidden'],
      ['a way out by dots', ['inside', '..', 'file'], 'forbidden'],
      ['a link that leads out', ['inside', 'link'], 'forbidden'],
      ['the root itself', ['inside'], 'forbidden'],
      ['a file that is not there', ['inside', 'none'], 'unreachable'],
    ])('refuses %s', async (_, path, code) => {
      const uri = `${pathToFileURL(folder).href}/${path.join('/')}`
      await expect(store({ fileRoots: [inside()] }).fetch({ hash, uri })).rejects.toMatchObject({ code })
    })

    it('reads no file at all unless it is given roots, and none that is too large', async () => {
      await expect(store().fetch({ hash, uri: uriOf('file') })).rejects.toMatchObject({ code: 'forbidden' })
      const small = store({ fileRoots: [folder], maxBytes: 5 })
      await expect(small.fetch({ hash, uri: uriOf('file') })).rejects.toMatchObject({ code: 'tooLarge' })
    })
  })

  describe('with http: URIs', () => {
    it('tries again when the server is busy or breaks off', async () => {
      let calls = 0
      const uri = await serve((_, response) => {
        calls++
        if (calls === 1) response.writeHead(503).end()
        else if (calls === 2) {
          response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 3))
          setTimeout(() => response.destroy(), 20)
        } else response.end(bytes)
      })
      expect(Buffer.from(await store().fetch({ hash, uri }))).toEqual(bytes)
      expect(calls).toBe(3)
    })

    it('does not ask again for what is not there', async () => {
      let calls = 0
      const uri = await serve((_, response) => {
        calls++
        response.writeHead(404).end()
      })
      await expect(store().fetch({ hash, uri })).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(/404/),
      })
      expect(calls).toBe(1)
    })

    it('follows redirects, but not in circles and not to other schemes', async () => {
      const target = await serve((_, response) => response.end(bytes))
      const to = (location: string) => serve((_, response) => response.writeHead(302, { location }).end())
      expect(
        Buffer.from(await store({ directory: join(folder, 'redirected') }).fetch({ hash, uri: await to(target) })),
      ).toEqual(bytes)
      await expect(store().fetch({ hash, uri: await to('/') })).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(/redirects/),
      })
      const file = await to('file:///etc/passwd')
      await expect(store({ fileRoots: ['/'] }).fetch({ hash, uri: file })).rejects.toMatchObject({
        code: 'unsupportedUri',
      })
    })

    it('stops at the size limit, announced or not', async () => {
      const announced = await serve((_, response) =>
        response.writeHead(200, { 'content-length': 10 ** 12 }).flushHeaders(),
      )
      const endlessBody = await serve((_, response) => {
        response.on('error', () => {})
        const timer = setInterval(() => response.write(Buffer.alloc(1000)), 1)
        response.on('close', () => clearInterval(timer))
      })
      for (const uri of [announced, endlessBody])
        await expect(store({ maxBytes: 10_000 }).fetch({ hash, uri })).rejects.toMatchObject({ code: 'tooLarge' })
    })

    it('gives up on a server that drips', async () => {
      const uri = await serve((_, response) => {
        response.on('error', () => {})
        const timer = setInterval(() => response.write('x'), 20)
        response.on('close', () => clearInterval(timer))
      })
      await expect(store({ timeoutMs: 300 }).fetch({ hash, uri })).rejects.toMatchObject({
        code: 'unreachable',
        message: expect.stringMatching(/300 ms/),
      })
    })

    it('refuses private addresses, by number, by name and by redirect, without a connection', async () => {
      let calls = 0
      const uri = await serve((_, response) => {
        calls++
        response.end(bytes)
      })
      const strict = store({ allowPrivateHosts: false })
      const { port } = new URL(uri)
      for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])
        await expect(strict.fetch({ hash, uri: `http://${host}:${port}/` })).rejects.toMatchObject({
          code: 'forbidden',
        })
      expect(calls).toBe(0)
    })

    it.each(['ftp://example.org/x', 'ipfs://x', 'nonsense', '/etc/passwd', 'javascript:1', 'data:nothing'])(
      'does not know the address %s',
      async (uri) => {
        await expect(store().fetch({ hash, uri })).rejects.toMatchObject({ code: 'unsupportedUri' })
      },
    )

    it('shortens and escapes addresses in messages', async () => {
      const error = await store()
        .fetch({ hash, uri: `x:\n\u001b[31m${'a'.repeat(9999)}` })
        .catch((thrown) => thrown)
      expect(error.message).toMatch(/^[\x20-\x7e…]{0,400}$/)
    })
  })
})

describe('isPublicAddress', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.0.1', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])('%s is', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
  it.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...['192.168.1.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::', '::1', '::ffff:8.8.8.8', '::ffff:10.0.0.1'],
    ...['fe80::1', 'fc00::1', 'fd00::1', 'ff02::1', '64:ff9b::a00:1', '2001:db8::1', '2002:a00:1::', '2001::1'],
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
