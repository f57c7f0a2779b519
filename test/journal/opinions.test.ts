import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Journal, openJournal } from '../../journal/open.ts'
import { gasPaidOn, opinionDays, opinionTotals } from '../../journal/opinions.ts'
import { markVanished, recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'

const DAY = 86_400_000
let folder: string
let journal: Journal

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gainsay-opinions-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
})
afterEach(async () => {
  await journal.destroy()
  rmSync(folder, { recursive: true, force: true })
})

const observation = (id: number, modelId: string, node: string) => ({
  ...{ key: `1:0xaa:0x${id}:0`, resultId: `0x${id}`, requestId: '0x02', modelId, node, settlement: null },
  ...{ blockNumber: 10, blockHash: '0xaa' },
})
const verdict = (id: number, kind: 'valid' | 'invalid' | 'undetermined') =>
  recordVerdict(journal, {
    ...{ observationKey: `1:0xaa:0x${id}:0`, kind, step: null, output: null, distance: null, tolerance: null },
    ...{ reason: null, evidence: kind === 'invalid' ? '{}' : null, runtimes: '[]', ms: 1, judgedAt: 1, retryAt: null },
  })

const move = fc.record({
  id: fc.nat(5),
  what: fc.constantFrom('see', 'see', 'vanish', 'valid', 'invalid', 'undetermined'),
  day: fc.nat(2),
})

test('are what the rows say, whatever is seen, judged, judged again, taken away and brought back', async () => {
  await fc.assert(
    fc
      .asyncProperty(fc.array(move, { maxLength: 40 }), async (moves) => {
        const seen = new Map<number, { day: number; shown: boolean; kind?: string }>()
        for (const { id, what, day } of moves) {
          const known = seen.get(id)
          if (what === 'see') {
            await recordObservation(journal, observation(id, `0xm${id % 2}`, `0xn${id % 3}`), day * DAY + id)
            seen.set(id, { ...known, day: known?.day ?? day, shown: true })
          } else if (!known) continue
          else if (what === 'vanish') {
            await markVanished(journal, `1:0xaa:0x${id}:0`, 5)
            known.shown = false
          } else {
            await verdict(id, what as 'valid')
            if (known.kind === undefined || known.kind === 'undetermined') known.kind = what
          }
        }
        const shown = [...seen.values()].filter((one) => one.shown)
        const total = (kind: string) => shown.filter((one) => one.kind === kind).length
        expect(await opinionTotals(journal)).toEqual({
          observed: shown.length,
          ...{ valid: total('valid'), invalid: total('invalid'), undetermined: total('undetermined') },
        })
        for (const filter of [{}, { modelId: '0xm1' }, { nodeId: '0xn2' }]) {
          const mine = [...seen].filter(
            ([id, { shown }]) => shown && (!filter.modelId || id % 2 === 1) && (!filter.nodeId || id % 3 === 2),
          )
          for (const day of [0, 1, 2]) {
            const of = mine.filter(([, one]) => one.day === day).map(([, one]) => one)
            const count = (kind: string) => of.filter((one) => one.kind === kind).length
            const [row] = await opinionDays(journal, { from: day, to: day }, filter)
            expect(row ?? { day, observed: 0, valid: 0, invalid: 0, undetermined: 0 }).toEqual({
              ...{ day, observed: of.length },
              ...{ valid: count('valid'), invalid: count('invalid'), undetermined: count('undetermined') },
            })
          }
        }
      })
      .afterEach(async () => {
        for (const table of ['verdict', 'observation', 'opinion'] as const) await journal.deleteFrom(table).execute()
      }),
    { numRuns: 25 },
  )
})

test('are made up for when an older journal is opened, and outlive what is pruned', async () => {
  for (const id of [1, 2, 3]) await recordObservation(journal, observation(id, '0xm', '0xn'), DAY)
  await verdict(1, 'valid')
  await verdict(2, 'invalid')
  await markVanished(journal, '1:0xaa:0x3:0', 5)
  await journal.destroy()
  const path = join(folder, 'journal.sqlite')
  const old = new SqliteDatabase(path)
  for (const name of ['observed', 'vanished', 'judged', 'changed']) old.exec(`drop trigger opinion_${name}`)
  old.exec('drop table opinion; drop table preview; drop table operatorgraph; drop index verdict_kind')
  old.exec('drop trigger observation_judged; drop trigger observation_judged_again; drop table walk')
  for (const name of ['observation_due', 'observation_network', 'verdict_network']) old.exec(`drop index ${name}`)
  for (const column of ['observation drop network', 'observation drop dueAt', 'verdict drop network'])
    old.exec(`alter table ${column}`)
  old.exec(`delete from kysely_migration where name >= '009'`)
  old.close()
  journal = await openJournal(path)
  const expected = [{ day: 1, observed: 2, valid: 1, invalid: 1, undetermined: 0 }]
  expect(await opinionDays(journal, { from: 0, to: 9 })).toEqual(expected)
  await journal.deleteFrom('verdict').execute()
  await journal.deleteFrom('observation').execute()
  expect(await opinionDays(journal, { from: 0, to: 9 })).toEqual(expected)
})

test('gas is added up to the wei, whatever its size', async () => {
  const amounts = [10n ** 25n + 7n, 999_999_999n, 10n ** 9n, 0n, 9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n]
  await journal
    .insertInto('action')
    .values({
      ...{ key: 'one', kind: 'challenge', observationKey: null, resultId: null, value: '0', deadline: null },
      ...{ state: 'open', reason: '', createdAt: 0, updatedAt: 0, worth: null, objection: null },
      ...{ stalledSince: null, stoppedAt: null },
    })
    .execute()
  const { id } = await journal.selectFrom('action').select('id').executeTakeFirstOrThrow()
  for (const [nonce, amount] of [...amounts, 5n].entries())
    await journal
      .insertInto('attempt')
      .values({
        ...{ hash: `0x${nonce}`, actionId: id, sender: '0x0a', nonce, raw: '0x', state: 'mined', blockNumber: 1 },
        ...{ blockHash: '0x', gasPaid: String(amount), createdAt: 0, reason: null },
        settledAt: nonce === amounts.length ? 4 * DAY : 2 * DAY + nonce,
      })
      .execute()
  const sum = amounts.reduce((a, b) => a + b)
  expect(await gasPaidOn(journal, { from: 2, to: 2 })).toBe(sum)
  expect(await gasPaidOn(journal, { from: 2, to: 4 })).toBe(sum + 5n)
  expect(await gasPaidOn(journal, { from: 3, to: 3 })).toBe(0n)
})
