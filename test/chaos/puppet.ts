import { concat, encodeAbiParameters, type Hex, pad, toHex } from 'viem'

/**
 * A contract that does what its caller says in the words of whoever it wants to be: calls anything with any value, or emits
 * an event under any three topics, such as those of Gainsay's own. Money alone it refuses, with as much return data as
 * fits. By hand, as no compiler is at hand where tests run:
 *
 *     calldata empty          -> revert(0, 100000)
 *     target, value, call     -> target.call{value}(call), its revert passed on
 *     0, topic, topic, topic, data -> log3
 */
const RUNTIME: Hex = concat([
  '0x36600a57620186a05ffd',
  '0x5b5f3580602657',
  '0x606035604035602035608036038060805f375fa300',
  '0x5b60403603806040',
  '0x5f375f5f915f602035855af1604457',
  '0x3d5f5f3e3d5ffd',
  '0x5b00',
])

/** Deploys one. */
export const puppetBytecode: Hex = concat(['0x60468060095f395ff3', RUNTIME])

/** Calldata that makes a puppet call a contract. @param value wei of its own, which may be sent along with this call */
export function puppetCall(target: Hex, call: Hex, value = 0n): Hex {
  return concat([pad(target, { size: 32 }), toHex(value, { size: 32 }), call])
}

/** Calldata that makes a puppet emit an event that is not its own. */
export function puppetEvent(topics: readonly [Hex, Hex, Hex], data: Hex): Hex {
  return concat([toHex(0, { size: 32 }), ...topics.map((topic) => pad(topic, { size: 32 })), data])
}

/** Data of an event that looks like Gainsay's `Posted`, for nothing that was ever posted. */
export function postedData(windowEnd: bigint, bond: bigint, output: { hash: Hex; uri: string; data: Hex }): Hex {
  return encodeAbiParameters(
    [
      { type: 'uint64' },
      { type: 'uint256' },
      {
        type: 'tuple',
        components: [
          { name: 'hash', type: 'bytes32' },
          { name: 'uri', type: 'string' },
          { name: 'data', type: 'bytes' },
        ],
      },
    ],
    [windowEnd, bond, output],
  )
}
