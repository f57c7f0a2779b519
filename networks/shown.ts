import { decodeTensors, type NamedTensors, TensorFormatError } from '../protocol/tensor.ts'
import type { NetworkName } from './network.ts'
import { shownTensors } from './opengradient/shown.ts'
import { PayloadError } from './opengradient/types.ts'

/** What an input or output holds. */
export interface ShownPayload {
  readonly tensors: NamedTensors
  /** names of those whose bytes are a text in UTF-8 */
  readonly texts: ReadonlySet<string>
}

const NO_TEXTS: ReadonlySet<string> = new Set()

/**
 * The tensors of an input or output, as a network puts them on chain, for people to look at.
 *
 * @throws TensorFormatError saying what is wrong
 */
export function shownPayload(network: NetworkName, kind: 'input' | 'output', bytes: Uint8Array): ShownPayload {
  if (network === 'gainsay') return { tensors: decodeTensors(bytes), texts: NO_TEXTS }
  try {
    return shownTensors(kind, bytes)
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    throw new TensorFormatError(error.message, { cause: error })
  }
}
