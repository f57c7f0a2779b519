import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { type Config, ConfigError } from '../config/config.ts'
import type { Mode } from '../config/policy.ts'
import { principalOf } from '../config/principal.ts'
import type { loadWebhook } from '../config/webhook.ts'
import type { Journal } from '../journal/open.ts'
import type { EndpointHealth } from '../metrics/endpoint-health.ts'
import { readFacts } from '../metrics/facts.ts'
import { createMetrics } from '../metrics/registry.ts'
import { serveMetrics } from '../metrics/server.ts'
import { createNotifier } from '../notify/notifier.ts'
import type { Gauges } from '../watcher/gauges.ts'

/** What the watcher shows and tells is made of. */
export interface OutsideParameters {
  config: Config
  journal: Journal
  gauges: Gauges
  /** how the RPC endpoints do */
  health: () => EndpointHealth[]
  account: string | undefined
  webhook: ReturnType<typeof loadWebhook>
  log: Logger
  clock: () => number
}

/** Milliseconds between looks for news for the webhook. */
const LOOK_EVERY_MS = 2_000

/** Serves metrics and tells the webhook, as far as either is configured, until stopped. Neither ever delays the watcher. */
export async function startOutside(it: OutsideParameters): Promise<{ stop: () => Promise<void> }> {
  const { config, journal, gauges, health, account, log, clock } = it
  const { chainId, contract } = principalOf(config)
  const notifier =
    it.webhook &&
    createNotifier({
      ...{ journal, webhook: it.webhook, log, clock, chainTime: () => gauges.chainTime },
      sender: { chainId, contract, account: account ?? null },
      downEndpoints: () => health().flatMap(({ name, state }) => (state === 'down' ? [name] : [])),
    })
  const timer = notifier && setInterval(() => void notifier.look(), LOOK_EVERY_MS)
  const server = config.metricsPort === undefined ? undefined : await startMetrics(config.metricsPort)
  if (server) log.info({ host: config.metricsHost, port: server.port }, 'metrics are served at /metrics')
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all([notifier?.stop(), server?.stop()])
    },
  }

  function startMetrics(port: number) {
    const { register, show } = createMetrics({ version: version(), mode: modeOf(config), chainId, contract, account })
    const measure = async () => {
      const now = clock()
      const webhook = notifier?.state() ?? { waiting: 0, failed: 0 }
      show({ facts: await readFacts(journal, now), gauges, endpoints: health(), webhook, now })
    }
    return serveMetrics({ host: config.metricsHost, port }, register, measure).catch((error: NodeJS.ErrnoException) => {
      throw new ConfigError(`GAINSAY_METRICS_PORT: cannot listen on ${config.metricsHost}:${port} (${error.code})`)
    })
  }
}

/** The mode that a watcher of this configuration is in: without a contract it can only judge. */
export function modeOf({ gainsay, policy }: Pick<Config, 'gainsay' | 'policy'>): Mode {
  return gainsay ? policy.mode : 'watch'
}

/** This software's version. */
export function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
