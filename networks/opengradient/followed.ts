import type { OpenGradientConfig } from '../../config/opengradient.ts'
import { inferenceHubAbi, settlementRelayAbi, taskSchedulerAbi } from './abi.ts'
import {
  hubResultSignedShapeAbi,
  hubResultWithoutJsonAbi,
  hubResultWithoutShapeAbi,
  inferenceWithoutPayloadAbi,
} from './history-abi.ts'
import { inferenceLogAbi } from './logs.ts'

/**
 * The contracts of OpenGradient that the index follows, as Ponder's configuration wants them. Missing are the registry of
 * TEEs, which has no events and is asked when a settlement is audited, and the workflows, which nobody lists: the scheduler's
 * events name them. A contract whose event had other forms is there once for each: its topic says which one it is.
 *
 * @param chain what Ponder's configuration calls the chain that they are on
 */
export function opengradientContracts<Chain extends string>(it: OpenGradientConfig, chain: Chain) {
  const at = { chain, startBlock: it.startBlock }
  return {
    OpenGradientInference: { ...at, abi: inferenceLogAbi, address: it.precompile },
    OpenGradientPastInference: { ...at, abi: inferenceWithoutPayloadAbi, address: it.precompile },
    OpenGradientHub: { ...at, abi: inferenceHubAbi, address: it.hub },
    OpenGradientHubWithoutJson: { ...at, abi: hubResultWithoutJsonAbi, address: it.hub },
    OpenGradientHubSignedShape: { ...at, abi: hubResultSignedShapeAbi, address: it.hub },
    OpenGradientHubWithoutShape: { ...at, abi: hubResultWithoutShapeAbi, address: it.hub },
    OpenGradientScheduler: { ...at, abi: taskSchedulerAbi, address: it.scheduler },
    OpenGradientSettlement: { ...at, abi: settlementRelayAbi, address: it.settlementRelay },
  }
}
