import { type HDAccount, type Hex, parseEther, zeroAddress } from 'viem'
import type { GainsayParameters, LocalChain } from '../../demo/chain.ts'
import { type DemandTerms, deployProtocol } from '../../demo/deploy.ts'
import type { World } from './world.ts'

/** The protocol's contracts on a local chain. */
export interface Deployment {
  rpcUrl: string
  chainId: number
  contract: Hex
  conviction: Hex
  startBlock: number
}

/**
 * Terms of a chaos run; times in seconds, bonds in wei. A block is twelve seconds: the shortest window allows for the
 * longest standstill, the deepest reorg and two clock jumps, with time left to act.
 */
export const terms: GainsayParameters = {
  ...{ challengeWindow: 1_200n, revealWindow: 480n, convictionWindow: 1_200n },
  ...{ nodeBond: parseEther('1'), challengeBond: parseEther('0.5'), rewardBps: 5000, burnBps: 1000 },
  conviction: zeroAddress,
}

/** What demanding a part of a withheld trace costs, in wei, and how long it may take, in seconds. */
export const demandTerms: DemandTerms = {
  ...{ supplyWindow: 240n, useWindow: 720n },
  ...{ baseFee: parseEther('0.003'), chunkFee: parseEther('0.0008') },
}

/** Deploys the protocol, making the blocks that it takes. */
export async function deploy(chain: LocalChain, account: HDAccount, world: World): Promise<Deployment> {
  const { rpcUrl, chainId } = chain
  const deployed = await world.mineWhile(deployProtocol({ rpcUrl, account, parameters: terms, demandTerms }))
  const { gainsay: contract, conviction, blockNumber } = deployed
  return { rpcUrl, chainId, contract, conviction, startBlock: Number(blockNumber) }
}
