import type { NetworkName } from '../networks/network.ts'
import { type Config, ConfigError } from './config.ts'
import { CONTRACT_VARIABLES } from './gainsay.ts'

/** The network whose chain and contract an index, a watcher and a journal are named by. */
export interface Principal {
  network: NetworkName
  chainId: number
  /** lower case */
  contract: `0x${string}`
}

/**
 * Gainsay's own network where its contract is followed, since money depends on it; else OpenGradient, whose contract is then
 * the inference precompile. `parseConfig` gives no configuration without either.
 */
export function principalOf({ gainsay, opengradient }: Pick<Config, 'gainsay' | 'opengradient'>): Principal {
  if (gainsay) return { network: 'gainsay', chainId: gainsay.chainId, contract: gainsay.contract }
  if (!opengradient) throw new Error('a configuration that follows no network')
  return { network: 'opengradient', chainId: opengradient.chainId, contract: opengradient.precompile }
}

/**
 * The part of a configuration that is about a Gainsay contract, for what cannot do without one.
 *
 * @throws ConfigError naming what to set where none is followed
 */
export function contractNeeded<Contract>({ gainsay }: { gainsay: Contract | undefined }): Contract {
  if (gainsay) return gainsay
  throw new ConfigError(
    `No Gainsay contract is configured, and this needs one. Set ${CONTRACT_VARIABLES}; docs/operate.md says how.`,
  )
}
