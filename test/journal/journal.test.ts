import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { LockedError, lockDataDir } from '../../journal/lock.ts'
import { type Journal, JournalError, openJournal, openJournalReadOnly } from '../../journal/open.ts'
import {
  actionByKey,
  claimJournal,
  endAction,
  findingsOf,
  intend,
  liveNonces,
  markVanished,
  openActions,
  openObservations,
  provabilityOf,
  recordAttempt,
  recordFinding,
  recordObservation,
  recordProvability,
  unsettledAttempts,
  updateAttempt,
  verdictsOf,
} from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'

let folder: string
let journal: Journal

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gainsay-journal-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
})

const observation = {
  key: '31337:0xaa:0xbb:0',
  resultId: '0x01',
  requestId: '0x02',
  modelId: '0x03',
  node: '0x04',
  blockNumber: 10,
  blockHash: '0xaa',
  settlement: null,
}
const challenge = {
  key: `challenge:${observation.key}`,
  kind: 'challenge' as const,
  observationKey: observation.key,
  resultId: '0x01',
  value: '500000000000000000',
  deadline: 1000,
  reason: 'invalid',
}

describe('observations', () => {
  test('are recorded once, however often they are seen', async () => {
    await recordObservation(journal, observation, 1)
    await recordObservation(journal, observation, 2)
    const rows = await openObservations(journal)
    expect(rows).toHaveLength(1)
    expect(rows[0]?.seenAt).toBe(1)
  })

  test('vanish with a reorg and come back with the next', async () => {
    await recordObservation(journal, observation, 1)
    await markVanished(journal, observation.key, 2)
    expect(await openObservations(journal)).toHaveLength(0)
    await recordObservation(journal, observation, 3)
    expect(await openObservations(journal)).toHaveLength(1)
  })

  test('close when settled and open again when a reorg undoes the settlement', async () => {
    await recordObservation(journal, { ...observation, settlement: 'rejected' }, 1)
    expect(await openObservations(journal)).toHaveLength(0)
    await recordObservation(journal, observation, 2)
    expect(await openObservations(journal)).toHaveLength(1)
  })
})

describe('verdicts', () => {
  const row = {
    observationKey: observation.key,
    kind: 'valid' as const,
    step: 'bytes' as const,
    output: 'y',
    distance: 0,
    tolerance: 1e-5,
    reason: null,
    evidence: null,
    runtimes: '[]',
    ms: 1,
    judgedAt: 1,
    retryAt: null,
  }

  test('are final: a second one changes nothing', async () => {
    await recordObservation(journal, observation, 1)
    await recordVerdict(journal, row)
    await recordVerdict(journal, { ...row, kind: 'invalid' })
    expect((await verdictsOf(journal, [observation.key])).get(observation.key)?.kind).toBe('valid')
  })

  test('make way for another when they wait for one, and count the tries', async () => {
    await recordObservation(journal, observation, 1)
    const stored = async () => (await verdictsOf(journal, [observation.key])).get(observation.key)
    const waiting = { ...row, kind: 'undetermined' as const, step: null, reason: 'the server was away' }
    await recordVerdict(journal, { ...waiting, retryAt: 100 })
    await recordVerdict(journal, { ...waiting, retryAt: 200 })
    expect(await stored()).toMatchObject({ kind: 'undetermined', tries: 2, retryAt: 200 })
    await recordVerdict(journal, row)
    expect(await stored()).toEqual({ ...row, network: 'gainsay', tries: 3 })
    await recordVerdict(journal, { ...waiting, retryAt: 300 })
    expect(await stored()).toEqual({ ...row, network: 'gainsay', tries: 3 })
  })

  test('cannot be recorded about what was never observed', async () => {
    await expect(recordVerdict(journal, { ...row, observationKey: 'nothing' })).rejects.toThrow(/FOREIGN KEY/)
  })
})

describe('actions', () => {
  beforeEach(() => recordObservation(journal, observation, 1))

  test('intended twice are one, and are opened again after they ended', async () => {
    const first = await intend(journal, challenge, 1)
    const second = await intend(journal, challenge, 2)
    expect(second.id).toBe(first.id)
    await endAction(journal, first.id, 'done', 'mined', 3)
    expect(await openActions(journal)).toHaveLength(0)
    expect((await intend(journal, challenge, 4)).state).toBe('open')
  })

  test('are live while a signed transaction of theirs may still be mined', async () => {
    const { id } = await intend(journal, challenge, 1)
    expect((await actionByKey(journal, challenge.key))?.live).toBe(false)
    await recordAttempt(journal, { hash: '0xh', actionId: id, sender: '0xa', nonce: 7, raw: '0xr' }, 2)
    expect((await actionByKey(journal, challenge.key))?.live).toBe(true)
    expect(await liveNonces(journal, '0xa')).toEqual(new Set([7]))
    expect(await liveNonces(journal, '0xother')).toEqual(new Set())
    await updateAttempt(journal, '0xh', { state: 'dropped' })
    expect((await actionByKey(journal, challenge.key))?.live).toBe(false)
    expect(await liveNonces(journal, '0xa')).toEqual(new Set())
  })

  test('keep mined transactions in sight only as long as a reorg could undo them', async () => {
    const { id } = await intend(journal, challenge, 1)
    await recordAttempt(journal, { hash: '0xh', actionId: id, sender: '0xa', nonce: 7, raw: '0xr' }, 2)
    await updateAttempt(journal, '0xh', { state: 'mined', blockNumber: 20, blockHash: '0xb' })
    expect(await unsettledAttempts(journal, '0xa', 20)).toHaveLength(1)
    expect(await unsettledAttempts(journal, '0xa', 21)).toHaveLength(0)
  })
})

describe('what can be proven', () => {
  const file = {
    ...{ modelHash: '0x0a', graphRoot: '0x0b', provable: 0, problems: '["LSTM"]' },
    ...{ operators: 3, largestDot: 512, checkedAt: 1 },
  }
  const finding = {
    ...{ observationKey: observation.key, kind: 'provable' as const, claim: 'element', operator: 'MatMul' },
    ...{ entry: 4, element: 2 ** 33, proof: '0x0102', salt: '0x03', reason: 'beyond the bound', foundAt: 1 },
  }

  test('of a file is what the latest check said', async () => {
    await recordProvability(journal, file)
    await recordProvability(journal, { ...file, provable: 1, problems: '[]', checkedAt: 2 })
    const known = await provabilityOf(journal, ['0x0a', '0x0c'])
    expect([...known]).toEqual([['0x0a', { ...file, provable: 1, problems: '[]', checkedAt: 2 }]])
    expect(await provabilityOf(journal, [])).toEqual(new Map())
  })

  test('of an observation is its latest finding, and only of one that was made', async () => {
    await expect(recordFinding(journal, finding)).rejects.toThrow(/FOREIGN KEY/)
    await recordObservation(journal, observation, 1)
    const withheld = { claim: null, operator: null, entry: null, element: null, proof: null, salt: null }
    await recordFinding(journal, { ...finding, ...withheld, kind: 'withheld', reason: 'no data' })
    await recordFinding(journal, finding)
    expect((await findingsOf(journal, [observation.key])).get(observation.key)).toEqual(finding)
    expect(await findingsOf(journal, [])).toEqual(new Map())
  })
})

describe('the file', () => {
  test('survives being opened again, and is read while it is written', async () => {
    await recordObservation(journal, observation, 1)
    const reader = openJournalReadOnly(join(folder, 'journal.sqlite'))
    expect(await openObservations(reader as Journal)).toHaveLength(1)
    await journal.destroy()
    const again = await openJournal(join(folder, 'journal.sqlite'))
    expect(await openObservations(again)).toHaveLength(1)
  })

  test('that is not a database is refused with advice', async () => {
    const path = join(folder, 'broken.sqlite')
    writeFileSync(path, 'this is not SQLite, this is a text of some length '.repeat(50))
    const error = await openJournal(path).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(JournalError)
    expect((error as Error).message).toMatch(/Restore a backup/)
  })

  test('belongs to one contract of one chain for ever', async () => {
    // What else the caller's object holds is none of the journal's business.
    const about = { chainId: 1, contract: '0x01', client: {} }
    await claimJournal(journal, about)
    await claimJournal(journal, about)
    await expect(claimJournal(journal, { ...about, contract: '0x02' })).rejects.toThrow(/belongs to 0x01 on chain 1/)
    await expect(claimJournal(journal, { ...about, chainId: 2 })).rejects.toThrow(JournalError)
  })

  test('that followed another network alone gets a contract beside it, and never loses it again', async () => {
    const alone = { chainId: 10740, contract: '0xf4' }
    const contract = { chainId: 1, contract: '0x01' }
    await claimJournal(journal, alone, alone)
    await expect(claimJournal(journal, contract)).rejects.toThrow(/belongs to 0xf4 on chain 10740/)
    await claimJournal(journal, contract, alone)
    await claimJournal(journal, contract, alone)
    await expect(claimJournal(journal, alone, alone)).rejects.toThrow(/belongs to 0x01 on chain 1, not to 0xf4/)
    await expect(claimJournal(journal, { ...contract, contract: '0x02' }, alone)).rejects.toThrow(JournalError)
  })

  test('of an older watcher reads as nothing until a newer one has opened it', async () => {
    await sql`delete from kysely_migration where name like '003%'`.execute(journal)
    expect(openJournalReadOnly(join(folder, 'journal.sqlite'))).toBeUndefined()
  })

  test('that does not exist yet reads as nothing', () => {
    expect(openJournalReadOnly(join(folder, 'none.sqlite'))).toBeUndefined()
  })
})

describe('lockDataDir', () => {
  test('lets one process in and says what to do to the second', () => {
    const lock = lockDataDir(folder, 'watcher')
    expect(() => lockDataDir(folder, 'watcher')).toThrow(LockedError)
    lockDataDir(folder, 'index').release()
    lock.release()
    lockDataDir(folder, 'watcher').release()
  })

  test('is free again after the holder was killed without notice', async () => {
    const url = new URL('../../journal/lock.ts', import.meta.url).href
    const script = `const { lockDataDir } = await import(${JSON.stringify(url)}); lockDataDir(${JSON.stringify(folder)}, 'watcher'); console.log('locked'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script])
    await once(child.stdout, 'data')
    expect(() => lockDataDir(folder, 'watcher')).toThrow(/Another watcher process/)
    child.kill('SIGKILL')
    await once(child, 'exit')
    lockDataDir(folder, 'watcher').release()
  })
})
