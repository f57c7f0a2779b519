import { type DueObservation, dueAgain, dueObservations, putOff, putOffModel } from '../../journal/recorded.ts'
import { observationKey } from '../../protocol/observation.ts'
import type { Following } from '../context.ts'
import { askWhole, type RecordedResult } from './ask.ts'
import { judgeRecorded, type RecordedNetwork, unreplayable } from './judge.ts'
import { modelFinder } from './models.ts'
import { walker } from './walk.ts'

/** Results whose payloads are asked for at once: some megabytes each at most. */
const BATCH = 16
/** Results in hand for each worker: the pool sends those of one model to a child together. */
const IN_HAND = 32
/** How long the results of a model wait that is being looked for, in ms: until it is found, that is, or forgotten. */
const LOOKING_MS = 600_000
/** How long what cannot be judged now is put off, in ms: there is no place to look for its model, or the index lacks it. */
const LATER_MS = 5_000

/**
 * Follows a network without challenges beside the rounds: walks through its results and judges them, whenever nothing that
 * has a deadline wants the replays. What fails is logged once and tried again; it never ends.
 *
 * @returns `look`, to be called in each round, and `stop`, which ends when nothing is under way any more
 */
export function recordedFollower(
  it: Pick<Following, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock' | 'config'>,
  network: RecordedNetwork,
  signal: AbortSignal,
) {
  const walk = walker(it, network, signal)
  const models = modelFinder(it, signal)
  const judging = new Map<string, Promise<void>>()
  const most = IN_HAND * it.config.replayWorkers
  const walking = oneAtATime('the results of another network could not be read; trying again', walk)
  const replaying = oneAtATime('the results of another network could not be judged; trying again', judgeAll)

  let begun = false

  /** Until nothing is due any more. */
  async function judgeAll(): Promise<void> {
    if (!begun) await dueAgain(it.journal, network, it.clock())
    begun = true
    while (!signal.aborted) {
      if (judging.size >= most) await Promise.race(judging.values())
      const due = await dueObservations(it.journal, network, { now: it.clock(), most: BATCH + judging.size })
      const batch = due.filter(({ key }) => !judging.has(key)).slice(0, BATCH)
      if (batch.length > 0) await take(batch)
      else if (judging.size === 0) return
      else await Promise.race(judging.values())
    }
  }

  async function take(batch: readonly DueObservation[]): Promise<void> {
    const shown = new Map<string, RecordedResult>()
    for (const one of await askWhole(
      it.config.apiUrl,
      batch.map(({ resultId }) => resultId),
    ))
      shown.set(observationKey(one), one)
    const later: string[] = []
    for (const { key, modelId } of batch) {
      const result = shown.get(key)
      // A reorg has taken it, or the index is not as far as it was.
      if (!result) later.push(key)
      else if (unreplayable(network, result)) begin(key, result)
      else if (models.known(modelId)) begin(key, result, modelId)
      else if (models.look(modelId, result.model.uri, () => putOffModel(it.journal, network, modelId, it.clock())))
        await putOffModel(it.journal, network, modelId, it.clock() + LOOKING_MS)
      else later.push(key)
    }
    await putOff(it.journal, later, it.clock() + LATER_MS)
  }

  function begin(key: string, result: RecordedResult, modelId?: string): void {
    const model = modelId === undefined ? undefined : models.known(modelId)
    const judged = judgeRecorded(it, network, result, model, signal)
      .catch(async (error: unknown) => {
        it.log.error({ err: error, result: result.id }, 'a recorded result could not be judged; trying again')
        await putOff(it.journal, [key], it.clock() + LATER_MS)
      })
      .finally(() => judging.delete(key))
    judging.set(key, judged)
  }

  function oneAtATime(complaint: string, work: () => Promise<void>) {
    let running: Promise<void> | undefined
    let failing = ''
    return {
      start(): void {
        running ??= work()
          .then(
            () => {
              failing = ''
            },
            (error: unknown) => {
              const { message } = error as Error
              if (message !== failing && !signal.aborted) it.log.warn({ err: error, network }, complaint)
              failing = message
            },
          )
          .finally(() => {
            running = undefined
          })
      },
      ended: () => running,
    }
  }

  return {
    look(): void {
      walking.start()
      replaying.start()
    },
    async stop(): Promise<void> {
      await Promise.all([walking.ended(), replaying.ended(), ...judging.values()])
    },
  }
}
