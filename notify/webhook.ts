import { createHmac } from 'node:crypto'
import pRetry, { AbortError } from 'p-retry'
import type { Notice } from './notices.ts'

/** Where notices go. Both are secrets: many receivers put a token into the URL. */
export interface Webhook {
  url: string
  /** what bodies are signed with; undefined: not at all */
  secret: string | undefined
}

/** Who speaks: the same in every notice. */
export interface Sender {
  chainId: number
  contract: string
  account: string | null
}

/** Thrown when a notice could not be delivered. Names no more than the receiver's answer: its URL may hold a token. */
export class WebhookError extends Error {
  override name = 'WebhookError'
}

/** Thrown when the receiver does not want a notice, so that trying again cannot help. */
export class RefusedError extends WebhookError {
  override name = 'RefusedError'
}

/** How long the receiver may take, and how often it is asked again. */
export interface Patience {
  timeoutMs: number
  retries: number
  minPauseMs: number
}

const PATIENCE: Patience = { timeoutMs: 10_000, retries: 6, minPauseMs: 1_000 }

/**
 * Posts one notice as JSON. What may pass (no answer, 408, 425, 429, 5xx) is tried again with growing pauses; another
 * refusal is final. With a secret, `x-gainsay-signature` is `sha256=` and the hex HMAC-SHA256 of the time in
 * `x-gainsay-timestamp` (Unix seconds), a full stop, and the body: old notices cannot be shown again.
 *
 * @throws WebhookError when it could not be delivered; RefusedError when it never will
 */
export async function deliver(
  { url, secret }: Webhook,
  sender: Sender,
  notice: Notice,
  signal: AbortSignal,
  { timeoutMs, retries, minPauseMs }: Patience = PATIENCE,
): Promise<void> {
  const { key: id, event, at, details } = notice
  const body = JSON.stringify({ id, event, at: new Date(at).toISOString(), ...sender, details })
  await pRetry(
    async () => {
      const timestamp = String(Math.floor(Date.now() / 1000))
      const headers: Record<string, string> = { 'content-type': 'application/json', 'x-gainsay-timestamp': timestamp }
      if (secret) headers['x-gainsay-signature'] = signatureOf(secret, timestamp, body)
      const response = await fetch(url, {
        ...{ method: 'POST', headers, body, redirect: 'error' as const },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      }).catch((error: Error) => {
        throw new WebhookError(`the receiver does not answer (${codeOf(error)})`)
      })
      await response.body?.cancel()
      if (response.ok) return
      const answer = `the receiver answers ${response.status}`
      if ([408, 425, 429].includes(response.status) || response.status >= 500) throw new WebhookError(answer)
      throw new AbortError(new RefusedError(answer))
    },
    { retries, minTimeout: minPauseMs, factor: 2, randomize: true, signal },
  )
}

/** The signature of a body, as in the header. */
export function signatureOf(secret: string, timestamp: string, body: string): string {
  return `sha256=${createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')}`
}

function codeOf(error: Error): string {
  const cause = error.cause as { code?: unknown } | undefined
  return typeof cause?.code === 'string' ? cause.code : error.name
}
