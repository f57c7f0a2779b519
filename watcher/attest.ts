import type { Logger } from 'pino'
import { digestOf } from '../attestations/digest.ts'
import { dueAttestations, intendAttestation, noteUnsigned, recordSignature } from '../journal/attestations.ts'
import type { Journal } from '../journal/open.ts'
import { type VerdictRow, verdictsOf } from '../journal/queries.ts'
import type { Attester } from '../keys/attester.ts'
import { abilities } from '../networks/abilities.ts'
import type { NetworkName } from '../networks/network.ts'
import { type Attestable, type AttestedVerdict, attestationOf } from '../protocol/attestation.ts'
import { messageOf, parseMessage } from '../protocol/attestation-json.ts'

/** A result as an attestation names it: all but the verdict, which the journal has. */
export interface AttestedResult
  extends Omit<Attestable, 'verdict' | 'tolerance' | 'distance' | 'runtimes' | 'judgedAt' | 'network'> {
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

/** Signed at once, before the journal is asked again. */
const AT_ONCE = 100

/**
 * Records that these results' verdicts are to be attested: `valid` and `invalid` ones on networks where nobody can challenge.
 * It may be told of the same ones as often as one likes.
 */
export async function intendAttestations(it: Attesting, results: readonly AttestedResult[]): Promise<void> {
  const open = results.filter(({ network }) => !abilities[network].challenges && it.chains[network])
  const verdicts = await verdictsOf(
    it.journal,
    open.map(({ key }) => key),
  )
  for (const result of open) {
    const verdict = verdicts.get(result.key)
    if (verdict && verdict.kind !== 'undetermined') await intendOne(it, result, verdict, verdict.kind)
  }
}

async function intendOne(
  { journal, attester, log, clock, engine }: Attesting,
  { key, blockNumber, ...result }: AttestedResult,
  verdict: VerdictRow,
  kind: AttestedVerdict,
): Promise<void> {
  const { tolerance, distance, judgedAt } = verdict
  try {
    const runtimes = JSON.parse(verdict.runtimes) as string[]
    const message = attestationOf({ ...result, verdict: kind, tolerance, distance, runtimes, judgedAt }, engine)
    await intendAttestation(journal, {
      ...{ observationKey: key, verdict: kind, resultId: message.resultId, network: message.network },
      ...{ chainId: result.chainId, blockNumber, blockHash: message.blockHash, judgedAt, createdAt: clock() },
      ...{ message: JSON.stringify(messageOf(message)), digest: digestOf(message), signer: attester.address },
    })
  } catch (error) {
    // One that cannot be said must not keep the others back.
    log.warn({ err: error, result: result.resultId }, 'a verdict cannot be attested')
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
