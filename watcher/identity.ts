import { isDeepStrictEqual } from 'node:util'
import { ChainError, PROTOCOL_VERSION } from '../chain/connect.ts'
import { type Deployment, type Identity, readDeployment, readIdentity } from '../chain/identity.ts'
import { claimCode } from '../journal/identity.ts'
import type { Watch } from './context.ts'

/** How often in a row the contracts must look changed: one endpoint alone may be confused for a moment. */
const LOOKS = 3

/**
 * Makes sure, at the start and from time to time, that chain and contracts are still those of the journal's first start: by
 * id, code and version, at one block that endpoints agree on. Whatever signs for a contract that changed, signs for something
 * else.
 *
 * @returns to be called at the start of each round; it looks when it is time. It throws a ChainError (`changed`) when what it
 * sees stays changed, and any other error when it cannot tell: nothing is to be sent either way
 */
export function identityCheck(it: Pick<Watch, 'chain' | 'journal' | 'config' | 'log'>): () => Promise<void> {
  const { chain, config, log } = it
  let dueAt = Number.NEGATIVE_INFINITY
  let suspicions = 0
  return async () => {
    if (performance.now() < dueAt) return
    const found = await chain.agreed(async (client, blockNumber) => {
      const identity = await readIdentity(client, chain.contract, blockNumber)
      const is = identity.codeHash !== null && identity.version === PROTOCOL_VERSION
      return { identity, deployment: is ? await readDeployment(client, chain.contract, blockNumber) : null }
    })
    const problem = await problemOf(it, found)
    if (problem === null) {
      suspicions = 0
      dueAt = performance.now() + config.identityCheckS * 1000
      // A conviction contract that has been deployed since is one to call.
      const { seat } = found.deployment as Deployment
      if (seat?.state !== chain.seat?.state) log.info({ seat }, 'the conviction seat has changed its state')
      chain.seat = seat
      return
    }
    suspicions++
    const message = `${problem} Nothing is sent.`
    if (suspicions < LOOKS) throw new Error(`${message} Looking again.`)
    throw new ChainError('changed', message)
  }
}

async function problemOf(
  { chain, journal }: Pick<Watch, 'chain' | 'journal'>,
  { identity, deployment }: { identity: Identity; deployment: Deployment | null },
): Promise<string | null> {
  const { contract, chainId } = chain
  if (identity.codeHash === null) return `There is no contract at ${contract} on chain ${chainId} any more.`
  if (!deployment)
    return `The contract at ${contract} does not speak ${PROTOCOL_VERSION} any more. Install the version of Gainsay that fits.`
  const changed = await claimCode(journal, { contract: identity.codeHash, seat: deployment.seatCodeHash })
  if (changed) {
    const address = changed === 'contract' ? contract : deployment.seat?.address
    return `The code at ${address} is not what it was when this journal was begun. If the RPC endpoints can be trusted, look at what is there, and begin anew in another GAINSAY_DATA_DIR.`
  }
  if (!isDeepStrictEqual(deployment.parameters, chain.parameters))
    return 'The contract has other parameters than it had when this watcher started. Start it again.'
  return null
}
