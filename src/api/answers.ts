import { createHash } from 'node:crypto'
import type { Context } from 'hono'
import { z } from 'zod'
import { plain } from './plain.ts'

/** A result's id as strangers write it, in lower case. */
export const idOf = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .transform((id) => id.toLowerCase())

/** An answer's text and what names it. */
export interface Tagged {
  body: string
  etag: string
}

/** Says what was wrong with a question. */
export function refused(c: Context, code: 400 | 404, error: string): Response {
  return plain(c, JSON.stringify({ error }), code, { 'content-type': 'application/json' })
}

/** Writes an answer's tag: the same bytes have the same. */
export function tagged(body: string): Tagged {
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"` }
}

/** Answers with an ETag, and with 304 who has this very answer already (RFC 9110, §13.1.2). */
export function cached(
  c: Context,
  { body, etag }: Tagged,
  type: string,
  seconds: number,
  more: Record<string, string> = {},
): Response {
  const headers = {
    ...{ etag, 'cache-control': `public, max-age=${seconds}`, 'x-content-type-options': 'nosniff', ...more },
    // Anybody may read, from any page: nothing here is secret, and nothing depends on who asks.
    'access-control-expose-headers': 'ETag',
  }
  const known = c.req.header('if-none-match')
  if (known && (known === '*' || known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag)))
    return plain(c, null, 304, headers)
  return plain(c, body, 200, { ...headers, 'content-type': type })
}
