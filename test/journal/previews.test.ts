import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Journal, openJournal } from '../../journal/open.ts'
import { MOST_SHOWN, recordOperatorGraph, shownOperators } from '../../journal/operator-graph.ts'
import { PREVIEW_ELEMENTS, PREVIEW_OUTPUTS, previewsOf, recordPreviews } from '../../journal/previews.ts'
import { prune } from '../../journal/prune.ts'
import { recordObservation } from '../../journal/queries.ts'
import type { Tensor } from '../../protocol/tensor.ts'

const key = '31337:0xaa:0xbb:0'
const vector = (length: number, value = (i: number) => i): Tensor => ({
  ...{ dtype: 'float32', dims: [length] },
  data: new Uint8Array(Float32Array.from({ length }, (_, i) => value(i)).buffer),
})
const floats = (data: Uint8Array) => [...new Float32Array(Uint8Array.from(data).buffer)]

describe('what is kept of a comparison', () => {
  test('is the part around the worst element, of both sides alike', () => {
    const sides = { posted: new Map([['y', vector(1000)]]), replayed: new Map([['y', vector(1000, (i) => -i)]]) }
    const [posted, replayed, ...others] = previewsOf(key, sides, { output: 'y', at: 700 })
    expect(others).toEqual([])
    expect(posted).toMatchObject({ side: 'posted', name: 'y', dtype: 'float32', dims: '[1000]', start: 512, place: 0 })
    expect(floats(posted?.data as Uint8Array)).toEqual(Array.from({ length: PREVIEW_ELEMENTS }, (_, i) => 512 + i))
    expect(replayed).toMatchObject({ side: 'replayed', start: 512 })
    expect(floats(replayed?.data as Uint8Array)[0]).toBe(-512)
  })

  test('is bounded, however many and long outputs are, and has the worst one whatever it is called', () => {
    const outputs = new Map(Array.from({ length: 40 }, (_, i) => [`${i}`.repeat(500), vector(5000)] as const))
    const worst = `${39}`.repeat(500)
    const kept = previewsOf(key, { posted: outputs, replayed: outputs }, { output: worst, at: 4999 })
    expect(kept).toHaveLength(2 * PREVIEW_OUTPUTS)
    for (const { data, name } of kept) {
      expect(data.length).toBeLessThanOrEqual(8 * PREVIEW_ELEMENTS)
      expect(name.length).toBeLessThanOrEqual(200)
    }
    expect(kept.some(({ name, place }) => place === 0 && worst.startsWith(name))).toBe(true)
  })

  test('has only the side that there is of an output that is missing, and begins at 0 beyond its end', () => {
    const kept = previewsOf(
      key,
      { posted: new Map([['y', vector(3)]]), replayed: new Map() },
      { output: 'y', at: 9000 },
    )
    expect(kept.map(({ side, start }) => [side, start])).toEqual([['posted', 0]])
  })
})

describe('in the journal', () => {
  let folder: string
  let journal: Journal

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gainsay-previews-'))
    journal = await openJournal(join(folder, 'journal.sqlite'))
    const about = {
      resultId: '0x01',
      requestId: '0x02',
      modelId: '0x03',
      node: '0x04',
      blockNumber: 1,
      blockHash: '0xaa',
    }
    await recordObservation(journal, { key, ...about, settlement: 'rejected' }, 5)
  })
  afterEach(async () => {
    await journal.destroy()
    rmSync(folder, { recursive: true })
  })

  const previews = () => journal.selectFrom('preview').selectAll().execute()

  test('a later comparison takes the place of the one before', async () => {
    const sides = (name: string) => ({ posted: new Map([[name, vector(2)]]), replayed: new Map([[name, vector(2)]]) })
    await recordPreviews(journal, key, previewsOf(key, sides('a'), { output: 'a', at: 0 }))
    await recordPreviews(journal, key, previewsOf(key, sides('b'), { output: 'b', at: 0 }))
    expect((await previews()).map(({ name }) => name)).toEqual(['b', 'b'])
  })

  test('it goes with its result when the journal is pruned', async () => {
    const side = new Map([['y', vector(2)]])
    await recordPreviews(journal, key, previewsOf(key, { posted: side, replayed: side }, { output: 'y', at: null }))
    expect(await previews()).toHaveLength(2)
    expect((await prune(journal, 10)).results).toBe(1)
    expect(await previews()).toEqual([])
  })

  test("a model's operators are kept once, cut, and no more than a page can use", async () => {
    const operators = Array.from({ length: 3000 }, (_, i) => ({
      ...{
        type: 'x'.repeat(9999),
        name: '',
        problem: i === 1 ? 'no check' : undefined,
        firstOutput: i + 1,
        outputs: 1,
      },
      operands: [{ kind: 'entry', entry: i } as const, { kind: 'constant' } as const],
    }))
    const shown = shownOperators(operators)
    expect(shown).toHaveLength(MOST_SHOWN)
    expect(shown[1]).toEqual({ type: 'x'.repeat(80), name: '', inputs: [1], first: 2, outputs: 1, provable: false })
    for (const count of [1, 3000])
      await recordOperatorGraph(journal, { modelHash: '0x01', operators: count, shown: JSON.stringify(shown) })
    const rows = await journal.selectFrom('operatorgraph').select(['modelHash', 'operators']).execute()
    expect(rows).toEqual([{ modelHash: '0x01', operators: 3000 }])
  })
})
