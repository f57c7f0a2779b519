import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import type { Hex } from 'viem'
import { expect, test, vi } from 'vitest'
import { identityModel } from '../../cli/identity-model.ts'
import { openJournal } from '../../journal/open.ts'
import { findingsOf, provabilityOf, type VerdictRow } from '../../journal/queries.ts'
import type { Collected } from '../../watcher/collect.ts'
import type { Watch } from '../../watcher/context.ts'
import { examiner } from '../../watcher/disputes.ts'

// Found by a chaos run: a stranger's model whose address never answered kept the trace of an own dispute unseen for a minute,
// again and again, until its window was over and the bond lost.

const GOOD = `0x${'aa'.repeat(32)}` as Hex
const ZERO = `0x${'00'.repeat(32)}`

/** A result of this model, invalid, and revealed when its trace has an address. */
function result(id: string, modelHash: Hex, traceUri?: string): Collected {
  const model = { modelHash, uri: '', rule: 'worstCase', lambda: 0, precision: 'fp32', graphRoot: ZERO }
  return {
    key: id,
    result: {
      ...{ id, model, status: traceUri ? 'revealed' : 'posted', windowEnd: '1000000', outputHash: ZERO },
      ...{ request: { inputHash: ZERO }, challenge: traceUri ? { traceRoot: ZERO, traceUri } : null },
    },
  } as unknown as Collected
}

test('what never arrives keeps neither another trace nor another model waiting', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-examiner-'))
  const journal = await openJournal(join(folder, 'journal.sqlite'))
  await journal
    .insertInto('observation')
    .values({
      ...{ key: 'mine', resultId: 'mine', requestId: ZERO, modelId: ZERO, node: ZERO, blockNumber: 1, blockHash: ZERO },
      ...{ seenAt: 0, vanishedAt: null, settlement: null },
    })
    .execute()
  const path = join(folder, 'identity.onnx')
  writeFileSync(path, identityModel())
  const never = new Promise<never>(() => {})
  const asked = vi.fn()
  const it = {
    ...{ journal, log: pino({ level: 'silent' }), clock: Date.now, pool: undefined },
    chain: { parameters: { convictionWindow: 100n } },
    artifacts: {
      pathFor: ({ hash }: { hash: Hex }) => {
        asked(hash)
        return hash === GOOD ? Promise.resolve(path) : never
      },
      fetchUnhashed: (uri: string) => (uri === 'hang:' ? never : Promise.resolve(new Uint8Array(3))),
    },
  } as unknown as Watch
  const strange = [...Array(3).keys()].map((n) => result(`model ${n}`, `0x${`${n}`.repeat(64)}`))
  const slow = [...Array(7).keys()].map((n) => result(`slow ${n}`, GOOD, 'hang:'))
  const mine = result('mine', GOOD, 'good:')
  const open = [...strange, ...slow, mine]
  const verdicts = new Map(open.map(({ key }) => [key, { kind: 'invalid' } as VerdictRow]))
  const examine = examiner(it, new AbortController().signal)
  for (let round = 0; round < 3; round++) await examine.look(open, verdicts, 0n)
  await vi.waitFor(async () => {
    expect([...(await findingsOf(journal, ['mine'])).values()]).toMatchObject([{ kind: 'withheld' }])
    expect((await provabilityOf(journal, [GOOD])).has(GOOD)).toBe(true)
  }, 10_000)
  // Each was asked for once, however many rounds there were.
  for (const { result } of strange)
    expect(asked.mock.calls.filter(([hash]) => hash === result.model.modelHash)).toHaveLength(1)
})
