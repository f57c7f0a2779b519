import { setTimeout as sleep } from 'node:timers/promises'
import { type Canary, canarySecret, lastCanary, noteCanary, openCanary } from '../journal/canary.ts'
import { beginCanary } from './begin.ts'
import type { CanaryContext } from './context.ts'
import { pauseMs } from './cost.ts'
import { CanaryRefusedError, UnfitModelError } from './errors.ts'
import { goOn } from './go-on.ts'

/**
 * Goes on with the canary that is open, or begins one, and sees it to its end. Whoever is told of it notes `reportedAt`.
 *
 * @param onBegun told once there is one
 * @returns it; undefined when stopped before its end
 */
export async function runOneCanary(
  it: CanaryContext,
  signal: AbortSignal,
  onBegun: () => void = () => {},
): Promise<Canary | undefined> {
  let run = (await openCanary(it.journal)) ?? (await beginCanary(it))
  onBegun()
  let failing = ''
  while (!signal.aborted) {
    if (run.settledAt !== null) return run
    try {
      run = await goOn(it, run)
      failing = ''
      if (run.settledAt !== null) return run
    } catch (error) {
      const { message } = error as Error
      // The same trouble look after look is said once.
      if (message !== failing) it.log.warn({ err: error }, 'a look at the canary failed; trying again')
      failing = message
    }
    await sleep(it.config.pollMs, undefined, { signal }).catch(() => {})
  }
  return undefined
}

/** What is said outside about the schedule. */
export interface CanarySchedule {
  /** why the latest canary was not begun; null when it was */
  refusal: string | null
}

/**
 * Runs canaries until `signal` aborts: each at a time that nobody can tell who does not know the journal's secret. One that is
 * refused, or cannot be begun as chain or model are away, is said so and tried again at a tenth of the pause.
 */
export async function runCanaries(it: CanaryContext, signal: AbortSignal, schedule: CanarySchedule): Promise<void> {
  const { journal, canary, log, clock } = it
  const secret = await canarySecret(journal)
  const wait = (ms: number) => sleep(Math.min(Math.max(ms, 0), 2 ** 31 - 1), undefined, { signal }).catch(() => {})
  while (!signal.aborted) {
    const last = await lastCanary(journal)
    if (last && last.reportedAt !== null) {
      const due = last.createdAt + pauseMs(canary.everyS, secret(`pause ${last.id}`))
      await wait(due - clock())
      if (clock() < due) continue
    }
    try {
      const run = await runOneCanary(it, signal, () => {
        schedule.refusal = null
      })
      if (run) await noteCanary(journal, run.id, { reportedAt: clock() })
    } catch (error) {
      const { message } = error as Error
      schedule.refusal = message
      const known = error instanceof CanaryRefusedError || error instanceof UnfitModelError
      if (known) log.error({ reason: message }, 'no canary is begun')
      else log.warn({ err: error }, 'no canary could be begun; trying again')
      await wait((canary.everyS * 1000) / 10)
    }
  }
}
