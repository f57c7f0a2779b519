/**
 * How fast results are judged: all the way (fetch, verify, run, compare, journal) beside a bare `session.run` loop, in
 * slices that take turns; what a second opinion costs; and what a model's size costs.
 *
 * ```sh
 * node --import tsx bench/replay.ts
 * node --import tsx bench/replay.ts --quick
 * node --import tsx bench/replay.ts --only ratio --models silero_op15
 * ```
 *
 * CPU time is user and system, of this process and its children, without their start. Linux only.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { corpusModel } from '../test/corpus/models.ts'
import { postResults } from './replay/posted.ts'
import { measureRatios } from './replay/ratio.ts'
import { measureSecond } from './replay/second.ts'
import { measureSize } from './replay/size.ts'
import { Watchtower } from './replay/watchtower.ts'
import { table } from './report.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: 'ratio,second,size' },
    models: { type: 'string', default: 'ocr_rec,ocr_det,embedding,ocr_cls,silero_op15,hello_deepa' },
    hands: { type: 'string', default: '32,8' },
    json: { type: 'boolean', default: false },
  },
})
const parts = options.only.split(',')
const models = options.models.split(',').map(corpusModel)
const inHand = options.hands.split(',').map(Number)
const plan = options.quick ? { slices: 5, sliceMs: 200 } : { slices: 15, sliceMs: 400 }
const note = (text: string) => console.error(text)
const fixed = (value: number, digits = 2) => value.toFixed(digits)

const folder = mkdtempSync(join(tmpdir(), 'gainsay-bench-replay-'))
const tower = await Watchtower.open(folder)
try {
  if (parts.includes('ratio')) {
    const rows = []
    for (const model of models) {
      note(`${model.name}: the whole way beside the bare loop`)
      for (const one of await measureRatios(model, tower, { inHand, ...plan }))
        rows.push([
          ...[model.name, String(one.inHand), `${fixed(one.p50)} (${fixed(one.p10)}–${fixed(one.p90)})`],
          ...[fixed(one.bareMs, 3), fixed(one.childMs, 3), fixed(one.ownMs, 3)],
          ...[fixed(one.perCpuSecond, 0), fixed(one.perSecond, 0)],
        ])
    }
    console.log(
      `CPU ratio to a bare session.run loop, p50 (p10–p90) of ${plan.slices} slices\n${table(
        ['model', 'in hand', 'ratio', 'bare ms', 'child ms', 'watcher ms', 'replays/s a core', 'replays/s'],
        rows,
      )}`,
    )
  }
  const other = await postResults(corpusModel('melspectrogram'), 1, tower.artifacts)
  if (parts.includes('second')) {
    const rows = []
    for (const model of models) {
      note(`${model.name}: a second opinion`)
      for (const one of await measureSecond(model, other, tower, options.quick ? 1 : 5))
        rows.push([
          ...[one.model, one.state, fixed(one.plainMs, 1), fixed(one.secondMs, 1)],
          fixed(one.secondMs / one.plainMs, 1),
        ])
    }
    console.log(
      `\nA verdict with a second opinion, wall time\n${table(['model', 'model is', 'plain ms', 'second ms', 'ratio'], rows)}`,
    )
  }
  if (parts.includes('size')) {
    const rows = []
    for (const mb of options.quick ? [1, 10] : [1, 10, 30, 100]) {
      note(`${mb} MB`)
      const one = await measureSize(mb, other, tower)
      const times = [one.createMs, one.firstMs, one.laterMs, one.invalidMs].map((ms) => fixed(ms, 0))
      rows.push([String(mb), ...times, fixed(one.validPeakMb, 0), fixed(one.invalidPeakMb, 0)])
    }
    console.log(
      `\nTime and memory by size of the model\n${table(
        ['MB', 'create ms', 'first verdict ms', 'later ms', 'first invalid ms', 'peak MB', 'peak MB if invalid'],
        rows,
      )}`,
    )
  }
} finally {
  await tower.close()
  rmSync(folder, { recursive: true, force: true })
}
process.exit()
