import { setTimeout as sleep } from 'node:timers/promises'
import pino from 'pino'
import { privateKeyToAccount } from 'viem/accounts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ledgerOf } from '../../journal/ledger/rows.ts'
import type { Watch } from '../../watcher/context.ts'
import { ledgerKeeper } from '../../watcher/ledger.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { type LedgerStage, ledgerStage } from '../journal/ledger-stage.ts'

let stage: Stage
let ledger: LedgerStage
let lines: { level: number; msg: string; what?: string; expected?: string; actual?: string }[]
let controller: AbortController
let keeper: ReturnType<typeof ledgerKeeper>

beforeEach(async () => {
  stage = await startStage()
  ledger = await ledgerStage(stage)
  lines = []
  controller = new AbortController()
  const account = privateKeyToAccount(stage.keyOf(stage.cast.watcher))
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const { journal, chain } = ledger
  keeper = ledgerKeeper({ account, journal, chain, log, clock: Date.now } as unknown as Watch, controller.signal, 2)
})
afterEach(async () => {
  controller.abort()
  await keeper.stop()
  await ledger.journal.destroy()
  await stage.stop()
})

const balanceIs = async (wei: bigint) => {
  await rpc(stage.rpcUrl, 'anvil_setBalance', stage.cast.watcher, `0x${wei.toString(16)}`)
  await stage.mine(1)
}

test('a ledger is begun in the first round and looked at again every so many', async () => {
  keeper.look()
  await keeper.stop()
  const begun = await ledgerOf(ledger.journal, stage.cast.watcher)
  expect(begun?.differences).toBe('')
  await stage.mine(3)
  keeper.look()
  await keeper.stop()
  expect(await ledgerOf(ledger.journal, stage.cast.watcher)).toEqual(begun)
  keeper.look()
  await keeper.stop()
  expect((await ledgerOf(ledger.journal, stage.cast.watcher))?.checkedBlock).toBe((begun?.checkedBlock ?? 0) + 3)
  expect(lines).toEqual([])
})

test('a difference is an error once it is found twice, and what an endpoint behind says is none', async () => {
  const balance = await stage.client.getBalance({ address: stage.cast.watcher })
  keeper.look()
  await keeper.stop()
  keeper.look()
  // Gone for the first look, there again for the second.
  await balanceIs(balance - 5n)
  keeper.look()
  await sleep(1000)
  await balanceIs(balance)
  await keeper.stop()
  expect(lines).toEqual([])
  expect((await ledgerOf(ledger.journal, stage.cast.watcher))?.differences).toBe('')

  await balanceIs(balance - 5n)
  keeper.look()
  keeper.look()
  await keeper.stop()
  expect(lines).toEqual([
    expect.objectContaining({ level: 50, what: 'balance', expected: String(balance), actual: String(balance - 5n) }),
  ])
  expect((await ledgerOf(ledger.journal, stage.cast.watcher))?.differences).toMatch(/"what":"balance"/)
})
