import { BaseError } from 'viem'

/** What went wrong, short enough for a log line; viem's own messages go on for a page. */
export function sentence(error: unknown): string {
  if (error instanceof BaseError) return error.shortMessage
  return error instanceof Error ? error.message : String(error)
}
