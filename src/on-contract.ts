import { ponder } from 'ponder:registry'
import { parseConfig } from '../config/config.ts'

const isFollowed = parseConfig(process.env).gainsay !== undefined

/**
 * Registers a handler of an event of Gainsay's contracts, as `ponder.on`, where they are followed: Ponder refuses handlers of
 * contracts that are not in its configuration.
 */
export const on: typeof ponder.on = (name, handler) => {
  if (isFollowed) ponder.on(name, handler)
}
