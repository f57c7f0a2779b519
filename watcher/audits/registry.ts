import {
  BaseError,
  ContractFunctionRevertedError,
  ContractFunctionZeroDataError,
  type Hex,
  type PublicClient,
  toFunctionSelector,
} from 'viem'
import { faultOf } from '../../chain/rpc/fault.ts'
import { teeRegistryAbi } from '../../networks/opengradient/abi.ts'
import type { Registration, Registry } from '../../networks/opengradient/settlement/audit.ts'

/** How the registry says that it does not know a TEE. Any other revert says nothing about it. */
const NOT_FOUND = toFunctionSelector('TEENotFound()')
/** Reads at once. */
const AT_ONCE = 8

/**
 * Asks the registry of TEEs as it was at a block; where no endpoint has that state any more, as it is now, and says so.
 * Never throws.
 */
export function registryAt(client: PublicClient, address: Hex, blockNumber: bigint): Registry {
  const read = async (teeId: Hex): Promise<Registration> => {
    try {
      return await readTee(client, address, teeId, blockNumber)
    } catch (error) {
      if (faultOf(error) !== 'behind') return { kind: 'unread', reason: reasonOf(error, blockNumber) }
    }
    return readTee(client, address, teeId).catch((error) => ({ kind: 'unread', reason: reasonOf(error) }))
  }
  return async (teeIds) => {
    const known = new Map<Hex, Registration>()
    for (let at = 0; at < teeIds.length; at += AT_ONCE) {
      const some = teeIds.slice(at, at + AT_ONCE)
      const found = await Promise.all(some.map(read))
      for (const [i, teeId] of some.entries()) known.set(teeId, found[i] as Registration)
    }
    return known
  }
}

async function readTee(client: PublicClient, address: Hex, teeId: Hex, blockNumber?: bigint): Promise<Registration> {
  const at = blockNumber === undefined ? 'latest' : 'block'
  const call = { address, abi: teeRegistryAbi, functionName: 'getTEE', args: [teeId] } as const
  try {
    const tee = await client.readContract(blockNumber === undefined ? call : { ...call, blockNumber })
    const { publicKey, enabled, registeredAt } = tee
    return registeredAt === 0n
      ? { kind: 'unregistered', at }
      : { kind: 'registered', at, publicKey, enabled, registeredAt }
  } catch (error) {
    if (isNotFound(error)) return { kind: 'unregistered', at }
    throw error
  }
}

function isNotFound(error: unknown): boolean {
  const reverted = error instanceof BaseError && error.walk((one) => one instanceof ContractFunctionRevertedError)
  return reverted instanceof ContractFunctionRevertedError && reverted.raw?.slice(0, 10) === NOT_FOUND
}

/** In words of our own: an endpoint's may hold its URL. */
function reasonOf(error: unknown, blockNumber?: bigint): string {
  const when = blockNumber === undefined ? 'now' : `in block ${blockNumber}`
  if (error instanceof BaseError) {
    if (error.walk((one) => one instanceof ContractFunctionZeroDataError))
      return `there is no registry at OPENGRADIENT_TEE_REGISTRY ${when}`
    if (error.walk((one) => one instanceof ContractFunctionRevertedError)) return `it reverted ${when}`
  }
  return `no endpoint answered about it ${when}`
}
