import { encodeFunctionData, formatEther, type Hex, toHex } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import { type Canary, canaryCostSince, canarySecret, intendCanary } from '../journal/canary.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import type { CanaryContext } from './context.ts'
import { canaryCost, refusalOf } from './cost.ts'
import { CanaryRefusedError } from './errors.ts'
import { prepareLie } from './prepare.ts'
import { refusable, StepRefusedError, TIP } from './send.ts'

const DAY_MS = 86_400_000
/** Seconds of chain time in which bond, request and post must be in blocks. */
const REQUEST_S = 3600n
/** Gas may become that many times dearer before a canary waits for it to get cheaper. */
const DEARER = 3n

/**
 * Begins a canary: works out what it would cost, that it may cost it, that the network lets everybody bond, request and post,
 * and that its result would be challenged; then records the intent. Sends nothing.
 *
 * @throws CanaryRefusedError when it may not be begun, UnfitModelError when no canary can be made of the model
 */
export async function beginCanary(it: CanaryContext): Promise<Canary> {
  const { chain, journal, config, canary, log, clock } = it
  const account = canary.account.address
  const { baseFeePerGas, timestamp } = await chain.client.getBlock({ blockTag: 'latest' })
  const gasPrice = DEARER * (2n * (baseFeePerGas ?? 0n) + TIP)
  const permit = async (bytes: number) => {
    const cost = canaryCost(chain.parameters, bytes, gasPrice)
    const refusal = refusalOf(cost, canary, await canaryCostSince(journal, clock() - DAY_MS))
    if (refusal) throw new CanaryRefusedError(refusal)
    return cost
  }
  // Before anything is replayed: what costs too much anyway.
  const least = await permit(0)
  await requireOpenNetwork(it, least.gas)

  const secret = await canarySecret(journal)
  const seed = secret(`lie ${clock()}`)
  const { input, output } = await prepareLie(canary.modelId, seed, { ...it, arbiters: config.arbiters })
  const cost = await permit(input.length + output.length)

  const at = { address: chain.contract, abi: gainsayAbi } as const
  const requesterNonce = await chain.client.readContract({ ...at, functionName: 'nonceOf', args: [account] })
  const deadline = timestamp + REQUEST_S
  const args = [account, requesterNonce, canary.modelId, account, sha256Hex(input), '', 0n, deadline] as const
  const requestId = await chain.client.readContract({ ...at, functionName: 'requestIdOf', args })
  const ofResult = [requestId, account, sha256Hex(output), ''] as const
  const resultId = await chain.client.readContract({ ...at, functionName: 'resultIdOf', args: ofResult })
  const { bond, burnt, reward, back, gas, worst } = cost
  log.info(
    {
      ...{ requestId, resultId, watcher: canary.watcher, model: canary.modelId },
      ...{ bond: String(bond), burnt: String(burnt), reward: String(reward), back: String(back) },
      ...{ gasAtMost: String(gas), costAtMost: String(worst) },
    },
    'a canary begins: what of the bond is burnt is lost, the reward is the challenger’s',
  )
  return intendCanary(journal, {
    ...{ createdAt: clock(), watcher: canary.watcher, modelId: canary.modelId },
    ...{ input: toHex(input), output: toHex(output), deadline: Number(deadline) },
    ...{ requesterNonce: Number(requesterNonce), requestId, resultId },
    ...{ bond: String(bond), worst: String(worst), gasPrice: String(gasPrice) },
  })
}

/** Simulates a bond and a request, so that a network which keeps them to some says so before there is money at stake. */
async function requireOpenNetwork({ chain, canary }: CanaryContext, gas: bigint): Promise<void> {
  const address = canary.account.address
  const { nodeBond } = chain.parameters
  const balance = await chain.client.getBalance({ address })
  const free = await chain.client.readContract({
    ...{ address: chain.contract, abi: gainsayAbi, functionName: 'freeBondOf' as const, args: [address] as const },
  })
  const missing = nodeBond > free ? nodeBond - free : 0n
  const lacking = missing + gas - balance
  if (lacking > 0n)
    throw new CanaryRefusedError(
      `The canary's account ${address} has too little money: send it ${formatEther(lacking)} ETH or more.`,
    )
  const empty = { hash: sha256Hex(new Uint8Array(1)), uri: '', data: '0x00' as Hex }
  const { timestamp } = await chain.client.getBlock({ blockTag: 'latest' })
  const moves = [
    { name: 'bond', value: 1n, data: encodeFunctionData({ abi: gainsayAbi, functionName: 'bond' }) },
    {
      ...{ name: 'request', value: 0n },
      data: encodeFunctionData({
        ...{ abi: gainsayAbi, functionName: 'request' },
        args: [canary.modelId, address, empty, timestamp + REQUEST_S],
      }),
    },
  ]
  for (const { name, value, data } of moves)
    try {
      await refusable(name, () => chain.client.call({ account: address, to: chain.contract, value, data }))
    } catch (error) {
      if (!(error instanceof StepRefusedError)) throw error
      throw new CanaryRefusedError(
        `No canary can be run here: ${error.message}. Is ${canary.modelId} registered, and may anybody bond as a node and request on this network?`,
      )
    }
}
