import { BaseError, type Hex, keccak256, type PublicClient } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { isOfEndpoints } from './rpc/endpoints.ts'

/** The protocol version this code speaks: `Gainsay.VERSION()`. */
export const PROTOCOL_VERSION = 'gainsay/1'
/** The version of convictions, demands and appeals that this code speaks: `Conviction.VERSION()`. */
export const CONVICTION_VERSION = 'gainsay-conviction/1'

const ZERO_ADDRESS = '0x0000000000000000000000000000000000000000'

/** The contract's constants. Windows in seconds, bonds in wei, shares in 1/10,000. */
export type Parameters = Awaited<ReturnType<typeof readParameters>>

/** Who sits in the conviction seat of a deployment, for good: the address is one of its constants. */
export interface Seat {
  /** lower case */
  address: `0x${string}`
  /**
   * `ready` to be called; `undeployed` while there is no code, as between the deployments of the two contracts; `foreign`
   * when what is there does not speak `CONVICTION_VERSION`
   */
  state: 'ready' | 'undeployed' | 'foreign'
}

/** What an address holds that is taken for Gainsay: at one block. */
export interface Identity {
  /** keccak256 of its runtime code; null where there is none */
  codeHash: Hex | null
  /** what it says it speaks; null when it says nothing */
  version: string | null
}

/** A deployment of Gainsay at one block. */
export interface Deployment {
  parameters: Parameters
  seat: Seat | undefined
  /** keccak256 of the runtime code in the conviction seat; null where there is none */
  seatCodeHash: Hex | null
}

/** Reads what is at an address, at one block. */
export async function readIdentity(client: PublicClient, address: Hex, blockNumber: bigint): Promise<Identity> {
  const code = await client.getCode({ address, blockNumber })
  if (!code) return { codeHash: null, version: null }
  const call = { address, abi: gainsayAbi, functionName: 'VERSION', blockNumber } as const
  return { codeHash: keccak256(code), version: await orNull(client.readContract(call)) }
}

/** Reads what a Gainsay contract names, at one block. */
export async function readDeployment(client: PublicClient, contract: Hex, blockNumber: bigint): Promise<Deployment> {
  const parameters = await readParameters(client, contract, blockNumber)
  const address = parameters.conviction.toLowerCase() as Hex
  if (address === ZERO_ADDRESS) return { parameters, seat: undefined, seatCodeHash: null }
  const code = await client.getCode({ address, blockNumber })
  if (!code) return { parameters, seat: { address, state: 'undeployed' }, seatCodeHash: null }
  const call = { address, abi: convictionAbi, functionName: 'VERSION', blockNumber } as const
  const state = (await orNull(client.readContract(call))) === CONVICTION_VERSION ? 'ready' : 'foreign'
  return { parameters, seat: { address, state }, seatCodeHash: keccak256(code) }
}

function readParameters(client: PublicClient, address: Hex, blockNumber: bigint) {
  return client.readContract({ address, abi: gainsayAbi, functionName: 'parameters', blockNumber })
}

/** Null when the contract does not answer. What an endpoint did says nothing about the contract, and is thrown. */
async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof BaseError) || isOfEndpoints(error)) throw error
    return null
  }
}
