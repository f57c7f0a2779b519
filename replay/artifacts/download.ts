import {
  type Agent,
  type ClientRequestArgs,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import pRetry from 'p-retry'
import type { Hex } from 'viem'
import { messageOf, quote } from '../quote.ts'
import { isPublicAddress, publicLookup } from './address.ts'
import { ArtifactError, tooLarge } from './error.ts'
import type { Sink } from './sink.ts'
import type { HttpSource } from './sources.ts'

const MAX_REDIRECTS = 5
const RETRIES = 2
/** A try that got so much further than any before does not count as failed, so that a large file can come in pieces. */
const PROGRESS_BYTES = 2 ** 20

/** A failure that may pass: the connection, a busy server. */
class TransientError extends Error {}

/** Limits of a download. */
export interface DownloadLimits {
  maxBytes: number
  /** For everything together: all redirects, all tries. */
  timeoutMs: number
  allowPrivateHosts: boolean
  /** keep connections to the source itself, for those who ask it again and again; never to where it redirects */
  agents?: Readonly<Record<'http:' | 'https:', Agent>>
}

/** What the bytes shall be: of a hash that is known beforehand, or of a name that they can be checked against. */
export type Wanted = { hash: Hex } | { isRight(): Promise<boolean> }

/** What the tries of one download share. */
interface Progress {
  /** false once the server has shown that its ranges cannot be relied on */
  mayResume: boolean
  /** whether the bytes come from several answers, which may not fit together */
  pieced: boolean
  mostBytes: number
}

/**
 * Downloads from a source, most often one that a stranger chose. Addresses are checked where the connection is made, after
 * name resolution and for every redirect, so that a name which resolves to a private address (or does so the second
 * time) leads nowhere. The size is limited while streaming, whatever the server announced.
 *
 * What the sink holds already is continued with a range request (RFC 9110 §14), for the same version only when the server
 * names versions. The caller checks the hash; here it only tells whether a file made of pieces has to be got again whole.
 *
 * @throws ArtifactError
 */
export async function download(source: HttpSource, wanted: Wanted, into: Sink, limits: DownloadLimits): Promise<void> {
  const signal = AbortSignal.timeout(Math.max(1, Math.ceil(limits.timeoutMs)))
  const progress: Progress = { mayResume: true, pieced: false, mostBytes: into.size }
  const hasHash = () => 'hash' in wanted && into.digest() === wanted.hash.toLowerCase()
  const get = () =>
    pRetry(() => attempt(source, into, progress, limits, signal), {
      retries: RETRIES,
      minTimeout: 200,
      factor: 3,
      signal,
      shouldRetry: ({ error }) => error instanceof TransientError,
      shouldConsumeRetry: () => {
        if (into.size < progress.mostBytes + PROGRESS_BYTES) return true
        progress.mostBytes = into.size
        return false
      },
    })
  try {
    // Killed between the last byte and the rename: there is nothing left to ask for.
    if (into.size > 0 && hasHash()) return
    await get()
    if (!progress.pieced || ('hash' in wanted ? hasHash() : await wanted.isRight())) return
    progress.mayResume = false
    await get()
  } catch (error) {
    if (error instanceof ArtifactError) throw error
    const why = signal.aborted ? `nothing complete within ${Math.ceil(limits.timeoutMs)} ms` : quote(messageOf(error))
    const message = `${source.name} could not be downloaded (${why}): check the address`
    throw new ArtifactError('unreachable', message, { cause: error })
  }
}

async function attempt(
  source: HttpSource,
  into: Sink,
  progress: Progress,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<void> {
  if (into.size > 0 && !progress.mayResume) await into.restart('')
  const headers: OutgoingHttpHeaders = source.accept === undefined ? {} : { accept: source.accept }
  if (into.size > 0) headers.range = `bytes=${into.size}-`
  if (into.size > 0 && into.validator !== '') headers['if-range'] = into.validator
  const response = await follow(source, headers, limits, signal)
  try {
    const total = await prepare(response, into, progress)
    const announced = total ?? into.size + Number(response.headers['content-length'] ?? 0)
    if (announced > limits.maxBytes) throw tooLarge(source.name, limits.maxBytes)
    for await (const chunk of response) {
      if (into.size + chunk.length > limits.maxBytes) throw tooLarge(source.name, limits.maxBytes)
      await into.append(chunk)
    }
    if (total !== undefined && into.size !== total) throw new Error('the server sent less than it announced')
  } catch (error) {
    throw error instanceof ArtifactError ? error : new TransientError(messageOf(error))
  } finally {
    response.destroy()
  }
}

/** Makes the sink ready for what the answer holds. @returns the size of the whole file when the answer says so */
async function prepare(response: IncomingMessage, into: Sink, progress: Progress): Promise<number | undefined> {
  if (response.statusCode === 200) {
    await into.restart(validatorOf(response))
    progress.pieced = false
    return undefined
  }
  // Until shown otherwise: after 416, or a range that was not asked for, only the whole file will do.
  progress.mayResume = false
  if (response.statusCode !== 206) throw new Error('the server has no such range')
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(response.headers['content-range'] ?? '') ?? []
  const length = Number(end) - Number(start) + 1
  const fits =
    into.size > 0 &&
    Number(start) === into.size &&
    length > 0 &&
    (total === '*' || Number(end) < Number(total)) &&
    Number(response.headers['content-length'] ?? length) === length
  if (!fits) throw new Error('the server answered with another range than asked for')
  const { etag } = response.headers
  if (etag !== undefined && into.validator.startsWith('"') && etag !== into.validator)
    throw new Error('the server has another version by now')
  progress.mayResume = true
  progress.pieced = true
  return total === '*' ? undefined : Number(total)
}

/** What `If-Range` takes: a strong ETag, or a date. A weak ETag says nothing about bytes. */
function validatorOf({ headers }: IncomingMessage): string {
  return headers.etag?.startsWith('"') ? headers.etag : (headers['last-modified'] ?? '')
}

/** The first answer that is no redirect: 200, 206 or 416. */
async function follow(
  source: HttpSource,
  headers: OutgoingHttpHeaders,
  limits: DownloadLimits,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = new URL(source.url)
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const mayBePrivate = limits.allowPrivateHosts || (source.trusted && hop === 0)
    const agent = hop === 0 ? limits.agents?.[url.protocol as 'http:' | 'https:'] : undefined
    const response = await connect(url, source.name, headers, mayBePrivate, agent, signal)
    const status = response.statusCode ?? 0
    if (status === 200 || ((status === 206 || status === 416) && headers.range !== undefined)) return response
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

function connect(
  url: URL,
  name: string,
  headers: OutgoingHttpHeaders,
  mayBePrivate: boolean,
  agent: Agent | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new ArtifactError(
      'unsupportedUri',
      `${name} redirects to ${quote(url.protocol)}: only http: and https: will do`,
    )
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const forbidden = () =>
    new ArtifactError(
      'forbidden',
      `${name} leads to a private address: set allowPrivateHosts if that is meant to be reachable`,
    )
  // No name resolution takes place for a literal address, so the check in `lookup` would not be reached.
  if (!mayBePrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw forbidden()
  const options: ClientRequestArgs = {
    // No connection of another download is reused: it was checked for another name.
    agent: agent ?? false,
    headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'gainsay' },
    signal,
    ...(mayBePrivate ? {} : { lookup: publicLookup(forbidden) }),
  }
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, resolve)
    request.on('error', (error) => reject(error instanceof ArtifactError ? error : new TransientError(error.message)))
    request.end()
  })
}
