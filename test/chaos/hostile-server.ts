import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** Serves everything that a downloader should not fall for. */
export interface HostileServer {
  /** its address, without a slash at the end */
  readonly url: string
  stop(): Promise<void>
}

/** The paths of a {@link HostileServer}, and what each does. */
export const hostilePaths: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/hang': () => {},
  '/drip': (response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('x'), 300).unref()
    response.on('close', () => clearInterval(timer))
  },
  '/endless': (response) => {
    response.writeHead(200)
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 18)));
    }
    response.on('drain', more)
    more()
  },
  '/loop': (response) => response.writeHead(302, { location: '/loop' }).end(),
  '/inward': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/metadata': (response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
  '/other': (response) => response.end('not what was promised'),
  '/bomb': (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb()),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '1000000' }).write('only this')
    setTimeout(() => response.destroy(), 100).unref()
  },
  '/liar': (response) => response.writeHead(200, { 'content-length': '99999999999' }).end('short'),
  '/away': (response) => response.writeHead(503).end(),
  '/headers': (response) => response.writeHead(200, { 'x-long': 'x'.repeat(15_000) }).end('x'),
}

/** 64 MiB of nothing. */
function bomb(): Buffer {
  packed ??= gzipSync(Buffer.alloc(64 << 20))
  return packed
}
let packed: Buffer | undefined

/** Starts one on a free port of the loopback interface. @param files what it serves honestly, by path */
export async function startHostileServer(files: ReadonlyMap<string, Uint8Array>): Promise<HostileServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    const file = files.get(path)
    if (file) response.end(file)
    else (hostilePaths[path] ?? (() => response.writeHead(404).end()))(response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
