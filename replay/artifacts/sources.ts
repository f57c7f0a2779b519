import type { Hex } from 'viem'
import { quote } from '../quote.ts'
import { RAW, rawCid, sha256Of } from './cid.ts'
import { ArtifactError, mismatch } from './error.ts'
import { MAX_URI_CHARACTERS, parseIpfs, parseWalrus, type WalrusName } from './names.ts'

/** So that one reference cannot keep us busy for long. */
const MAX_URIS = 8

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
  /** media type to ask for, where the server has several */
  accept?: string
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
  const parsed = parseIpfs(uri)
  if (!parsed) return [refused(`${name} is not ipfs://<CID>[/path]`)]
  const { cid, text, path } = parsed
  if (path.length === 0 && cid.code === RAW && (sha256Of(cid) ?? hash.toLowerCase()) !== hash.toLowerCase())
    return [{ type: 'refused', error: mismatch(`${name}, by its CID,`, hash) }]
  const place = ['', 'ipfs', text, ...path.map(encodeURIComponent)].join('/')
  return ipfsGateways.map((gateway) => sourceAt(`${name} at the gateway`, gateway, place))
}

function walrus(uri: string, { walrusAggregators }: Places): Source[] {
  const name = parseWalrus(uri)
  if (!name) return [refused(`${quote(uri, 80)} is not walrus://<blob id, 43 characters>`)]
  return blobSources(name, walrusAggregators)
}

/** Where to look for a Walrus blob. */
export function blobSources({ id }: WalrusName, aggregators: readonly Place[]): HttpSource[] {
  return aggregators.map((place) => sourceAt(`"walrus://${id}" at the aggregator`, place, `/v1/blobs/${id}`))
}

/**
 * Where to ask for one block of IPFS, whatever it holds.
 *
 * @see https://specs.ipfs.tech/http-gateways/trustless-gateway/
 */
export function blockSource(cid: string, gateway: Place): HttpSource {
  const source = sourceAt(`block ${cid} at the gateway`, gateway, `/ipfs/${cid}?format=raw`)
  return { ...source, accept: 'application/vnd.ipld.raw' }
}

/** Named by its origin alone: what follows may hold the operator's token, and messages are public. */
function sourceAt(what: string, { base, trusted }: Place, path: string): HttpSource {
  return { type: 'http', name: `${what} ${new URL(base).origin}`, url: `${base.replace(/\/+$/, '')}${path}`, trusted }
}

function refused(message: string): Source {
  return { type: 'refused', error: new ArtifactError('unsupportedUri', message) }
}
