import type { Context } from 'hono'

/**
 * Answers with these headers and no others, in one piece. Ponder's server writes headers of its own before any route runs;
 * Hono then makes one response of two, whose body it can only pass on as a stream, and that takes longer than most of our
 * answers.
 */
export function plain(c: Context, body: string | null, status: number, headers: Record<string, string>): Response {
  c.res = undefined
  c.res = new Response(body, { status, headers: { ...headers, 'access-control-allow-origin': '*' } })
  return c.res
}

/** The same of a response whose body is JSON; any other, which may be a stream that goes on, as it is. */
export async function plainly(c: Context, response: Response): Promise<Response> {
  if (!/^application\/([\w-]+\+)?json\b/.test(response.headers.get('content-type') ?? '')) return response
  const body = await response.text()
  const headers = Object.fromEntries(response.headers)
  // Counted anew from the body.
  delete headers['content-length']
  // Whoever asks, the answer is the same.
  delete headers['access-control-allow-credentials']
  return plain(c, body, response.status, headers)
}
