import { BaseError } from 'viem'

/**
 * Takes an endpoint's URL out of an error and all its causes, and requests' bodies with it: paths and queries often carry
 * API keys, and a body may hold a proof that is not on chain yet. The error itself is changed, and given back.
 */
export function maskUrl<T>(error: T, url: string, name: string): T {
  const texts = [...new Set([url, withoutTrailingSlash(url), pathOf(url)])].filter((text) => text.length > 1)
  const clean = (text: string) =>
    texts
      .reduce((cleaned, secret) => cleaned.replaceAll(secret, name), text)
      .replaceAll(/^Request body: .*$/gm, 'Request body: hidden')
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    const fields = one as unknown as Record<string, unknown>
    for (const key of ['message', 'shortMessage', 'details', 'stack', 'url'])
      if (typeof fields[key] === 'string') fields[key] = clean(fields[key])
    if (Array.isArray(fields.metaMessages)) fields.metaMessages = fields.metaMessages.map((line) => clean(String(line)))
    if (one instanceof BaseError && 'body' in one) fields.body = undefined
  }
  return error
}

/** An endpoint's host only. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an invalid URL'
}

function withoutTrailingSlash(url: string): string {
  return url.replace(/\/+$/, '')
}

/** Path and query: what is secret of a URL, also where it stands without the host. */
function pathOf(url: string): string {
  if (!URL.canParse(url)) return ''
  const { pathname, search } = new URL(url)
  return pathname + search
}
