import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sumsOf } from '../../journal/ledger/rows.ts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { prune } from '../../journal/prune.ts'
import { demandedResults } from '../../journal/queries.ts'
import { playHistory, playLive } from '../index/support/play.ts'
import { startStage } from '../index/support/stage.ts'
import { account, fillJournal } from './filled-journal.ts'
import { ledgerStage } from './ledger-stage.ts'

let journal: Journal
beforeEach(async () => {
  journal = await openJournal(join(mkdtempSync(join(tmpdir(), 'gainsay-prune-')), 'journal.sqlite'))
})
afterEach(() => journal.destroy())

const count = async (table: 'observation' | 'verdict' | 'finding' | 'action' | 'attempt' | 'entry') =>
  (
    await journal
      .selectFrom(table)
      .select('resultId' as never)
      .execute()
      .catch(() => journal.selectFrom(table).selectAll().execute())
  ).length

const keys = async () =>
  (await journal.selectFrom('observation').select('key').orderBy('key').execute()).map(({ key }) => key)

describe('pruning', () => {
  test('removes what is old and settled, keeps what is open or young, and the sums of the ledger', async () => {
    await fillJournal(journal, { at: 1000, prefix: '1' })
    await fillJournal(journal, { at: 1000, prefix: '22' })
    await fillJournal(journal, { at: 5000, prefix: '333' })
    // The anchor's nonce is past the transactions of the first two.
    await journal.updateTable('ledger').set({ anchorNonce: 6 }).execute()
    const before = await sumsOf(journal, account)
    const pruned = await prune(journal, 2000)
    expect(pruned).toEqual({ results: 2, actions: 2, entries: 8, kept: 0 })
    expect(await keys()).toEqual(
      ['1:open', '22:open', '333:open', '333:settled'].map((name) => `31337:0xaa:${name.replace(':', '')}:0`),
    )
    expect(await sumsOf(journal, account)).toEqual(before)
    expect(await count('entry')).toBe(4 + 4)
    expect(await count('finding')).toBe(1)
    // Once more changes nothing.
    expect(await prune(journal, 2000)).toEqual({ results: 0, actions: 0, entries: 0, kept: 0 })
    expect(await sumsOf(journal, account)).toEqual(before)
  })

  test.each([
    ['an action of its is open', `update action set state = 'open' where kind = 'challenge'`],
    ['a transaction of its may be mined', `update attempt set state = 'signed', blockHash = null`],
    ['the ledger still looks at its transaction', 'update ledger set anchorNonce = 0'],
    ['its bond is at stake', `delete from entry where kind = 'returned'`],
    [
      'the fee of a demand of ours is still held',
      `insert into action (key, kind, observationKey, resultId, value, state, reason, createdAt, updatedAt)
        select 'demand', 'demand', observationKey, resultId, '1', 'done', '', 1, 1 from action where kind = 'challenge'`,
    ],
  ])('keeps a settled result while %s', async (_, statement) => {
    await fillJournal(journal, { at: 1000, prefix: '1' })
    await journal.updateTable('ledger').set({ anchorNonce: 6 }).execute()
    await sql.raw(statement).execute(journal)
    expect(await prune(journal, 2000)).toMatchObject({ results: 0, kept: 1 })
    expect(await count('verdict')).toBe(2)
  })

  test('removes a result whose demanded fee came back without our asking, as the claim of what was withheld has it', async () => {
    await fillJournal(journal, { at: 1000, prefix: '1' })
    await journal.updateTable('ledger').set({ anchorNonce: 6 }).execute()
    await sql`insert into action (key, kind, observationKey, resultId, value, state, reason, createdAt, updatedAt)
      select 'demand', 'demand', observationKey, resultId, '1', 'done', '', 1, 1 from action where kind = 'challenge'`.execute(
      journal,
    )
    const demanded = await demandedResults(journal)
    expect(demanded).toHaveLength(1)
    for (const [i, kind] of (['fee', 'returned'] as const).entries()) {
      expect(await demandedResults(journal)).toEqual(demanded)
      await sql`insert into entry (key, account, kind, amount, resultId, reference, transactionHash, blockNumber, blockHash,
          logIndex, count, at)
        select ${kind}, account, ${kind}, '1', resultId, '0xde', transactionHash, blockNumber, blockHash, ${100 + i}, 1, at
        from entry where kind = 'returned'`.execute(journal)
    }
    expect(await demandedResults(journal)).toEqual([])
    expect(await prune(journal, 2000)).toMatchObject({ results: 1, kept: 0 })
  })
})

test('a pruned ledger is still equal to the chain, also when it is pruned again and when a deep reorg reads it anew', async () => {
  const stage = await startStage()
  const ledger = await ledgerStage(stage)
  const { watcher } = stage.cast
  await ledger.check(watcher)
  const from = Number(await stage.head()) + 1
  const exact = { equal: true, differences: [], unexplained: 0n, foreignNonces: 0 }
  const played = await playHistory(stage)
  await ledger.own(watcher, from)
  await stage.mine(120)
  expect(await ledger.check(watcher)).toMatchObject(exact)
  const rolled: number[] = []
  for (const again of [false, true]) {
    if (again) await playLive(stage, played)
    await ledger.own(watcher, from)
    await stage.mine(120)
    expect(await ledger.check(watcher)).toMatchObject(exact)
    rolled.push((await prune(ledger.journal, Date.now())).entries)
    expect(await ledger.check(watcher)).toMatchObject(exact)
  }
  expect(Math.min(...rolled)).toBeGreaterThan(2)
  await ledger.journal.updateTable('ledger').set({ anchorHash: '0x00' }).execute()
  await ledger.own(watcher, from)
  expect(await ledger.check(watcher)).toMatchObject(exact)
  await ledger.journal.destroy()
  await stage.stop()
})
