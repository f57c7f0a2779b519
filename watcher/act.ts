import type { LocalAccount } from 'viem'
import { actionByKey, intend } from '../journal/queries.ts'
import { adopt, liveAttempts, liveOfKind } from '../journal/sending.ts'
import { SignerError } from '../keys/remote-signer.ts'
import { SpendLimitError } from '../keys/spend-limits.ts'
import { abilities } from '../networks/abilities.ts'
import type { Watch } from './context.ts'
import type { Decision } from './decide.ts'
import { callOf } from './send/call.ts'
import { object } from './send/object.ts'
import { readSigned } from './send/sign.ts'
import { start } from './send/start.ts'
import { tend } from './send/tend.ts'

/**
 * Carries out one decision: intent into the journal, chain re-read, simulated at the latest block, signed, journalled,
 * broadcast, in this order; and pushed, round by round, while it is not mined. Killed between any two steps, the next start
 * goes on from what the journal says; all that is signed for one action has one nonce, so nothing can happen twice.
 *
 * What the chain contradicts (the index lags, somebody was faster) is logged and left for the next round to decide anew.
 */
export async function act(it: Watch, account: LocalAccount, decision: Decision): Promise<void> {
  const { journal } = it
  const network = decision.result?.network
  // Nobody decides that. If somebody did, no transaction of ours must come of it.
  if (network && !abilities[network].challenges)
    throw new Error(`a ${decision.kind} was decided on ${network}, where nothing can be challenged`)
  const before = await actionByKey(journal, decision.key)
  if (before?.stoppedAt) return
  // Done, and the index has not seen it yet. A withdrawal is decided by the chain itself.
  if (before?.state === 'done' && decision.kind !== 'withdraw') return

  const call = callOf(it.chain, account.address, decision)
  const { kind, observationKey, key, reason } = decision
  const resultId = decision.result?.id ?? null
  const deadline = decision.deadline === null ? null : Number(decision.deadline)
  const action =
    before?.live && before.state === 'open'
      ? before
      : await intend(
          journal,
          { key, kind, observationKey, resultId, value: String(call.value), deadline, reason },
          it.clock(),
        )
  // A reorg that posts the same result in another block makes another decision of it, and a growing credit another
  // withdrawal; a transaction of the older one does the very same.
  const twins = await liveOfKind(journal, account.address, { kind, resultId, key })
  const twin = twins.find((one) => {
    const { to, data, value } = readSigned(one).call
    return to === call.to.toLowerCase() && data === call.data && value === call.value
  })
  if (twin) await adopt(journal, twin.actionId, action.id, `the same is wanted as ${key}`, it.clock())

  const live = await liveAttempts(journal, action.id)
  try {
    if (live.length > 0) await tend(it, account, action, decision, live)
    else await start(it, account, action, decision)
  } catch (error) {
    // What the key's guard or the signer says is the operator's to mend, and is said once.
    if (!(error instanceof SpendLimitError || error instanceof SignerError)) throw error
    await object(it, action, { kind: 'wait', reason: error.message })
  }
}
