import { createHmac } from 'node:crypto'
import { PPM } from '../../config/policy.ts'

/** A result of which it is to be decided whether it is replayed. */
export interface Candidate {
  /** of its observation */
  readonly key: string
  /** what replaying it is worth, in wei */
  readonly value: bigint
}

/**
 * Whether to replay a result: always where it is expected to pay, else for a share of results, whatever it costs. Without
 * that floor, watchers who stop looking because nobody cheats are why somebody cheats (the verifier's dilemma: Luu et al.,
 * *Demystifying Incentives in the Consensus Computer*, CCS 2015). A node is deterred as long as floor · slashed bond is
 * more than what a cheat saves it.
 *
 * @param floor that share, in millionths
 * @param salt secret, hex: decides by keyed hash, so that the same result always gets the same answer and no node knows it
 */
export function isSampled({ key, value }: Candidate, floor: bigint, salt: string): boolean {
  return value >= 0n || draw(key, salt) * PPM < floor << DRAW_BITS
}

const DRAW_BITS = 48n

/** A number below 2⁴⁸ that only who knows the salt can tell. Also the order in which an idle pool looks at the rest. */
export function draw(key: string, salt: string): bigint {
  const digest = createHmac('sha256', Buffer.from(salt, 'hex')).update(key).digest()
  return BigInt(digest.readUIntBE(0, 6))
}
