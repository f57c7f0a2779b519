import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterEach, beforeEach } from 'vitest'
import { Artifacts, type ArtifactsOptions } from '../../replay/artifacts/artifacts.ts'

/** sha256 of bytes. */
export const sha256 = (data: Uint8Array): Hex => `0x${createHash('sha256').update(data).digest('hex')}`

/** Random bytes and their hash. */
export function artifact(size: number): { bytes: Buffer; hash: Hex } {
  const bytes = randomBytes(size)
  return { bytes, hash: sha256(bytes) }
}

/** A folder and servers for each test of a file, removed afterwards. */
export function useFixture() {
  const fixture = {
    folder: '',
    closers: [] as (() => void)[],

    /** A store in the folder; the same one again, as after a restart, when called again. */
    store: (options: Partial<ArtifactsOptions> = {}) =>
      new Artifacts({
        directory: join(fixture.folder, 'store'),
        allowPrivateHosts: true,
        timeoutMs: 10_000,
        ...options,
      }),

    /** A local server's URL, without a slash at the end. */
    async serve(listener: RequestListener): Promise<string> {
      const server = createServer(listener)
      fixture.closers.push(() => {
        server.closeAllConnections()
        server.close()
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    },

    /** Names of the unfinished files. */
    partials: () => readdir(join(fixture.folder, 'store', 'partial')).catch(() => [] as string[]),

    /**
     * Sends the beginning of a body, and breaks off once it has been received: a break before would take some with it.
     * For when one download is running.
     */
    async cutAfter(response: ServerResponse, body: Uint8Array, start = 0): Promise<void> {
      response.write(body)
      const received = async () => {
        const [name = ''] = await fixture.partials()
        return stat(join(fixture.folder, 'store', 'partial', name)).then(
          ({ size }) => size,
          () => 0,
        )
      }
      while (!response.destroyed && (await received()) !== start + body.length)
        await new Promise((resolve) => setTimeout(resolve, 5))
      response.destroy()
    },

    /** Sends a file as an honest server does, with ranges. @param options.cutAt the byte of the file to break off at */
    sendRange(
      request: IncomingMessage,
      response: ServerResponse,
      asked: Asked,
      bytes: Buffer,
      { etag = '"v1"', cutAt = bytes.length, ranges = true } = {},
    ): void {
      const match = ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null
      const current = request.headers['if-range'] === undefined || request.headers['if-range'] === etag
      const start = match && current ? Number(match[1]) : 0
      if (start >= bytes.length) return void response.writeHead(416).end()
      response.writeHead(start > 0 ? 206 : 200, {
        etag,
        'content-length': bytes.length - start,
        ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
      })
      const body = bytes.subarray(start, Math.max(start, cutAt))
      asked.sent = body.length
      if (cutAt >= bytes.length) response.end(body)
      else void fixture.cutAfter(response, body, start)
    },

    /** What finished and unfinished files take, by walking. */
    async bytesOnDisk(): Promise<number> {
      const root = join(fixture.folder, 'store')
      let bytes = 0
      for (const name of await readdir(root, { recursive: true })) {
        const stats = await stat(join(root, name))
        if (stats.isFile() && name !== 'kept') bytes += stats.size
      }
      return bytes
    },
  }
  beforeEach(async () => {
    fixture.folder = await mkdtemp(join(tmpdir(), 'gainsay-artifacts-'))
  })
  afterEach(async () => {
    for (const close of fixture.closers.splice(0)) close()
    await rm(fixture.folder, { recursive: true })
  })
  return fixture
}

/** What a server was asked. */
export interface Asked {
  url: string
  headers: IncomingHttpHeaders
  /** bytes of the body that it was given to send */
  sent: number
}

/** A listener that remembers what it was asked. */
export function remember(
  asked: Asked[],
  listener: (request: IncomingMessage, response: ServerResponse, asked: Asked, n: number) => void,
): RequestListener {
  return (request, response) => {
    const one = { url: request.url ?? '', headers: { ...request.headers }, sent: 0 }
    asked.push(one)
    listener(request, response, one, asked.length - 1)
  }
}
