import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { render, statusOf } from '../../cli/status-command.ts'
import { parseConfig } from '../../config/config.ts'
import { intendCanary } from '../../journal/canary.ts'
import { lockDataDir } from '../../journal/lock.ts'
import { openJournal } from '../../journal/open.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { fillJournal } from '../journal/filled-journal.ts'

const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-status-'))
const hex = (n: number) => `0x${n.toString(16).padStart(64, '0')}`
let stage: Stage
let index: Server
let env: Record<string, string>

/** A result as the index answers it. */
const result = (n: number, status: string, windowEnd: bigint) => ({
  ...{
    id: hex(n),
    network: 'gainsay',
    outputHash: hex(1),
    outputUri: '',
    output: null,
    status,
    windowEnd: String(windowEnd),
  },
  ...{ blockNumber: '1', blockHash: hex(2), transactionHash: hex(3), logIndex: 0, node: { id: '0x01' } },
  request: { id: hex(4), inputHash: hex(5), inputUri: '', input: null },
  model: {
    ...{ id: hex(6), modelHash: hex(7), uri: '', precision: 'exact', tolerance: '0', arbiter: { id: '0x01' } },
    ...{ graphRoot: hex(8), rule: 'arbiter', lambda: 0 },
  },
  ...{ challenge: null, demands: { items: [] }, appeals: { items: [] } },
})

beforeAll(async () => {
  stage = await startStage()
  await stage.mine(5)
  const now = await stage.now()
  index = createServer((_, response) => {
    const items = [result(1, 'posted', now + 500n), result(2, 'posted', now + 50n), result(3, 'revealed', now - 7n)]
    const at = {
      chainId: stage.chainId,
      contract: stage.contract,
      blockNumber: '3',
      timestamp: String(now),
      lastEvent: null,
    }
    response.end(JSON.stringify({ data: { index: at, results: { items, endCursor: null } } }))
  }).listen(0, '127.0.0.1')
  await once(index, 'listening')
  env = {
    ...{ GAINSAY_RPC_URL: stage.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_CONTRACT: stage.contract },
    ...{ GAINSAY_DATA_DIR: dataDir, GAINSAY_API_URL: `http://127.0.0.1:${(index.address() as AddressInfo).port}` },
  }
})
afterAll(async () => {
  index?.close()
  await stage?.stop()
})

test('shows what is open, how long there is, what was judged and what it came to', async () => {
  const journal = await openJournal(join(dataDir, 'journal.sqlite'))
  await fillJournal(journal, { at: Date.now() })
  const lock = lockDataDir(dataDir, 'watcher')
  const status = await statusOf(parseConfig(env), stage.cast.watcher)
  expect(status).toMatchObject({
    ...{ account: stage.cast.watcher, isRunning: true, trouble: [] },
    index: { block: 3n, lag: (await stage.head()) - 3n },
    open: [
      { status: 'posted', n: 2, slack: 50 },
      { status: 'revealed', n: 1, slack: -7 },
    ],
    journal: { verdicts: { invalid: 1, undetermined: 1 }, nextDeadline: { kind: 'claimSilence' } },
  })
  expect(status.lastVerdicts.map(({ kind }) => kind).sort()).toEqual(['invalid', 'undetermined'])
  const text = render(status)
  for (const line of [
    /running\s/,
    /posted 2, nearest deadline in 50 s/,
    /equal to the chain at block 30/,
    /bonded 0\.0000000000000005 ETH/,
    /1 invalid, 1 undetermined/,
  ])
    expect(text).toMatch(line)
  expect(text).not.toContain('\r')
  expect(text).not.toContain('canary')
  lock.release()
  await journal.destroy()
})

test('says loudly that the latest canary was not caught', async () => {
  const own = await openJournal(join(dataDir, 'canary.sqlite'))
  await intendCanary(own, {
    ...{ createdAt: Date.now(), watcher: '0xda', modelId: '0x01', input: '0x', output: '0x', deadline: 9 },
    ...{
      requesterNonce: 0,
      bond: '100',
      worst: String(2n * 10n ** 18n),
      gasPrice: '1',
      requestId: '0xa',
      resultId: '0xb',
    },
    ...{ outcome: 'missed', reason: 'nobody challenged it in time' },
  })
  await own.destroy()
  const text = render(await statusOf(parseConfig(env), null))
  for (const line of [
    /NOT CAUGHT \(missed\): nobody challenged it in time/,
    /none was ever caught/,
    /24 hours cost 2 ETH/,
  ])
    expect(text).toMatch(line)
})

test('says what it could not ask, and shows the rest', async () => {
  const away = { ...env, GAINSAY_RPC_URL: 'http://127.0.0.1:9/secret-path', GAINSAY_API_URL: 'http://127.0.0.1:9' }
  const status = await statusOf(
    parseConfig({ ...away, GAINSAY_DATA_DIR: mkdtempSync(join(tmpdir(), 'gainsay-none-')) }),
    null,
  )
  expect(status).toMatchObject({ isRunning: false, chain: null, index: null, open: null, journal: null })
  expect(status.trouble).toEqual([
    expect.stringMatching(/No RPC endpoint answers/),
    expect.stringMatching(/The index at .* does not answer/),
    expect.stringMatching(/There is no journal/),
  ])
  expect(render(status)).not.toContain('secret-path')
})
