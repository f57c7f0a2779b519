/** What the schedule must know of a job. */
export interface Waiting {
  /** jobs of the same lane can share a batch */
  readonly lane: string
  /** smaller first */
  readonly priority: number
  /** of its inline input */
  readonly bytes: number
  /** whether it shares a batch with nobody */
  readonly alone: boolean
  /** number of the job, in order of arrival */
  readonly arrival: number
}

/** Most jobs of a batch, and most bytes of their inline inputs, so that a batch does not fill anybody's memory. */
export const MAX_BATCH_JOBS = 32
export const MAX_BATCH_BYTES = 64 * 2 ** 20

/**
 * By how many batches a lane whose model is loaded may go before one that waited longer: loading costs as much as many
 * runs, but nobody shall starve for it.
 */
const WARM_LEAD = 4

interface Lane<T> {
  /** by priority, then arrival */
  readonly jobs: T[]
  /** the number of batches there had been when it began to wait, or last had its turn */
  turn: number
}

/**
 * Jobs that wait, in lanes by model: the smallest priority first; among lanes of equal priority those whose model is
 * loaded in a free child, then by turns, so that a model with many jobs does not hold up the others.
 */
export class Schedule<T extends Waiting> {
  readonly #lanes = new Map<string, Lane<T>>()
  #batches = 0

  /** Adds a job behind those of its priority that came earlier: one that comes back gets its old place. */
  add(job: T): void {
    const lane = this.#lanes.get(job.lane) ?? { jobs: [], turn: this.#batches }
    this.#lanes.set(job.lane, lane)
    let low = 0
    let high = lane.jobs.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compare(placeOf(lane.jobs[middle] as T), placeOf(job)) < 0) low = middle + 1
      else high = middle
    }
    lane.jobs.splice(low, 0, job)
  }

  /**
   * The job that is next, which names the lane to take from.
   *
   * @param isWarm whether a free child has the job's model loaded
   */
  next(isWarm: (job: T) => boolean): T | undefined {
    let best: { job: T; rank: readonly number[] } | undefined
    for (const { jobs, turn } of this.#lanes.values()) {
      const job = jobs[0] as T
      if (best && job.priority > best.job.priority) continue
      const rank = [job.priority, isWarm(job) ? turn - WARM_LEAD : turn, job.arrival]
      if (!best || compare(rank, best.rank) < 0) best = { job, rank }
    }
    return best?.job
  }

  /** Takes a batch out of a lane, in order: as many jobs as may travel together, at least one. */
  take(lane: string): T[] {
    const entry = this.#lanes.get(lane)
    if (!entry) return []
    let bytes = 0
    let count = 0
    for (const job of entry.jobs) {
      bytes += job.bytes
      if (count > 0 && (job.alone || bytes > MAX_BATCH_BYTES || count === MAX_BATCH_JOBS)) break
      count++
    }
    entry.turn = ++this.#batches
    const batch = entry.jobs.splice(0, count)
    if (entry.jobs.length === 0) this.#lanes.delete(lane)
    return batch
  }

  /** Takes out all jobs. */
  drain(): T[] {
    const all = [...this.#lanes.values()].flatMap(({ jobs }) => jobs)
    this.#lanes.clear()
    return all
  }
}

const placeOf = ({ priority, arrival }: Waiting) => [priority, arrival]

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, value] of a.entries()) if (value !== b[i]) return value - (b[i] as number)
  return 0
}
