import { decodeTensors, type NamedTensors, TensorFormatError } from '../protocol/tensor.ts'
import type { NetworkName } from './network.ts'
import { shownTensors } from './opengradient/shown.ts'
import { PayloadError } from './opengradient/types.ts'

/**
 * The tensors of an input or output, as a network puts them on chain, for people to look at.
 *
 * @throws TensorFormatError saying what is wrong
 */
export function shownPayload(network: NetworkName, kind: 'input' | 'output', bytes: Uint8Array): NamedTensors {
  if (network === 'gainsay') return decodeTensors(bytes)
  try {
    return shownTensors(kind, bytes)
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    throw new TensorFormatError(error.message, { cause: error })
  }
}
