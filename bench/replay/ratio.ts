import { percentile } from '../report.ts'
import { Bare } from './bare.ts'
import { type BenchModel, postResults } from './posted.ts'
import type { Watchtower } from './watchtower.ts'

/** How the whole way of a result compares with the bare loop, at one number of results in hand. */
export interface Ratio {
  readonly inHand: number
  /** CPU ratio over the slices */
  readonly p10: number
  readonly p50: number
  readonly p90: number
  /** CPU in ms a result: of the bare loop, of the pool's child, of the watcher's own process */
  readonly bareMs: number
  readonly childMs: number
  readonly ownMs: number
  /** for a second of CPU time, and for a second of wall time with one worker */
  readonly perCpuSecond: number
  readonly perSecond: number
}

/**
 * Measures both sides in slices that take turns, so that neither has all of a drifting load.
 *
 * @param sliceMs CPU time of a bare slice, about
 */
export async function measureRatios(
  model: BenchModel,
  tower: Watchtower,
  { inHand, slices, sliceMs }: { inHand: readonly number[]; slices: number; sliceMs: number },
): Promise<Ratio[]> {
  const sample = await postResults(model, 4, tower.artifacts)
  const bare = new Bare()
  try {
    await bare.open(model.file(), sample.inputs)
    await bare.run(20)
    const most = Math.max(32, Math.min(4096, Math.ceil((20 * sliceMs) / (await bare.run(20)))))
    // Files are read and hashed once each; what is inline may as well come round again.
    const posted = await postResults(model, sample.files.length > 0 ? most : Math.min(most, 256), tower.artifacts)
    await bare.open(model.file(), posted.inputs)
    await bare.run(most)
    const ratios: Ratio[] = []
    for (const hands of inHand) {
      // One in hand waits for a commit each, which takes time, though little of the CPU's.
      const count = Math.min(most, 256 * hands)
      await tower.judge(posted, count, hands)
      await tower.settle()
      const all = []
      for (let slice = 0; slice < slices; slice++) {
        const floor = slice % 2 === 0 ? await bare.run(count) : 0
        const judged = await tower.judge(posted, count, hands)
        const wrong = judged.rows.find(({ kind, step }) => kind !== 'valid' || step !== 'bytes')
        if (wrong) throw new Error(`an honest result of ${model.name} is ${wrong.kind}: ${wrong.reason}`)
        all.push({ ...judged, bareMs: floor || (await bare.run(count)) })
      }
      const middle = (values: number[], p = 0.5) => percentile(values, p) as number
      const ratio = all.map(({ bareMs, ownMs, childrenMs }) => (ownMs + childrenMs) / bareMs)
      ratios.push({
        inHand: hands,
        p10: middle(ratio, 0.1),
        p50: middle(ratio),
        p90: middle(ratio, 0.9),
        bareMs: middle(all.map(({ bareMs }) => bareMs / count)),
        childMs: middle(all.map(({ childrenMs }) => childrenMs / count)),
        ownMs: middle(all.map(({ ownMs }) => ownMs / count)),
        perCpuSecond: middle(all.map(({ ownMs, childrenMs }) => (1000 * count) / (ownMs + childrenMs))),
        perSecond: middle(all.map(({ wallMs }) => (1000 * count) / wallMs)),
      })
    }
    return ratios
  } finally {
    bare.close()
  }
}
