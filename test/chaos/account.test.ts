import { describe, expect, test } from 'vitest'
import { accountOf, type Facts, faultsOf } from './account.ts'
import { memoryFaults } from './summary.ts'

const me = '0xaa'
const fine: Facts = {
  watcher: me,
  results: [
    { resultId: '0x01', isBad: false, status: 'finalized', challenger: null },
    { resultId: '0x02', isBad: true, status: 'rejected', challenger: me },
    { resultId: '0x03', isBad: false, status: 'finalized', challenger: '0xbb' },
  ],
  intended: ['0x02', '0x02'],
  ...{ balance: { before: 100n, after: 145n }, gasPaid: 5n, rewards: 50n, owed: 0n, ledgerDifferences: 0 },
}
const [honest, bad, griefed] = fine.results as [Facts['results'][0], Facts['results'][0], Facts['results'][0]]

describe('the account of a chaos run', () => {
  test('finds no fault where all that is bad was rejected on our challenge and every wei is there', () => {
    expect(accountOf(fine)).toEqual({
      ...{ results: 3, bad: 1, rejected: 1, falseChallenges: [], missed: [], unsettled: [] },
      ...{ lostWei: '0', rewardsWei: '50', gasWei: '5', ledgerEqual: true },
    })
    expect(faultsOf(accountOf(fine))).toEqual([])
  })

  const faults: [string, Partial<Facts>, string][] = [
    [
      'an honest result that we challenged',
      { results: [{ ...honest, challenger: me }, bad] },
      'false challenges: 0x01',
    ],
    ['an honest result that we meant to challenge on another branch', { intended: ['0x01'] }, 'false challenges: 0x01'],
    [
      'a bad result that nobody challenged',
      {
        results: [
          { ...bad, challenger: null, status: 'finalized' },
          { ...bad, resultId: '0x09' },
        ],
      },
      'missed: 0x02',
    ],
    [
      'a bad result that was finalized in spite of our challenge',
      {
        results: [
          { ...bad, status: 'finalized' },
          { ...bad, resultId: '0x09' },
        ],
      },
      'missed: 0x02',
    ],
    ['a bad result that only somebody else challenged', { results: [{ ...bad, challenger: '0xbb' }] }, 'missed: 0x02'],
    ['a result that is open', { results: [bad, { ...griefed, status: 'revealed' }] }, 'not settled: 0x03'],
    ['one wei too few', { balance: { before: 100n, after: 144n } }, '1 wei are lost'],
    ['one wei that nobody can explain', { balance: { before: 100n, after: 146n } }, '-1 wei are lost'],
    [
      'money that the contract still owes',
      { owed: 1n },
      'the ledger is not equal to the chain, or money is not withdrawn',
    ],
    [
      'a ledger that differs',
      { ledgerDifferences: 1 },
      'the ledger is not equal to the chain, or money is not withdrawn',
    ],
    [
      'a ledger that was never kept',
      { ledgerDifferences: null },
      'the ledger is not equal to the chain, or money is not withdrawn',
    ],
    ['a run without anything bad', { results: [honest] }, 'nothing bad was rejected: the run shows nothing'],
  ]
  test.each(faults)('tells %s', (_, changed, fault) => {
    expect(faultsOf(accountOf({ ...fine, ...changed }))).toEqual([fault])
  })

  test('tells memory that grows, and not memory that does not', () => {
    const at = (rss: number, heapUsed: number) => ({ rss: rss * 2 ** 20, heapUsed: heapUsed * 2 ** 20, external: 0 })
    expect(memoryFaults([at(160, 40), at(900, 41), at(250, 42)])).toEqual([])
    expect(memoryFaults([at(160, 40), at(170, 41), at(400, 42)])).toEqual(['memory grows: rss from 160 to 400 MiB'])
    expect(memoryFaults([at(160, 40), at(170, 41), at(190, 90)])).toEqual(['memory grows: heapUsed from 40 to 90 MiB'])
  })
})
