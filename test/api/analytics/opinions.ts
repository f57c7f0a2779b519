import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import SqliteDatabase from 'better-sqlite3'
import { expect, test } from 'vitest'
import { openJournal } from '../../../journal/open.ts'
import { endAction, intend, recordAttempt, recordObservation, updateAttempt } from '../../../journal/queries.ts'
import { recordVerdict } from '../../../journal/record-verdict.ts'
import type { IndexProcess } from '../../index/support/index-process.ts'
import type { Stage } from '../../index/support/stage.ts'
import { rawFacts } from './raw-facts.ts'
import { dayOf } from './raw-numbers.ts'

const OPINIONS = `observed valid invalid undetermined checkedRate { numerator denominator value }
  undeterminedRate { numerator denominator value }`

/** What holds of opinions and of what verifying costs; the index has no journal before this. */
export function testOpinions(at: () => { stage: Stage; index: IndexProcess }): void {
  test('without a journal there are no opinions, and that is said', async () => {
    expect(
      await at().index.ask('{ analytics { opinions { observed } opinionDays { day } verifiedCost { judged } } }'),
    ).toEqual({ analytics: { opinions: null, opinionDays: null, verifiedCost: null } })
    expect(await (await fetch(`${at().index.apiUrl}/export/replays.jsonl`)).text()).toBe('')
  })

  test('opinions are shown apart from what the chain settled, with what a verified inference costs', async () => {
    const { stage, index } = at()
    const today = Number(await stage.now()) * 1000
    const journal = await openJournal(join(index.dataDir, 'journal.sqlite'))
    const kinds = ['valid', 'valid', 'invalid', 'undetermined', null] as const
    const models = [`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`] as const
    const node = stage.cast.node
    for (const [i, kind] of kinds.entries()) {
      const key = `${stage.chainId}:0xaa:0x${i}:0`
      const row = { key, resultId: `0x0${i}`, requestId: '0x02', modelId: models[i % 2] as string, node }
      await recordObservation(journal, { ...row, blockNumber: 1, blockHash: '0xaa', settlement: null }, today)
      if (kind)
        await recordVerdict(journal, {
          ...{ observationKey: key, kind, step: null, output: null, distance: null, tolerance: null, reason: '=1+1' },
          ...{ evidence: kind === 'invalid' ? '{}' : null, runtimes: '[]', ms: 1, judgedAt: today, retryAt: null },
        })
    }
    const intent = { key: 'challenge:1', kind: 'challenge' as const, observationKey: null, resultId: null, value: '0' }
    const { id } = await intend(journal, { ...intent, deadline: null, reason: 'a test' }, today)
    const attempt = { hash: '0xbb', actionId: id, sender: node, nonce: 0, raw: '0x' }
    await recordAttempt(journal, attempt as never, today)
    await updateAttempt(journal, '0xbb', {
      state: 'mined',
      blockNumber: 1,
      blockHash: '0x',
      gasPaid: '3000000000000000001',
    })
    await endAction(journal, id, 'done', 'mined', today)
    await journal.destroy()

    const rate = (numerator: number, denominator: number) => ({
      ...{ numerator, denominator, value: denominator === 0 ? null : numerator / denominator },
    })
    const all = {
      observed: 5,
      valid: 2,
      invalid: 1,
      undetermined: 1,
      checkedRate: rate(3, 5),
      undeterminedRate: rate(1, 4),
    }
    const one = {
      observed: 3,
      valid: 1,
      invalid: 1,
      undetermined: 0,
      checkedRate: rate(2, 3),
      undeterminedRate: rate(0, 2),
    }
    const facts = await rawFacts(stage)
    const first = dayOf(facts.requests[0]?.at as bigint)
    const stood = facts.results.filter(({ end }) => end?.how === 'finalized')
    const fees = stood.reduce((sum, { request }) => sum + request.fee, 0n)
    const feePerFinalized = fees / BigInt(stood.length)
    expect(
      await index.ask(
        `{ analytics(from: "${first}") { all: opinions { ${OPINIONS} } one: opinions(modelId: "${models[0]}") { ${OPINIONS} }
          ofNode: opinions(nodeId: "${node}") { observed } ofOther: opinions(nodeId: "${stage.cast.otherNode}") { observed }
          opinionDays { day opinions { ${OPINIONS} } }
          verifiedCost { finalized feesPaid feePerFinalized judged gasPaid gasPerJudged total } } }`,
      ),
    ).toEqual({
      analytics: {
        ...{ all, one, ofNode: { observed: 5 }, ofOther: { observed: 0 } },
        opinionDays: [{ day: dayOf(BigInt(today) / 1000n), opinions: all }],
        verifiedCost: {
          ...{ finalized: stood.length, feesPaid: String(fees), feePerFinalized: String(feePerFinalized) },
          ...{ judged: 3, gasPaid: '3000000000000000001', gasPerJudged: '1000000000000000000' },
          total: String(feePerFinalized + 1_000_000_000_000_000_000n),
        },
      },
    })
  })

  test('replays and actions are exported, without a secret and without a formula', async () => {
    const text = async (file: string) => (await fetch(`${at().index.apiUrl}/export/${file}`)).text()
    const replays = (await text('replays.jsonl'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(replays.map(({ kind }) => kind)).toEqual(['valid', 'valid', 'invalid', 'undetermined'])
    expect(await text('replays.csv')).toContain(`,'=1+1,`)
    expect((await text('actions.jsonl')).trimEnd().split('\n')).toHaveLength(1)
    expect(await text('findings.csv')).not.toMatch(/proof|salt/)
    expect(await text('replays.jsonl?below=5')).toBe('')
  })

  test('two exports run at once and no third, until a reader goes away', async () => {
    const { apiUrl, dataDir } = at().index
    // So much that it does not fit into what lies between the index and a reader who does not read.
    const journal = new SqliteDatabase(join(dataDir, 'journal.sqlite'))
    const reason = 'x'.repeat(4000)
    const copy = journal.prepare(
      `insert into observation (key, resultId, requestId, modelId, node, blockNumber, blockHash, seenAt)
       values (?, '0x', '0x', '0x', '0x', 1, '0x', 0)`,
    )
    const judge = journal.prepare(
      `insert into verdict (observationKey, kind, runtimes, ms, judgedAt, reason) values (?, 'valid', '[]', 1, 0, ?)`,
    )
    journal.transaction(() => {
      for (let i = 0; i < 10_000; i++) {
        copy.run(`many:${i}`)
        judge.run(`many:${i}`, reason)
      }
    })()
    journal.close()
    const opened: IncomingMessage[] = []
    const open = async () => {
      const [response] = (await once(get(`${apiUrl}/export/replays.jsonl`), 'response')) as [IncomingMessage]
      opened.push(response)
      return response.statusCode
    }
    expect([await open(), await open(), await open()]).toEqual([200, 200, 503])
    expect(opened[2]?.headers['retry-after']).toBe('10')
    for (const response of opened) response.destroy()
    let status: number | undefined = 503
    for (const end = Date.now() + 10_000; status === 503 && Date.now() < end; )
      status = (await fetch(`${apiUrl}/export/models.csv`)).status
    expect(status).toBe(200)
    const whole = (await (await fetch(`${apiUrl}/export/replays.jsonl`)).text()).trimEnd().split('\n')
    expect(new Set(whole.map((line) => JSON.parse(line).observationKey)).size).toBe(10_004)
  })
}
