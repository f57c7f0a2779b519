import type { Logger } from 'pino'
import { digestOf } from '../attestations/digest.ts'
import {
  type Attestable,
  dropAttestable,
  dueAttestations,
  intendAttestation,
  judgedAttestables,
  noteAttestable,
  noteUnsigned,
  recordSignature,
} from '../journal/attestations.ts'
import type { Journal } from '../journal/open.ts'
import type { Attester } from '../keys/attester.ts'
import { abilities } from '../networks/abilities.ts'
import type { NetworkName } from '../networks/network.ts'
import { AttestationError, attestationOf, type Attestable as Said } from '../protocol/attestation.ts'
import { messageOf, parseMessage } from '../protocol/attestation-json.ts'

/** A result as an attestation names it: all but the verdict, which the journal has. */
export interface AttestedResult
  extends Omit<Said, 'verdict' | 'tolerance' | 'distance' | 'runtimes' | 'judgedAt' | 'network'> {
  /** of the observation */
  key: string
  network: NetworkName
  blockNumber: number
}

/** The chain of a followed network, as far as an attestation must know it. */
export interface FollowedChain {
  head(): Promise<bigint>
  /** The hash of the block that is there now; null when there is none. */
  hashAt(blockNumber: bigint): Promise<string | null>
}

/** What the attesting step works with. */
export interface Attesting {
  journal: Journal
  attester: Attester
  log: Pick<Logger, 'info' | 'warn'>
  /** Unix milliseconds */
  clock: () => number
  /** blocks that must be on top of an event's */
  depth: number
  /** who judges, such as `gainsay 0.1.0` */
  engine: string
  /** by network; one that is missing here is not attested */
  chains: Partial<Record<NetworkName, FollowedChain>>
}

/** Intended or signed at once, before the journal is asked again. */
const AT_ONCE = 100

/**
 * Notes that these results are to be attested once they are judged, where nobody can challenge them. To be told before or after
 * the verdict, and again whenever it is not sure that it was: before is better, as then a crash between the two loses nothing.
 */
export async function noteResults(
  { journal, chains }: Pick<Attesting, 'journal' | 'chains'>,
  results: readonly AttestedResult[],
): Promise<void> {
  for (const result of results)
    if (!abilities[result.network].challenges && chains[result.network])
      await noteAttestable(journal, result.key, JSON.stringify(result))
}

/** Intends attestations of everything noted that has been found valid or invalid. What is undetermined waits. */
export async function intendAttestations(it: Attesting, signal?: AbortSignal): Promise<void> {
  for (;;) {
    const found = await judgedAttestables(it.journal, AT_ONCE)
    for (const one of found) await intendOne(it, one)
    if (found.length < AT_ONCE || signal?.aborted) return
  }
}

async function intendOne(
  { journal, attester, log, clock, engine }: Attesting,
  { observationKey, subject, verdict }: Attestable,
): Promise<void> {
  const { key: _, blockNumber, ...result } = JSON.parse(subject) as AttestedResult
  const { kind, tolerance, distance, judgedAt } = verdict
  try {
    const runtimes = JSON.parse(verdict.runtimes) as string[]
    const message = attestationOf({ ...result, verdict: kind, tolerance, distance, runtimes, judgedAt }, engine)
    await intendAttestation(journal, {
      ...{ observationKey, verdict: kind, resultId: message.resultId, network: message.network },
      ...{ chainId: result.chainId, blockNumber, blockHash: message.blockHash, judgedAt, createdAt: clock() },
      ...{ message: JSON.stringify(messageOf(message)), digest: digestOf(message), signer: attester.address },
    })
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error
    // One that cannot be said must not keep the others back, nor be tried for ever.
    log.warn({ err: error, result: result.resultId }, 'a verdict cannot be attested')
    await dropAttestable(journal, observationKey)
  }
}

/**
 * Signs what is intended and deep enough, as long as its block is still the one that the chain has. What a signer refuses stays
 * intended, with the reason in the journal.
 *
 * @throws what the chain's reader or the signer throws, when all that could be done before is done
 */
export async function signAttestations(it: Attesting, signal?: AbortSignal): Promise<void> {
  const failures: unknown[] = []
  for (const [network, chain] of Object.entries(it.chains))
    try {
      while (!signal?.aborted && (await signSome(it, network, chain)) === AT_ONCE);
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

/** @returns how many were looked at */
async function signSome(it: Attesting, network: string, chain: FollowedChain): Promise<number> {
  const { journal, attester, log, clock, depth } = it
  const upTo = (await chain.head()) - BigInt(depth)
  const due = await dueAttestations(journal, { network, signer: attester.address, upTo, limit: AT_ONCE })
  const hashes = new Map<number, string | null>()
  for (const { id, blockNumber, blockHash, message, resultId } of due) {
    const known = hashes.get(blockNumber)
    const hash = known === undefined ? await chain.hashAt(BigInt(blockNumber)) : known
    hashes.set(blockNumber, hash)
    // An endpoint that lags behind the one whose head was read: later.
    if (hash === null) throw new Error(`no endpoint of ${network} has block ${blockNumber}`)
    if (hash.toLowerCase() !== blockHash) {
      await noteUnsigned(journal, id, 'abandoned', 'a reorg took its event away')
      continue
    }
    try {
      await recordSignature(journal, id, await attester.sign(parseMessage(JSON.parse(message))), clock())
    } catch (error) {
      await noteUnsigned(journal, id, 'intended', (error as Error).message)
      throw error
    }
    log.info({ result: resultId, network }, 'attested')
  }
  return due.length
}
