import type { OpenGradientConfig } from '../../config/opengradient.ts'
import { inferenceHubAbi, inferencePrecompileAbi, settlementRelayAbi, taskSchedulerAbi } from './abi.ts'

/**
 * The contracts of OpenGradient that the index follows, as Ponder's configuration wants them. Missing are the registry of
 * TEEs, which has no events and is asked when a settlement is audited, and the workflows, which nobody lists: the scheduler's
 * events name them.
 *
 * @param chain what Ponder's configuration calls the chain that they are on
 */
export function opengradientContracts<Chain extends string>(it: OpenGradientConfig, chain: Chain) {
  const at = { chain, startBlock: it.startBlock }
  return {
    OpenGradientInference: { ...at, abi: inferencePrecompileAbi, address: it.precompile },
    OpenGradientHub: { ...at, abi: inferenceHubAbi, address: it.hub },
    OpenGradientScheduler: { ...at, abi: taskSchedulerAbi, address: it.scheduler },
    OpenGradientSettlement: { ...at, abi: settlementRelayAbi, address: it.settlementRelay },
  }
}
