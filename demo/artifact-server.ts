import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256Hex } from '../node/payload.ts'

/** Serves published bytes by their hash over HTTP, as a node's own storage would. */
export interface ArtifactServer {
  /** Makes bytes available. @returns their URI */
  publish(bytes: Uint8Array): Promise<string>
  stop(): Promise<void>
}

/** Starts an artifact server on a free port of the loopback interface; everything stays in memory. */
export async function startArtifactServer(): Promise<ArtifactServer> {
  const artifacts = new Map<string, Uint8Array>()
  const server = createServer((request, response) => {
    const bytes = artifacts.get(request.url ?? '')
    if (!bytes) response.writeHead(404).end('not here')
    else response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return {
    async publish(bytes) {
      const path = `/${sha256Hex(bytes)}`
      artifacts.set(path, bytes)
      return `http://127.0.0.1:${port}${path}`
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
