import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ApiConfig } from '../../../../config/api.ts'
import { clientAddress } from './client-address.ts'
import { rateLimit } from './rate.ts'

/** Bytes of a question: many times what the most tokens take. */
const MOST_QUESTION_BYTES = 256 * 1024

/** Turns away who asks too often or too much at once, before anything is parsed. */
export function guard({ rate, proxies }: Pick<ApiConfig, 'rate' | 'proxies'>): MiddlewareHandler[] {
  const wait = rateLimit({ perSecond: rate, burst: 10 * rate })
  return [
    async (c, next) => {
      const address = clientAddress(c, proxies)
      const seconds = address === undefined ? 0 : wait(address)
      if (seconds === 0) return next()
      c.header('retry-after', String(seconds))
      const message = `more than ${rate} requests a second from your address: try again in ${seconds} s`
      return c.json({ errors: [{ message, extensions: { code: 'TOO_OFTEN' } }] }, 429)
    },
    bodyLimit({
      maxSize: MOST_QUESTION_BYTES,
      onError: (c) => {
        const message = `the question is larger than ${MOST_QUESTION_BYTES} bytes: ask for less at once`
        return c.json({ errors: [{ message, extensions: { code: 'TOO_LARGE' } }] }, 413)
      },
    }),
  ]
}
