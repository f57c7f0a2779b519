import fc from 'fast-check'
import { encodeErrorResult, type Hex, parseAbi } from 'viem'
import { describe, expect, test } from 'vitest'
import { checkerAbi } from '../../abis/Checker.ts'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { demandStatuses, statuses } from '../../protocol/status.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'
import { gapsOf, nextNonce } from '../../watcher/send/lane.ts'
import { refusalOf } from '../../watcher/send/refusal.ts'
import { decodeRevert } from '../../watcher/send/reverts.ts'
import { routeOf } from '../../watcher/send/route.ts'
import { worthOf } from '../../watcher/send/worth.ts'

const id = `0x${'ab'.repeat(32)}` as Hex
// They are deployed apart, so no ABI of ours has it.
const ofOperators = parseAbi(['error NotShown(uint256 position)'])
const revert = (errorName: string, args: unknown[]) =>
  encodeErrorResult({ abi: [...gainsayAbi, ...convictionAbi, ...checkerAbi, ...ofOperators], errorName, args } as never)

describe('decodeRevert', () => {
  const cases: [string, unknown[], string, RegExp][] = [
    ['WrongStatus', [id, statuses.indexOf('challenged')], 'moot', /already challenged: somebody was faster/],
    ['WrongStatus', [id, statuses.indexOf('none')], 'moot', /none by now/],
    ['WindowOver', [77n], 'moot', /over at 77/],
    ['WindowOpen', [78n], 'wait', /open until 78/],
    ['WrongValue', [1n, 2n], 'wait', /wants 2 wei/],
    ['NotCommitted', [id], 'wait', /earlier block/],
    ['NotGuilty', [id], 'stop', /no fraud/],
    ['NotSeated', [`0x${'12'.repeat(20)}`], 'stop', /seat is held by 0x1212/],
    ['DemandExists', [id], 'moot', /demanded already/],
    ['WrongDemandStatus', [id, demandStatuses.indexOf('supplied')], 'moot', /supplied by now/],
    ['AppealExists', [id, `0x${'12'.repeat(20)}`], 'moot', /appealed already/],
    ['NothingToWithdraw', [], 'moot', /nothing is owed/],
    ['BadProof', [], 'stop', /cannot read our proof/],
    ['NotShown', [3n], 'stop', /cannot read our proof/],
  ]
  test.each(cases)('says what %s means', (name, args, kind, reason) => {
    const outcome = decodeRevert(revert(name, args), 'challenge')
    expect(outcome.kind).toBe(kind)
    expect(outcome.reason).toMatch(reason)
    expect(outcome.reason).toContain(name)
  })

  test('waits to settle a demand whose result is not settled', () => {
    const data = revert('WrongStatus', [id, statuses.indexOf('revealed')])
    expect(decodeRevert(data, 'settleDemand').kind).toBe('wait')
    expect(decodeRevert(revert('WrongStatus', [id, statuses.indexOf('finalized')]), 'settleDemand').kind).toBe('moot')
  })

  test('decides on every error of the contracts', () => {
    const values: Record<string, unknown> = { bytes32: id, address: `0x${'12'.repeat(20)}`, string: 'x' }
    for (const { name, inputs } of [...gainsayAbi, ...convictionAbi, ...checkerAbi].filter((i) => i.type === 'error')) {
      const outcome = decodeRevert(
        revert(
          name,
          inputs.map(({ type }) => values[type] ?? 1),
        ),
        'challenge',
      )
      expect(outcome.reason, name).toContain(name)
      expect(outcome.kind, name).not.toBe('retry')
    }
  })

  test('tries again, but not blindly, what no contract of ours says', () => {
    for (const data of [undefined, '0x', '0xdeadbeef', '0x08c379a0', `0x${'ff'.repeat(100)}`] as const)
      expect(decodeRevert(data, 'challenge').kind).toBe('retry')
    // A status that a newer contract has.
    expect(decodeRevert(revert('WrongStatus', [id, 99]), 'challenge').kind).toBe('stop')
  })
})

describe('refusalOf', () => {
  // As geth, Erigon, Reth, Nethermind, Besu and Anvil word them.
  test.each([
    ['already known', 'known'],
    ['AlreadyKnown', 'known'],
    ['transaction already imported', 'known'],
    ['Known transaction', 'known'],
    ['nonce too low', 'nonceUsed'],
    ['nonce too low: next nonce 7, tx nonce 6', 'nonceUsed'],
    ['OldNonce', 'nonceUsed'],
    ['replacement transaction underpriced', 'outbid'],
    ['ReplacementNotAllowed', 'outbid'],
    ['transaction underpriced', 'underpriced'],
    ['max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7', 'underpriced'],
    ['FeeTooLow', 'underpriced'],
    ['insufficient funds for gas * price + value', 'poor'],
    ['Insufficient funds for gas * price + value', 'poor'],
    ['Upfront cost exceeds account balance', 'poor'],
    ['rate limit exceeded', 'other'],
    ['', 'other'],
  ])('understands %j', (said, refusal) => {
    expect(refusalOf(said)).toBe(refusal)
  })
})

describe('routeOf', () => {
  const relay = { hasRelay: true, relayOnly: false, patience: 10, waited: 0, blocksLeft: 100 }
  test('shows nothing to the public while the relay has time', () => {
    expect(routeOf({ ...relay, hasRelay: false })).toBe('public')
    expect(routeOf(relay)).toBe('relay')
    expect(routeOf({ ...relay, waited: 50 })).toBe('relay')
    expect(routeOf({ ...relay, waited: 9, blocksLeft: 1 })).toBe('relay')
  })
  test('goes public as well once the relay had its time and the deadline presses, or there is none', () => {
    expect(routeOf({ ...relay, waited: 10, blocksLeft: 40 })).toBe('both')
    expect(routeOf({ ...relay, waited: 10, blocksLeft: 41 })).toBe('relay')
    expect(routeOf({ ...relay, waited: 10, blocksLeft: null })).toBe('both')
  })
  test('never leaves the relay when told so', () => {
    fc.assert(
      fc.property(fc.nat(), fc.option(fc.nat()), fc.nat(), (waited, blocksLeft, patience) => {
        expect(routeOf({ hasRelay: true, relayOnly: true, patience, waited, blocksLeft })).toBe('relay')
      }),
    )
  })
})

describe('the lane', () => {
  const lanes = fc.record({
    used: fc.nat({ max: 50 }),
    ahead: fc.nat({ max: 5 }),
    live: fc.array(fc.nat({ max: 70 })).map((nonces) => new Set(nonces)),
  })
  test('gives a free nonce, never one that is used, ours under way, or in the pool for somebody else', () => {
    fc.assert(
      fc.property(lanes, ({ used, ahead, live }) => {
        const pending = used + ahead
        const nonce = nextNonce({ used, pending, live })
        expect(nonce >= used && nonce >= pending && !live.has(nonce)).toBe(true)
        // And no free one is left out before it.
        for (let n = pending; n < nonce; n++) expect(live.has(n)).toBe(true)
      }),
    )
  })
  test('does not believe an endpoint that speaks of a pool far ahead', () => {
    expect(nextNonce({ used: 7, pending: 10 ** 6, live: new Set([7]) })).toBe(8)
  })
  test('names exactly the free nonces that others wait behind', () => {
    expect(gapsOf({ used: 5, pending: 5, live: new Set([6, 8]) })).toEqual([5, 7])
    expect(gapsOf({ used: 5, pending: 6, live: new Set([6]) })).toEqual([])
    expect(gapsOf({ used: 5, pending: 5, live: new Set([5, 6]) })).toEqual([])
    expect(gapsOf({ used: 5, pending: 5, live: new Set() })).toEqual([])
  })
})

describe('worthOf', () => {
  const me = '0x00000000000000000000000000000000000000aa'
  const known = { parameters: { nodeBond: 1000n, rewardBps: 5000, burnBps: 300, challengeBond: 70n }, me }
  const by = (challenger: string) =>
    ({ challenge: { challenger: { id: challenger } }, demands: [mine, theirs] }) as unknown as IndexedResult
  const [mine, theirs] = [
    { id: '0x1', demander: { id: me } },
    { id: '0x2', demander: { id: '0xbb' } },
  ]
  test('is what can be won, and the bond of a challenge of ours', () => {
    expect(worthOf({ kind: 'challenge', key: '', result: by('0x') }, known)).toBe(500n)
    expect(worthOf({ kind: 'convict', key: '', result: by(me) }, known)).toBe(570n)
    expect(worthOf({ kind: 'convict', key: '', result: by('0xbb') }, known)).toBe(500n)
    expect(worthOf({ kind: 'appeal', key: '', result: by(me) }, known)).toBe(570n)
    expect(worthOf({ kind: 'claimWithheld', key: 'claimWithheld:0x2', result: by(me) }, known)).toBe(570n)
    expect(worthOf({ kind: 'claimWithheld', key: 'claimWithheld:0x1', result: by('0xbb') }, known)).toBe(500n)
  })
  test("of what earns us nothing is what is burnt of the node's bond", () => {
    expect(worthOf({ kind: 'appeal', key: '', result: by('0xbb') }, known)).toBe(30n)
    expect(worthOf({ kind: 'claimWithheld', key: 'claimWithheld:0x2', result: by('0xbb') }, known)).toBe(30n)
  })
  test('of claims is what they bring', () => {
    expect(worthOf({ kind: 'withdraw', key: '', result: null }, { ...known, credit: 3n })).toBe(3n)
    expect(worthOf({ kind: 'settleDemand', key: '', result: by(me) }, { ...known, demandFee: 9n })).toBe(9n)
    expect(worthOf({ kind: 'withdraw', key: '', result: null }, known)).toBe(0n)
  })
})
