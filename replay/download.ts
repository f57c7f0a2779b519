import { lookup as dnsLookup } from 'node:dns'
import { type ClientRequestArgs, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import pRetry from 'p-retry'
import { isPublicAddress } from './address.ts'
import { ArtifactError } from './error.ts'
import { messageOf, quote } from './quote.ts'

const MAX_REDIRECTS = 5
const RETRIES = 2

/** A failure that may pass: the connection, a busy server. */
class TransientError extends Error {}

/** Limits of a download. */
export interface DownloadLimits {
  maxBytes: number
  /** For everything together: all redirects, all tries. */
  timeoutMs: number
  allowPrivateHosts: boolean
}

/**
 * Downloads an `http:` or `https:` URI that a stranger chose. Addresses are checked where the connection is made, after
 * name resolution and for every redirect, so that a name which resolves to a private address (or does so the second
 * time) leads nowhere. The size is limited while streaming, whatever the server announced.
 *
 * @throws ArtifactError
 */
export async function download(uri: string, limits: DownloadLimits): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(limits.timeoutMs)
  try {
    return await pRetry(() => follow(uri, limits, signal), {
      retries: RETRIES,
      minTimeout: 200,
      factor: 3,
      signal,
      shouldRetry: ({ error }) => error instanceof TransientError,
    })
  } catch (error) {
    if (error instanceof ArtifactError) throw error
    const why = signal.aborted ? `nothing complete within ${limits.timeoutMs} ms` : quote(messageOf(error))
    throw new ArtifactError('unreachable', `${quote(uri)} could not be downloaded (${why}): check the address`, error)
  }
}

async function follow(uri: string, limits: DownloadLimits, signal: AbortSignal): Promise<Uint8Array> {
  let url = new URL(uri)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await connect(url, limits, signal)
    const status = response.statusCode ?? 0
    if (status === 200) return read(response, url.href, limits.maxBytes)
    response.destroy()
    const { location } = response.headers
    if (status >= 300 && status < 400 && location !== undefined) {
      if (!URL.canParse(location, url)) throw new Error('a redirect to something that is no address')
      url = new URL(location, url)
      continue
    }
    const message = `the server answered ${status}`
    throw status === 408 || status === 425 || status === 429 || status >= 500
      ? new TransientError(message)
      : new Error(message)
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`)
}

function connect(url: URL, { allowPrivateHosts }: DownloadLimits, signal: AbortSignal): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ArtifactError('unsupportedUri', `a redirect to ${quote(url.href)}: only http: and https: are followed`)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // No name resolution takes place for a literal address, so the check in `lookup` would not be reached.
  if (!allowPrivateHosts && isIP(host) !== 0 && !isPublicAddress(host)) throw forbidden(url.href)
  const options: ClientRequestArgs = {
    // No connection of another download is reused: it was checked for another name.
    agent: false,
    headers: { 'accept-encoding': 'identity', 'user-agent': 'gainsay' },
    signal,
    ...(allowPrivateHosts ? {} : { lookup: publicLookup(url.href) }),
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve)
    request.on('error', (error) => reject(error instanceof ArtifactError ? error : new TransientError(error.message)))
    request.end()
  })
}

/** Resolves a name and hands on public addresses only; fails when it has none. */
function publicLookup(uri: string): LookupFunction {
  return (hostname, options, callback) =>
    dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = (addresses ?? []).filter(({ address }) => isPublicAddress(address))
      const [first] = allowed
      if (error) callback(error, '', 0)
      else if (!first) callback(forbidden(uri), '', 0)
      else if (options.all) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
}

function read(response: IncomingMessage, uri: string, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      response.destroy()
      reject(error)
    }
    if (Number(response.headers['content-length'] ?? 0) > maxBytes) return fail(tooLarge(uri, maxBytes))
    const chunks: Buffer[] = []
    let size = 0
    response.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > maxBytes) return fail(tooLarge(uri, maxBytes))
      chunks.push(chunk)
    })
    response.on('end', () => resolve(Buffer.concat(chunks)))
    response.on('error', (error) => reject(new TransientError(error.message)))
  })
}

/** The error for whatever has more bytes than allowed. */
export function tooLarge(uri: string, maxBytes: number): ArtifactError {
  return new ArtifactError('tooLarge', `${quote(uri)} has more than ${maxBytes} bytes: raise maxBytes to accept it`)
}

function forbidden(uri: string): ArtifactError {
  return new ArtifactError(
    'forbidden',
    `${quote(uri)} leads to a private address: set allowPrivateHosts if that is meant to be reachable`,
  )
}
