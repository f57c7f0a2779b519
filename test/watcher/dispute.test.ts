import { decodeFunctionData, type Hex } from 'viem'
import { expect, test } from 'vitest'
import { convictionAbi } from '../../abis/Conviction.ts'
import type { Finding } from '../../journal/queries.ts'
import { decideDispute } from '../../watcher/dispute.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

const me = '0x00000000000000000000000000000000000000aa'
const other = '0x00000000000000000000000000000000000000bb'
const id: Hex = `0x${'01'.repeat(32)}`

interface Demanded {
  by: string
  until: bigint
  status?: 'open' | 'supplied'
  entry?: bigint
  count?: number
}

/** What is decided at second 50 of a window of 100, about a result with these demands. */
function decide(kind: 'withheld' | 'unprovable' | 'provable', demanded: readonly Demanded[]) {
  const demands = demanded.map(({ by, until, status = 'open', entry = 0n, count = 0 }, i) => ({
    ...{ id: `0x${String(i + 1).padStart(64, '0')}`, status, until, demander: { id: by }, entry, count },
  }))
  const result = {
    ...{ id, status: 'revealed', windowEnd: 100n, outputHash: id, demands, appeals: [] },
    ...{ model: { arbiter: { id: other }, modelHash: id }, request: { inputHash: id } },
  } as unknown as IndexedResult
  const finding = { kind, reason: 'a reason', proof: '0x12', salt: id } as unknown as Finding
  const decision = decideDispute({
    ...{ key: 'k', result, finding, me, now: 50n, demandFee: 7n, demandProof: '0x34' },
    commitment: { hash: id, onChain: true },
  })
  return decision && { kind: decision.kind, key: decision.key, value: decision.dispute?.value, data: decision.dispute }
}
const claimOf = (n: number) => ({ kind: 'claimWithheld', key: `claimWithheld:0x${String(n).padStart(64, '0')}` })

test('demands a header of a withheld trace, with money for others being faster', () => {
  const decision = decide('withheld', [])
  expect(decision).toMatchObject({ kind: 'demand', value: 14n })
  const { args } = decodeFunctionData({ abi: convictionAbi, data: decision?.data?.data as Hex })
  expect(args).toEqual([id, { entry: 0, first: 0, count: 0 }, '0x34'])
})

test('other people’s demands for other parts change nothing', () => {
  expect(decide('withheld', [{ by: other, until: 60n, entry: 1n }])).toMatchObject({ kind: 'demand' })
  expect(decide('withheld', [{ by: other, until: 60n, count: 2 }])).toMatchObject({ kind: 'demand' })
})

test('waits for what is demanded of it, and appeals when it was supplied, whoever demanded it', () => {
  for (const by of [me, other]) {
    expect(decide('withheld', [{ by, until: 60n }]), by).toBeNull()
    expect(decide('withheld', [{ by, until: 60n, status: 'supplied' }]), by).toMatchObject({ kind: 'appeal' })
  }
})

test('claims what is overdue, its own first, and somebody else’s unless it has a proof', () => {
  const theirs = { by: other, until: 40n }
  const mine = { by: me, until: 45n, entry: 3n }
  for (const kind of ['withheld', 'unprovable'] as const) {
    expect(decide(kind, [theirs]), kind).toMatchObject(claimOf(1))
    expect(decide(kind, [theirs, mine]), kind).toMatchObject(claimOf(2))
    expect(decide(kind, [{ ...theirs, status: 'supplied' }]), kind).not.toMatchObject({ kind: 'claimWithheld' })
    expect(decide(kind, [{ ...theirs, until: 50n }]), kind).not.toMatchObject({ kind: 'claimWithheld' })
  }
  expect(decide('provable', [theirs])).toMatchObject({ kind: 'convict' })
  expect(decide('provable', [theirs, mine])).toMatchObject(claimOf(2))
})
