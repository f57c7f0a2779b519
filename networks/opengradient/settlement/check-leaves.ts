import { type Hex, keccak256 } from 'viem'
import type { Registration, Registry } from './audit.ts'
import type { Finding } from './finding.ts'
import { isSignedBy, readKey, type TeeKey } from './key.ts'
import type { Leaf } from './leaf.ts'
import { FUTURE_SECONDS, MAX_TEES, STALE_SECONDS } from './limits.ts'

/** Other TEEs of a batch that are tried where a signature is not its own TEE's. */
const MAX_OTHERS = 8
/** Leaves for which others are tried: to tell one kind of fraud from another need not be done ten thousand times. */
const MAX_TRIED = 256

/** What checking leaves by themselves showed. */
export interface LeafCheck {
  readonly findings: Finding[]
  /** why something could not be told; undefined where everything could */
  readonly doubt: { reason: string; retry: boolean } | undefined
  readonly registryAt: 'block' | 'latest' | null
}

interface Known {
  readonly registration: Registration
  readonly key: TeeKey | string | undefined
  /** whether the id is the hash of the key, as the registry makes it: then no other key can ever have had this id */
  readonly fits: boolean
}

/**
 * Checks leaves that are surely what was settled: key, signature and time of each.
 *
 * What was read at the latest block is only used as far as it holds for the settlement's block too: a key of which the id is
 * the hash, and the time of its registration. What is missing or disabled now may have been there then.
 *
 * @param blockTime Unix second of the settlement's block
 */
export async function checkLeaves(leaves: readonly Leaf[], blockTime: bigint, registry: Registry): Promise<LeafCheck> {
  const findings: Finding[] = []
  leaves.forEach((leaf, at) => {
    const finding = timeFinding(leaf, at, blockTime)
    if (finding) findings.push(finding)
  })
  const teeIds = [...new Set(leaves.map(({ teeId }) => teeId))]
  const registrations = await registry(teeIds.slice(0, MAX_TEES))
  const known = new Map<Hex, Known>()
  for (const [teeId, registration] of registrations) known.set(teeId, knownOf(teeId, registration))
  let doubt: LeafCheck['doubt'] =
    teeIds.length > MAX_TEES
      ? { reason: `it names ${teeIds.length} TEEs; the keys of ${MAX_TEES} are looked at`, retry: false }
      : undefined
  let tried = 0
  leaves.forEach((leaf, at) => {
    const tee = known.get(leaf.teeId)
    const about = (kind: Finding['kind'], detail: string) =>
      findings.push({ kind, leaf: at, teeId: leaf.teeId, detail })
    if (!tee) return
    const { registration, key, fits } = tee
    if (registration.kind === 'unread') {
      doubt ??= { reason: `the registry could not be asked about ${leaf.teeId}: ${registration.reason}`, retry: true }
      return
    }
    const isExact = registration.at === 'block'
    if (registration.kind === 'unregistered') {
      if (isExact) about('unregistered', 'the registry does not know this TEE at the settlement’s block')
      else doubt ??= past(`does not know ${leaf.teeId} now`)
      return
    }
    if (!isExact && !fits) {
      doubt ??= past(`has a key for ${leaf.teeId} now of which the id is not the hash`)
      return
    }
    if (registration.registeredAt > leaf.timestamp)
      about('registeredLater', `signed for ${leaf.timestamp}, registered at ${registration.registeredAt}`)
    if (!registration.enabled) {
      if (isExact) about('disabled', 'the registry has this TEE as disabled at the settlement’s block')
      else doubt ??= past(`has ${leaf.teeId} as disabled now`)
    }
    if (typeof key === 'string' || key === undefined) about('unusableKey', key ?? 'there is none')
    else if (!isSignedBy(leaf, key)) {
      const other = tried++ < MAX_TRIED ? signerAmong(leaf, known) : undefined
      if (other) about('otherKey', `signed with the key of the TEE ${other}`)
      else if (!fits) about('otherKey', 'the registry’s key is not the one that the TEE’s id is the hash of')
      else about('signature', 'not a signature of the TEE’s key over these hashes and this time')
    }
  })
  const read = [...registrations.values()].filter((one) => one.kind !== 'unread')
  const registryAt = read.length === 0 ? null : read.some(({ at }) => at === 'latest') ? 'latest' : 'block'
  return { findings, doubt, registryAt }
}

function past(what: string) {
  return {
    reason: `the node has no state of the settlement’s block, and the registry ${what}: give an archive node in OPENGRADIENT_RPC_URL`,
    retry: true,
  }
}

function timeFinding(leaf: Leaf, at: number, blockTime: bigint): Finding | undefined {
  const { teeId, timestamp } = leaf
  const detail = `signed for ${timestamp}, settled at ${blockTime}`
  if (timestamp > blockTime + FUTURE_SECONDS) return { kind: 'future', leaf: at, teeId, detail }
  if (timestamp + STALE_SECONDS < blockTime) return { kind: 'stale', leaf: at, teeId, detail }
  return undefined
}

function knownOf(teeId: Hex, registration: Registration): Known {
  if (registration.kind !== 'registered') return { registration, key: undefined, fits: false }
  const { publicKey } = registration
  return { registration, key: readKey(publicKey), fits: keccak256(publicKey) === teeId }
}

function signerAmong(leaf: Leaf, known: ReadonlyMap<Hex, Known>): Hex | undefined {
  return [...known]
    .filter(([teeId]) => teeId !== leaf.teeId)
    .slice(0, MAX_OTHERS)
    .find(([, { key }]) => typeof key === 'object' && isSignedBy(leaf, key))?.[0]
}
