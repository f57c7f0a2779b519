import { parseEther, zeroAddress } from 'viem'
import type { GainsayParameters } from './chain.ts'

/** The demo's terms: short windows, so that a whole life fits in a minute. Times in seconds, bonds in wei. */
export const terms: GainsayParameters = {
  challengeWindow: 40n,
  revealWindow: 10n,
  convictionWindow: 15n,
  nodeBond: parseEther('1'),
  challengeBond: parseEther('0.5'),
  rewardBps: 5000,
  burnBps: 1000,
  conviction: zeroAddress,
}

/** What a request pays, in wei. */
export const FEE = parseEther('0.01')
