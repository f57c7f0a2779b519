import type { Hex, LocalAccount } from 'viem'
import { signerOf, typedDataOf } from '../attestations/digest.ts'
import { type Attestation, AttestationError } from '../protocol/attestation.ts'
import { messageOf, published } from '../protocol/attestation-json.ts'
import { type RemoteAccount, SignerError } from './remote-signer.ts'

/** Signs attestations and nothing else: what has only this can neither spend nor permit anything. */
export interface Attester {
  /** lower case */
  address: Hex
  /** @throws SignerError when it is not signed by this account, in the form that contracts take */
  sign(attestation: Attestation): Promise<Hex>
}

/**
 * The attester of an account, wherever its key is. It takes the account as it was loaded: the one behind the spend limits
 * signs no typed data at all, and shall not.
 */
export function attesterOf(account: LocalAccount): Attester {
  const sign = async (attestation: Attestation): Promise<Hex> => {
    if (!isRemote(account)) return account.signTypedData(typedDataOf(attestation))
    const { domain, types, primaryType, message } = published(messageOf(attestation), '0x', '0x')
    return account.signAttestation({ domain, types, primaryType, message })
  }
  return {
    address: account.address.toLowerCase() as Hex,
    async sign(attestation) {
      const signature = await sign(attestation)
      const signer = await signerOf(attestation, signature).catch((error: unknown) => {
        if (!(error instanceof AttestationError)) throw error
        throw new SignerError(`What the signer gave is no signature of the attestation: ${error.message}.`)
      })
      if (signer !== account.address)
        throw new SignerError(
          `The signer signed for ${signer}, or something else than the attestation, not for ${account.address}. It is not used; look at that machine.`,
        )
      return signature.toLowerCase() as Hex
    },
  }
}

function isRemote(account: LocalAccount): account is RemoteAccount {
  return 'signAttestation' in account
}
