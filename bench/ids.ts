import { encodeAbiParameters, type Hex, keccak256, parseAbiParameters, toHex } from 'viem'

/**
 * The contract's ids, computed here: a bulk of transactions can then name what an earlier one of the same bulk will
 * have made. That they are right shows in that no transaction reverts.
 *
 * @see contracts/src/Gainsay.sol `requestIdOf`, `resultIdOf`; contracts/src/Models.sol `modelIdOf`
 */
export function requestIdOf(terms: {
  chainId: number
  contract: Hex
  requester: Hex
  nonce: bigint
  modelId: Hex
  node: Hex
  input: { hash: Hex; uri: string }
  fee: bigint
  deadline: bigint
}): Hex {
  const { chainId, contract, requester, nonce, modelId, node, input, fee, deadline } = terms
  return keccak256(
    encodeAbiParameters(
      parseAbiParameters('uint256, address, address, uint256, bytes32, address, bytes32, bytes32, uint256, uint64'),
      [
        BigInt(chainId),
        contract,
        requester,
        nonce,
        modelId,
        node,
        input.hash,
        keccak256(toHex(input.uri)),
        fee,
        deadline,
      ],
    ),
  )
}

/** The id that `post` gives. */
export function resultIdOf(requestId: Hex, node: Hex, output: { hash: Hex; uri: string }): Hex {
  return keccak256(
    encodeAbiParameters(parseAbiParameters('bytes32, address, bytes32, bytes32'), [
      requestId,
      node,
      output.hash,
      keccak256(toHex(output.uri)),
    ]),
  )
}

/** A model's terms as `registerModel` takes them. */
export interface ModelTerms {
  modelHash: Hex
  graphRoot: Hex
  uri: string
  precision: number
  tolerance: bigint
  arbiter: Hex
  rule: number
  lambda: number
}

/** The id that `registerModel` gives. */
export function modelIdOf(terms: ModelTerms): Hex {
  return keccak256(
    encodeAbiParameters(
      parseAbiParameters([
        'Model model',
        'struct Model { bytes32 modelHash; bytes32 graphRoot; string uri; uint8 precision; uint256 tolerance; address arbiter; uint8 rule; uint16 lambda; }',
      ]),
      [terms],
    ),
  )
}
