import type { Insertable, Selectable } from 'kysely'
import type { AttestationTable } from './attestation-tables.ts'
import type { Journal } from './open.ts'
import type { VerdictRow } from './queries.ts'

/** An attestation as the journal has it. */
export type AttestationRow = Selectable<AttestationTable>
/** One that is signed. */
export type SignedRow = AttestationRow & { signature: string; signedAt: number }

/** A result that waits for an attestation, with its verdict. */
export interface Attestable {
  observationKey: string
  /** as it was noted */
  subject: string
  verdict: VerdictRow & { kind: 'valid' | 'invalid' }
}

/** Notes that a result is to be attested once it is judged; what was noted last counts. Its observation must be there. */
export async function noteAttestable(journal: Journal, observationKey: string, subject: string): Promise<void> {
  await journal
    .insertInto('attestable')
    .values({ observationKey, subject })
    .onConflict((c) => c.column('observationKey').doUpdateSet({ subject }))
    .execute()
}

/** Noted results that have been found valid or invalid. */
export async function judgedAttestables(journal: Journal, limit: number): Promise<Attestable[]> {
  const rows = await journal
    .selectFrom('attestable')
    .innerJoin('verdict', 'verdict.observationKey', 'attestable.observationKey')
    .selectAll('verdict')
    .select('attestable.subject')
    .where('verdict.kind', '<>', 'undetermined')
    .limit(limit)
    .execute()
  return rows.map(({ subject, ...verdict }) => {
    return { observationKey: verdict.observationKey, subject, verdict: verdict as Attestable['verdict'] }
  })
}

/** Takes a result off what is to be attested. */
export async function dropAttestable(journal: Journal, observationKey: string): Promise<void> {
  await journal.deleteFrom('attestable').where('observationKey', '=', observationKey).execute()
}

/**
 * Records what is to be attested, before anything is signed, and takes it off what waits for that. The same observation and
 * verdict twice is one row, the first; one that was abandoned is intended again, since its event is back.
 */
export async function intendAttestation(
  journal: Journal,
  row: Omit<Insertable<AttestationTable>, 'id' | 'state' | 'signature' | 'reason' | 'signedAt' | 'root'>,
): Promise<void> {
  await journal.transaction().execute(async (db) => {
    await db
      .insertInto('attestation')
      .values({ ...row, state: 'intended', signature: null, reason: null, signedAt: null, root: null })
      .onConflict((c) =>
        c
          .columns(['observationKey', 'verdict'])
          .doUpdateSet({ state: 'intended', reason: null })
          .where('attestation.state', '=', 'abandoned'),
      )
      .execute()
    await dropAttestable(db, row.observationKey)
  })
}

/** What is to be attested on a network and is deep enough, the deepest first. */
export function dueAttestations(
  journal: Journal,
  { network, signer, upTo, limit }: { network: string; signer: string; upTo: bigint; limit: number },
): Promise<AttestationRow[]> {
  return journal
    .selectFrom('attestation')
    .selectAll()
    .where('state', '=', 'intended')
    .where('network', '=', network)
    .where('signer', '=', signer)
    .where('blockNumber', '<=', Number(upTo))
    .orderBy('blockNumber')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Records a signature. One that is signed stays as it is. */
export async function recordSignature(journal: Journal, id: number, signature: string, now: number): Promise<void> {
  await journal
    .updateTable('attestation')
    .set({ state: 'signed', signature, signedAt: now, reason: null })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .execute()
}

/** Records why an attestation is not signed: for ever, or so far. */
export async function noteUnsigned(
  journal: Journal,
  id: number,
  state: 'intended' | 'abandoned',
  reason: string,
): Promise<void> {
  await journal
    .updateTable('attestation')
    .set({ state, reason })
    .where('id', '=', id)
    .where('state', '=', 'intended')
    .execute()
}

/** Signed attestations of these results, the latest judged first: of two that differ, the first counts. */
export async function attestationsOf(journal: Journal, resultIds: readonly string[]): Promise<SignedRow[]> {
  if (resultIds.length === 0) return []
  return (await journal
    .selectFrom('attestation')
    .selectAll()
    .where('resultId', 'in', resultIds)
    .where('state', '=', 'signed')
    .orderBy('judgedAt', 'desc')
    .orderBy('id', 'desc')
    .execute()) as SignedRow[]
}
