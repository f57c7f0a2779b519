import { parseEther, zeroAddress } from 'viem'
import type { GainsayParameters } from './chain.ts'
import type { DemandTerms } from './deploy.ts'

/** The demo's terms: short windows, so that a whole life fits in a minute. Times in seconds, bonds in wei. */
export const terms: GainsayParameters = {
  challengeWindow: 40n,
  revealWindow: 10n,
  convictionWindow: 15n,
  nodeBond: parseEther('1'),
  challengeBond: parseEther('0.5'),
  rewardBps: 5000,
  burnBps: 1000,
  // Set by whoever deploys the whole protocol.
  conviction: zeroAddress,
}

/** What demanding a part of a withheld trace costs, and how long the node has. */
export const demandTerms: DemandTerms = {
  supplyWindow: 8n,
  useWindow: 7n,
  baseFee: parseEther('0.003'),
  chunkFee: parseEther('0.0008'),
}

/** What a request pays, in wei. */
export const FEE = parseEther('0.01')
