import { type Ask, type Load, latencyOf, loadOf } from './load.ts'
import type { Question } from './questions.ts'
import { cpuSecondsBelow, cpuSecondsOf } from './usage.ts'

/** How one side answered one question. */
export interface Measured {
  question: string
  who: 'ours' | 'ponder'
  askers: number
  perSecond: number
  /** requests by second of the index process' CPU time; null where there is no /proc */
  perCore: number | null
  /** milliseconds */
  p50: number
  p99: number
  asked: number
  /** of one answer, without headers */
  bytes: number
  /** Postgres' CPU time by that of the index process; null with PGlite, which is in it */
  databaseShare: number | null
  /** our requests a second by Ponder's; null where only one side was asked */
  ratio: number | null
}

const SLICES = 4
/** So many answers at least: of fewer, one in a hundred is none. For slow ones that many times as long is spent. */
const ENOUGH = 100
const PATIENCE = 5

/** Puts a question to both sides, in slices that take turns in going first, after a warm-up that does not count. */
export async function measureQuestion(
  question: Question,
  {
    index,
    postgres,
    askers,
    seconds,
  }: { index: { apiUrl: string; pid: number }; postgres?: number; askers: number; seconds: number },
): Promise<Measured[]> {
  const sides = (['ours', 'ponder'] as const)
    .filter((who) => question[who])
    .map((who) => ({
      who,
      ask: question[who] as (n: number) => Ask,
      loads: [] as Load[],
      cpu: 0,
      databaseCpu: 0,
      asked: 0,
    }))
  const slice = async (side: (typeof sides)[number], limits: { seconds: number; most?: number }) => {
    const first = side.asked
    const load = await loadOf(index.apiUrl, (n) => side.ask(first + n), { askers, ...limits })
    side.asked += load.latencies.length
    return load
  }
  try {
    for (const side of sides) await slice(side, { seconds: seconds / SLICES, most: 200 })
    for (let turn = 0; turn < SLICES; turn++)
      for (const side of turn % 2 === 0 ? sides : [...sides].reverse()) {
        const before = [cpuSecondsOf(index.pid), postgres ? cpuSecondsBelow(postgres) : 0]
        const load = await slice(side, { seconds: seconds / SLICES })
        side.loads.push(load)
        // Few and slow: until there are enough of them.
        if (load.latencies.length < ENOUGH / SLICES)
          side.loads.push(
            await slice(side, {
              seconds: (PATIENCE * seconds) / SLICES,
              most: ENOUGH / SLICES - load.latencies.length,
            }),
          )
        const after = [cpuSecondsOf(index.pid), postgres ? cpuSecondsBelow(postgres) : 0]
        side.cpu += (after[0] ?? Number.NaN) - (before[0] ?? Number.NaN)
        side.databaseCpu += (after[1] ?? Number.NaN) - (before[1] ?? Number.NaN)
      }
  } catch (error) {
    throw new Error(`${question.name}: ${(error as Error).message}`)
  }
  const rates = sides.map(
    ({ loads }) => sum(loads.map(({ latencies }) => latencies.length)) / sum(loads.map((one) => one.seconds)),
  )
  return sides.map(({ who, loads, cpu, databaseCpu }, i) => {
    const latencies = loads.flatMap((one) => one.latencies)
    return {
      ...{ question: question.name, who, askers, perSecond: rates[i] as number, asked: latencies.length },
      perCore: Number.isNaN(cpu) || cpu === 0 ? null : latencies.length / cpu,
      ...latencyOf({ latencies, seconds: 0, bytes: 0 }),
      bytes: sum(loads.map((one) => one.bytes)) / latencies.length,
      databaseShare: postgres && !Number.isNaN(databaseCpu) && cpu > 0 ? databaseCpu / cpu : null,
      ratio: who === 'ours' && rates.length === 2 ? (rates[0] as number) / (rates[1] as number) : null,
    }
  })
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
