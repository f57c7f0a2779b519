import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'

/** Metrics that are served. */
export interface MetricsServer {
  port: number
  stop(): Promise<void>
}

/**
 * Serves `/metrics` for Prometheus, and nothing else. Scrapes at the same time share one measurement, so that asking often
 * costs the watcher little.
 *
 * @param measure brings the registry up to date; when it fails the scrape does, and Prometheus' `up` says so
 * @throws Error when the port is taken
 */
export async function serveMetrics(
  { host, port }: { host: string; port: number },
  register: Registry,
  measure: () => Promise<void>,
): Promise<MetricsServer> {
  let measuring: Promise<string> | undefined
  const text = () => {
    measuring ??= measure()
      .then(() => register.metrics())
      .finally(() => {
        measuring = undefined
      })
    return measuring
  }
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end('Only GET /metrics is here.\n')
      return
    }
    text().then(
      (body) => response.writeHead(200, { 'content-type': register.contentType }).end(body),
      () => response.writeHead(503).end('The journal cannot be read now: see the log.\n'),
    )
  })
  server.requestTimeout = 10_000
  server.listen(port, host)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
