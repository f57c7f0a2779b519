import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { connect } from '../../chain/connect.ts'
import { parseConfig } from '../../config/config.ts'
import { isDiskFull, type Journal, openJournal } from '../../journal/open.ts'
import { actionByKey, openObservations, recordObservation } from '../../journal/queries.ts'
import { act } from '../../watcher/act.ts'
import type { Watch } from '../../watcher/context.ts'
import type { Decision } from '../../watcher/decide.ts'
import { seenResult } from '../chain/seen-result.ts'
import { inline, NOBODY, NODE_BOND, type Stage, sha256, startStage } from '../index/support/stage.ts'

let stage: Stage
let journal: Journal
let it: Watch
let account: ReturnType<typeof privateKeyToAccount>
let modelId: Hex

beforeAll(async () => {
  stage = await startStage()
  const terms = { modelHash: sha256('model'), graphRoot: sha256('graph'), uri: 'ipfs://model', rule: 0, lambda: 0 }
  modelId = await stage.move(stage.cast.registrant, 'registerModel', [
    { ...terms, arbiter: stage.cast.arbiter, precision: 1, tolerance: 1n },
  ])
  await stage.move(stage.cast.node, 'bond', [], 9n * NODE_BOND)
})
afterAll(() => stage?.stop())

beforeEach(async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-full-'))
  const config = parseConfig({
    ...{ GAINSAY_RPC_URL: stage.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId), GAINSAY_CONTRACT: stage.contract },
    ...{ GAINSAY_DATA_DIR: dataDir, GAINSAY_MODE: 'live' },
  })
  account = privateKeyToAccount(stage.keyOf(stage.cast.watcher))
  journal = await openJournal(join(dataDir, 'journal.sqlite'))
  const log = pino({ level: 'silent' })
  it = { config, chain: await connect(config), account, journal, log, clock: Date.now } as unknown as Watch
})

/** A challenge of a result that is really there. */
async function challengeOf(name: string): Promise<Decision> {
  const { cast, move } = stage
  const deadline = (await stage.now()) + 90n
  const request = await move(cast.requester, 'request', [modelId, NOBODY, inline(`input ${name}`), deadline], 7n)
  const id = await move(cast.node, 'post', [request, inline(`output ${name}`)])
  const block = await stage.client.getBlock({ blockTag: 'latest' })
  const key = `31337:${block.hash}:${block.transactions[0]}:0`
  const row = { key, resultId: id, requestId: request, modelId, node: cast.node, settlement: null }
  await recordObservation(journal, { ...row, blockNumber: Number(block.number), blockHash: block.hash }, 1)
  const result = await seenResult(it.chain.client, stage.contract, id)
  return { key: `challenge:${key}`, kind: 'challenge', observationKey: key, result, deadline: null, reason: 'a test' }
}

/** Leaves the journal not one page more than it has, and uses those up. */
async function fill(): Promise<void> {
  await sql`pragma wal_checkpoint(truncate)`.execute(journal)
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(journal)
  await sql.raw(`pragma max_page_count = ${rows[0]?.page_count}`).execute(journal)
  for (const size of [3000, 300, 30, 1])
    for (;;) {
      const key = Buffer.alloc(size, 'x').toString() + Math.random()
      const write = sql`insert into action (key, kind, value, state, reason, createdAt, updatedAt)
        values (${key}, 'appeal', '0', 'done', ${key}, 1, 1)`.execute(journal)
      const error = await write.then(
        () => null,
        (e: unknown) => e,
      )
      if (!error) continue
      expect(isDiskFull(error)).toBe(true)
      break
    }
}

const transactions = async () => stage.client.getTransactionCount({ address: account.address, blockTag: 'pending' })

describe('while the disk is full', () => {
  test('nothing is sent, and it is once there is space, without a restart', async () => {
    const decision = await challengeOf('full')
    const before = await transactions()
    await fill()
    const error = await act(it, account, decision).catch((e: unknown) => e)
    expect(isDiskFull(error)).toBe(true)
    expect(await transactions()).toBe(before)
    expect(await actionByKey(journal, decision.key)).toBeUndefined()

    await sql`pragma max_page_count = 1000000`.execute(journal)
    await act(it, account, decision)
    expect(await transactions()).toBe(before + 1)
    expect(await actionByKey(journal, decision.key)).toMatchObject({ live: true })
  })

  test('a transaction that fails says that the disk is full, and leaves nothing behind', async () => {
    await fill()
    const rows = () => journal.selectFrom('observation').select('key').execute()
    const before = await rows()
    const about = { resultId: '0x01', requestId: '0x02', modelId: '0x03', node: '0x04', blockHash: '0x05' }
    const write = journal.transaction().execute(async (transaction) => {
      for (let n = 0; n < 200; n++) {
        const row = { ...about, key: `${n}`.padEnd(400, 'x'), blockNumber: 1, seenAt: 1, settlement: null }
        await transaction
          .insertInto('observation')
          .values({ ...row, vanishedAt: null })
          .execute()
      }
    })
    const error = await write.catch((e: unknown) => e)
    expect(error).toMatchObject({ message: 'database or disk is full' })
    expect(isDiskFull(error)).toBe(true)
    expect(await rows()).toEqual(before)
  })

  test('what is signed but could not be journalled is not broadcast', async () => {
    const decision = await challengeOf('signed')
    const before = await transactions()
    await sql`create trigger full before insert on attempt begin select raise(fail, 'full'); end`.execute(journal)
    await expect(act(it, account, decision)).rejects.toThrow()
    expect(await transactions()).toBe(before)
    await sql`drop trigger full`.execute(journal)
    await act(it, account, decision)
    expect(await transactions()).toBe(before + 1)
  })
})

/** A file system of a few pages, where this system lets us have one. */
function tinyDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-tiny-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' })
    return folder
  } catch {
    return undefined
  }
}

test('a journal on a disk that is really full refuses to write, can be read, and goes on when there is space', async (context) => {
  const folder = tinyDisk()
  if (!folder) return context.skip('this system mounts no tmpfs for us')
  try {
    const path = join(folder, 'journal.sqlite')
    const tiny = await openJournal(path)
    const about = {
      requestId: '0x02',
      modelId: '0x03',
      node: '0x04',
      blockNumber: 1,
      blockHash: '0x01',
      settlement: null,
    }
    const write = (n: number) =>
      recordObservation(tiny, { ...about, key: `key ${n}`, resultId: '0x'.padEnd(500, '0') }, n)
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(join(folder, 'ballast'), Buffer.alloc(bavail * bsize - 3 * bsize))
    let n = 0
    const error = await (async () => {
      for (; ; n++) await write(n)
    })().catch((e: unknown) => e)
    expect(isDiskFull(error)).toBe(true)
    expect(await openObservations(tiny)).toHaveLength(n)
    rmSync(join(folder, 'ballast'))
    await write(n)
    expect(await openObservations(tiny)).toHaveLength(n + 1)
    await tiny.destroy()
    await (await openJournal(path)).destroy()
  } finally {
    execFileSync('umount', [folder])
  }
})
