import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { sha256Hex } from '../../node/payload.ts'

/** Serves published bytes by their hash, and can be away. */
export interface AwayServer {
  /** Makes bytes available. @returns their URI */
  publish(bytes: Uint8Array): Promise<string>
  /** Away, it cuts some connections, answers 503 to others, and never answers the rest. */
  setAway(away: boolean): void
  stop(): Promise<void>
}

/** Starts one on a free port of the loopback interface; everything stays in memory. */
export async function startAwayServer(): Promise<AwayServer> {
  const artifacts = new Map<string, Uint8Array>()
  let isAway = false
  let asked = 0
  const server = createServer((request, response) => {
    const bytes = artifacts.get(request.url ?? '')
    if (isAway) {
      const turn = asked++ % 3
      if (turn === 0) response.destroy()
      else if (turn === 1) response.writeHead(503).end()
      return
    }
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
    setAway(away) {
      if (isAway && !away) server.closeAllConnections()
      isAway = away
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped())
        server.closeAllConnections()
      }),
  }
}
