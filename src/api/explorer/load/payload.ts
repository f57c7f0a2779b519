import { abilities } from '../../../../networks/abilities.ts'
import type { NetworkName } from '../../../../networks/network.ts'
import { type ShownPayload, shownPayload } from '../../../../networks/shown.ts'
import { sha256Hex } from '../../../../protocol/sha256.ts'
import { archivedBytes } from '../../tensors/archive.ts'

/** Largest payload that is decoded for a page, in bytes. */
export const MOST_BYTES = 2 * 2 ** 20

/** What a page can show of an input or output. */
export type Payload =
  | ({ readonly kind: 'tensors'; readonly bytes: number } & ShownPayload)
  /** there are bytes, and they are no tensors */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly reason: string }
  /** nothing at hand: why, in a sentence */
  | { readonly kind: 'elsewhere'; readonly reason: string }

/**
 * The tensors of an input or output: from the chain where they were sent inline, else from the files that a watcher beside
 * this index has fetched. Nothing is fetched for a page, and bytes that do not have the hash are not shown.
 */
export async function payloadOf(
  it: {
    readonly hash: string
    readonly data: string | null
    readonly network: NetworkName
    readonly kind: 'input' | 'output'
  },
  artifactsDir: string,
): Promise<Payload> {
  const inline = it.data !== null
  if (inline && (it.data as string).length / 2 > MOST_BYTES) return tooLarge
  const bytes = inline
    ? new Uint8Array(Buffer.from((it.data as string).slice(2), 'hex'))
    : await archivedBytes(artifactsDir, it.hash, MOST_BYTES)
  if (typeof bytes === 'number') return tooLarge
  if (!bytes) return { kind: 'elsewhere', reason: missingBecause(it) }
  if (sha256Hex(bytes) !== it.hash)
    return {
      kind: 'elsewhere',
      reason: 'The bytes that are at hand do not have the hash on chain, so they are not shown.',
    }
  try {
    return { kind: 'tensors', ...shownPayload(it.network, it.kind, bytes), bytes: bytes.length }
  } catch (error) {
    return { kind: 'bytes', bytes, reason: (error as Error).message }
  }
}

/** On a network without challenges all payloads are on chain: one that is not at hand is one that the index has not kept. */
function missingBecause({ network, hash }: { network: NetworkName; hash: string }): string {
  if (abilities[network].challenges)
    return 'It was not sent inline, and the watcher of this index has no verified copy of it at hand.'
  return hash === OF_NOTHING ? 'Its event does not carry it.' : 'It is on chain, and longer than what the index keeps.'
}

const OF_NOTHING = sha256Hex(new Uint8Array(0))

const tooLarge: Payload = {
  kind: 'elsewhere',
  reason: `It has more than ${MOST_BYTES / 2 ** 20} MiB, which is more than a page shows.`,
}
