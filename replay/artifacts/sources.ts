import type { Hex } from 'viem'
import { quote } from '../quote.ts'
import { namesRawBytes, parseCid, rawCid } from './cid.ts'
import { ArtifactError, mismatch } from './error.ts'

/** So that one reference cannot keep us busy for long. */
const MAX_URIS = 8
const MAX_URI_CHARACTERS = 2048

/** A server that has many artifacts. */
export interface Place {
  /** base URL */
  base: string
  /** whether the operator named it: then it may be private, and may be told every hash that we look for */
  trusted: boolean
}

/** Where to look besides the addresses that the chain gives. */
export interface Places {
  /** asked for `<base>/ipfs/<cid>[/path]`; those that the operator named, for every hash */
  ipfsGateways: readonly Place[]
  /** asked for `<base>/v1/blobs/<blobId>` */
  walrusAggregators: readonly Place[]
  /** asked for `<base>/<64 hex digits>`, for every hash */
  mirrors: readonly Place[]
}

/** A place to read bytes from; `name` is what messages call it, safe to print. */
export type Source =
  | { type: 'data' | 'file'; name: string; uri: string }
  | HttpSource
  /** one that is refused without a look */
  | { type: 'refused'; error: ArtifactError }

/** A place to download from. */
export interface HttpSource {
  type: 'http'
  name: string
  url: string
  /** whether its host may be private, because the operator named it. What it redirects to may not */
  trusted: boolean
}

/**
 * Where to look for an artifact, in order: the URIs of the chain, the operator's mirrors, the gateways by the hash itself.
 * The last works for files that were added to IPFS as one raw block, which is at most 2 MiB with most software.
 *
 * @param field what the chain says: URIs separated by whitespace. The first 8 different ones count, each of at most
 *   2,048 characters (`data:` is not limited: it names no place, it is the bytes)
 */
export function sourcesOf(field: string, hash: Hex, places: Places): Source[] {
  const uris = [...new Set(field.split(/\s+/).filter((uri) => uri !== ''))]
  const sources = uris.slice(0, MAX_URIS).flatMap((uri) => sourcesOfUri(uri, hash, places))
  if (uris.length > MAX_URIS)
    sources.push(refused(`${uris.length - MAX_URIS} addresses after the first ${MAX_URIS} are not tried`))
  const digits = hash.slice(2).toLowerCase()
  for (const place of places.mirrors) sources.push(sourceAt('the mirror', place, `/${digits}`))
  for (const place of places.ipfsGateways)
    if (place.trusted) sources.push(sourceAt('the gateway', place, `/ipfs/${rawCid(hash)}`))
  return sources.filter((source, i) => sources.findIndex((other) => isSame(source, other)) === i)
}

/** A URI of the chain may be what a mirror is asked for; were it to replace the mirror, nothing private could be a mirror. */
function isSame(one: Source, other: Source): boolean {
  if (one.type !== 'http' || other.type !== 'http') return one === other
  return one.url === other.url && one.trusted === other.trusted
}

function sourcesOfUri(uri: string, hash: Hex, places: Places): Source[] {
  const name = quote(uri, 80)
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0].toLowerCase()
  if (scheme === 'data:') return [{ type: 'data', name, uri }]
  if (uri.length > MAX_URI_CHARACTERS) return [refused(`${name} has more than ${MAX_URI_CHARACTERS} characters`)]
  if (scheme === 'ipfs:') return ipfs(uri, hash, places)
  if (scheme === 'walrus:') return walrus(uri, places)
  if (URL.canParse(uri)) {
    if (scheme === 'file:') return [{ type: 'file', name, uri }]
    if (scheme === 'http:' || scheme === 'https:') return [{ type: 'http', name, url: uri, trusted: false }]
  }
  return [refused(`${name} cannot be read: use data:, file:, http:, https:, ipfs: or walrus:`)]
}

function ipfs(uri: string, hash: Hex, { ipfsGateways }: Places): Source[] {
  const name = quote(uri, 80)
  // Query and fragment are for a browser (`?filename=`): they do not say which bytes.
  const [cidText = '', ...rest] = uri
    .slice('ipfs:'.length)
    .replace(/^\/\//, '')
    .replace(/[?#].*$/s, '')
    .split('/')
  const cid = parseCid(cidText)
  const segments = rest.length === 1 && rest[0] === '' ? [] : rest.map(readSegment)
  if (!cid || segments.includes(undefined)) return [refused(`${name} is not ipfs://<CID>[/path]`)]
  if (segments.length === 0 && namesRawBytes(cid) && cid.blockHash !== hash.toLowerCase())
    return [{ type: 'refused', error: mismatch(`${name}, by its CID,`, hash) }]
  const path = ['', 'ipfs', cidText, ...segments.map((segment) => encodeURIComponent(segment as string))].join('/')
  return ipfsGateways.map((place) => sourceAt(`${name} at the gateway`, place, path))
}

/** A segment of a path, decoded; undefined when it would lead elsewhere, or could mean different things to others. */
function readSegment(text: string): string | undefined {
  let segment: string
  try {
    segment = decodeURIComponent(text)
    encodeURIComponent(segment)
  } catch {
    return undefined
  }
  if (segment === '' || segment === '.' || segment === '..') return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[/\\\x00-\x1f\x7f]/.test(segment) ? undefined : segment
}

function walrus(uri: string, { walrusAggregators }: Places): Source[] {
  const name = quote(uri, 80)
  const id = uri.slice('walrus:'.length).replace(/^\/\//, '')
  // The last of the 43 characters holds 4 bits: only the canonical spelling survives the way there and back.
  if (!/^[\w-]{43}$/.test(id) || Buffer.from(id, 'base64url').toString('base64url') !== id)
    return [refused(`${name} is not walrus://<blob id, 43 characters>`)]
  return walrusAggregators.map((place) => sourceAt(`${name} at the aggregator`, place, `/v1/blobs/${id}`))
}

/** Named by its origin alone: what follows may hold the operator's token, and messages are public. */
function sourceAt(what: string, { base, trusted }: Place, path: string): HttpSource {
  return { type: 'http', name: `${what} ${new URL(base).origin}`, url: `${base.replace(/\/+$/, '')}${path}`, trusted }
}

function refused(message: string): Source {
  return { type: 'refused', error: new ArtifactError('unsupportedUri', message) }
}
