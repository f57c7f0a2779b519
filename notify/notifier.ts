import PQueue from 'p-queue'
import type { Logger } from 'pino'
import type { Journal } from '../journal/open.ts'
import { LOOK_BACK_MS, type Notice, noticesOf } from './notices.ts'
import { deliver, type Patience, RefusedError, type Sender, type Webhook } from './webhook.ts'

/** Notices that may wait at once; what comes beyond is found again in the journal later. */
const MOST_WAITING = 1_000

/** What a notifier works with. */
export interface NotifierParameters {
  journal: Journal
  webhook: Webhook
  sender: Sender
  log: Logger
  clock: () => number
  /** seconds of chain time of the latest round; null while unknown */
  chainTime: () => bigint | null
  /** hosts of the RPC endpoints that are down now */
  downEndpoints: () => string[]
  patience?: Patience
}

/**
 * Tells the webhook what the journal has to tell. Looks beside the watcher's loop and waits for nobody; a receiver that is
 * away costs memory for at most a thousand notices. Each is told once, also across restarts; killed between delivery and
 * the note of it, it is told again, under the same id.
 */
export function createNotifier(it: NotifierParameters) {
  const { journal, webhook, sender, log, clock } = it
  const controller = new AbortController()
  const queue = new PQueue({ concurrency: 1 })
  const queued = new Set<string>()
  const downSince = new Map<string, number>()
  let failed = 0
  let looking: Promise<void> | undefined

  const mark = (key: string, state: 'sent' | 'seen' | 'given up') =>
    journal
      .insertInto('notice')
      .values({ key, state, at: clock() })
      .onConflict((c) => c.column('key').doUpdateSet({ state, at: clock() }))
      .execute()

  const tell = async (notice: Notice) => {
    try {
      await deliver(webhook, sender, notice, controller.signal, it.patience)
      await mark(notice.key, 'sent')
    } catch (error) {
      if (controller.signal.aborted) return
      failed++
      log.warn({ event: notice.event, reason: (error as Error).message }, 'a notice could not be delivered')
      // Not when it may still come back: then the next look finds it again, for a day.
      if (error instanceof RefusedError) await mark(notice.key, 'given up').catch(() => {})
    } finally {
      queued.delete(notice.key)
    }
  }

  /** Those that were not told yet. At the first start ever, what is over counts as told. */
  const news = async (): Promise<Notice[]> => {
    const found = [...(await noticesOf(journal, it.chainTime(), clock())), ...outages()]
    const known = await journal.selectFrom('notice').select('key').execute()
    const told = new Set(known.map(({ key }) => key))
    if (known.length === 0) {
      await mark('begin', 'seen')
      for (const { key, isHistory } of found) if (isHistory) await mark(key, 'seen')
      return found.filter(({ isHistory }) => !isHistory)
    }
    // Older ones are not found any more, so they need not be remembered. What lasts is found as long as it lasts.
    const shown = new Set(found.map(({ key }) => key))
    await journal
      .deleteFrom('notice')
      .where('at', '<', clock() - 2 * LOOK_BACK_MS)
      .where('key', 'not in', ['begin', ...[...shown].filter((key) => told.has(key)).slice(0, MOST_WAITING)])
      .execute()
    return found.filter(({ key }) => !told.has(key))
  }

  const outages = (): Notice[] => {
    const down = new Set(it.downEndpoints())
    for (const endpoint of downSince.keys()) if (!down.has(endpoint)) downSince.delete(endpoint)
    for (const endpoint of down) if (!downSince.has(endpoint)) downSince.set(endpoint, clock())
    return [...downSince].map(([endpoint, at]) => ({
      ...{ key: `rpcDown:${endpoint}:${at}`, event: 'rpcDown' as const, at, details: { endpoint }, isHistory: false },
    }))
  }

  return {
    /** Looks for news, unless it is still looking. Never waits, never throws. */
    look(): Promise<void> {
      looking ??= news()
        .then((notices) => {
          for (const notice of notices) {
            if (queued.has(notice.key) || queue.size >= MOST_WAITING) continue
            queued.add(notice.key)
            void queue.add(() => tell(notice))
          }
        })
        .catch((error: unknown) => log.warn({ err: error }, 'notices could not be looked for; trying again'))
        .finally(() => {
          looking = undefined
        })
      return looking
    },
    /** What waits, and how often one could not be delivered since the start. */
    state: () => ({ waiting: queue.size + queue.pending, failed }),
    /** Ends once everything found so far is delivered or given up. For tests. */
    idle: () => queue.onIdle(),
    /** Stops at once; what was not delivered is found again at the next start. */
    async stop(): Promise<void> {
      controller.abort()
      queue.clear()
      await looking
      await queue.onIdle()
    },
  }
}
