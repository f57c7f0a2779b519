import { setTimeout as sleep } from 'node:timers/promises'
import type { Following } from '../context.ts'
import { recordedFollower } from './follow.ts'
import { followed } from './followed.ts'

/**
 * Follows every network without challenges that is configured, and attests what is found, until `signal` aborts. It runs
 * beside the rounds about a Gainsay contract, if there are any: neither waits for the other.
 */
export async function followAll(it: Following, signal: AbortSignal): Promise<void> {
  const followers = followed(it.config).map((network) => recordedFollower(it, network, signal))
  if (followers.length === 0) return
  while (!signal.aborted) {
    it.attestor?.look()
    for (const follower of followers) follower.look()
    await sleep(it.config.pollMs, undefined, { signal }).catch(() => {})
  }
  await Promise.all([...followers.map((one) => one.stop()), it.attestor?.stop()])
}
