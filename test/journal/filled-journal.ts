import { type Hex, keccak256 } from 'viem'
import { intendAttestation } from '../../journal/attestations.ts'
import { recordReconciliation } from '../../journal/ledger/record.ts'
import type { Journal } from '../../journal/open.ts'
import {
  endAction,
  intend,
  recordAttempt,
  recordFinding,
  recordObservation,
  updateAttempt,
} from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'

export const account = '0x000000000000000000000000000000000000000a'

/** What a spreadsheet would run, and what breaks lines and quotes. */
export const hostileText = '=HYPERLINK("http://evil.example","a, b")\r\n"second" line'

/** Writes a little of everything: a result that was challenged and won, one that is open, and their ledger. */
export async function fillJournal(journal: Journal, { at = 1, prefix = '' } = {}): Promise<void> {
  const observation = (name: string, settlement: string | null) => ({
    ...{ key: `31337:0xaa:${prefix}${name}:0`, resultId: `0x${prefix}${name}`, requestId: '0x02', modelId: '0x03' },
    ...{ node: '0x04', blockNumber: 10, blockHash: '0xaa', settlement },
  })
  const settled = observation('settled', 'rejected')
  const open = observation('open', null)
  for (const one of [settled, open]) await recordObservation(journal, one, at)
  const verdict = {
    ...{ step: 'second' as const, output: 'y', distance: 1, tolerance: 1e-5, reason: null, runtimes: '["a"]' },
    ...{ ms: 1, judgedAt: at, retryAt: null },
  }
  await recordVerdict(journal, { ...verdict, observationKey: settled.key, kind: 'invalid', evidence: '{}' })
  const unclear = { kind: 'undetermined' as const, evidence: null, reason: hostileText }
  await recordVerdict(journal, { ...verdict, ...unclear, observationKey: open.key })
  await recordFinding(journal, {
    ...{ observationKey: settled.key, kind: 'provable', claim: 'element', operator: 'Add', entry: 1, element: 2 },
    ...{ proof: '0x5ec2e7', salt: '0x5a17', reason: 'found', foundAt: at },
  })
  await intendAttestation(journal, {
    ...{ observationKey: settled.key, verdict: 'invalid', resultId: settled.resultId, network: 'opengradient' },
    ...{ chainId: 10740, blockNumber: 10, blockHash: '0xaa', message: '{}', digest: `0xd1${prefix}`, signer: account },
    ...{ judgedAt: at, createdAt: at },
  })
  await journal
    .insertInto('audit')
    .values({
      ...{ key: `10740:0xaa:0x${prefix}a0:0`, batchId: `0x${prefix}a0`, blockNumber: 10, seenAt: at, vanishedAt: null },
      ...{ kind: 'undetermined', reason: hostileText, leaves: 2, counts: null, findings: null, registryAt: null },
      ...{ outputConfirmed: null, evidenceHash: null, evidenceBytes: null, ms: 1, auditedAt: at, retryAt: null },
    })
    .execute()
  const about = { value: '500', deadline: 1000, reason: hostileText }
  const intent = async (key: string, kind: 'challenge' | 'claimSilence', { resultId, key: observationKey } = settled) =>
    intend(journal, { ...about, key: `${kind}:${prefix}${key}`, kind, resultId, observationKey }, at)
  const done = await intent('settled', 'challenge')
  const pending = await intent('open', 'claimSilence', open)
  const send = async (actionId: number, nonce: number, raw: Hex) => {
    const hash = keccak256(raw)
    await recordAttempt(journal, { hash, actionId, sender: account, nonce, raw }, at)
    return hash
  }
  const nonce = prefix.length * 2
  const hash = await send(done.id, nonce, `0x02${Buffer.from(`${prefix}done`).toString('hex')}`)
  await endAction(journal, done.id, 'done', 'mined', at)
  await updateAttempt(journal, hash, { state: 'mined', blockNumber: 11, blockHash: '0xbb', gasPaid: '21' })
  await send(pending.id, nonce + 1, `0x02${Buffer.from(`${prefix}pending`).toString('hex')}`)

  const where = { account, transactionHash: hash, blockNumber: 11, blockHash: '0xbb', reference: null }
  const entry = (kind: 'bonded' | 'won' | 'returned' | 'gas', amount: string, logIndex: number) => ({
    ...{ ...where, key: `0xbb:${prefix}${logIndex}:${kind}`, kind, amount, resultId: settled.resultId, logIndex },
  })
  const added = [entry('bonded', '500', 1), entry('won', '7', 2), entry('returned', '500', 3), entry('gas', '21', 4)]
  const ledger = {
    ...{ account, startBlock: 1, startHash: '0x01', startBalance: '0', startCredit: '0', startNonce: 0 },
    ...{ anchorBlock: 20, anchorHash: '0xcc', anchorNonce: 1, unexplained: '0', foreignNonces: 0 },
    ...{ checkedBlock: 30, checkedAt: at, differences: '' },
  }
  await recordReconciliation(journal, { added, vanished: [], ledger } as never, at)
}
