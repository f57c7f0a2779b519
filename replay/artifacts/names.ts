import type { CID } from 'multiformats/cid'
import { quote } from '../quote.ts'
import { readCid } from './cid.ts'
import { ArtifactError } from './error.ts'

/** So that no address keeps us busy for long. */
export const MAX_URI_CHARACTERS = 2048

/** A name that follows from the bytes, in another way than by the sha256 of the whole. */
export type Name = WalrusName | IpfsName

/** A commitment to an erasure-coded blob: 43 base64url characters, 32 bytes. */
export interface WalrusName {
  type: 'walrus'
  id: string
}

/** A block, and the way from it down through folders to a file. */
export interface IpfsName {
  type: 'ipfs'
  cid: CID
  /** the CID as it was written, which is letters and digits */
  text: string
  /** names of folders and of the file, decoded; empty when the CID names the file itself */
  path: string[]
}

/** Reads `walrus://<blob id>` or `ipfs://<CID>[/path]`. @throws ArtifactError `unsupportedUri` */
export function parseName(uri: string): Name {
  const name = uri.length > MAX_URI_CHARACTERS ? undefined : (parseWalrus(uri) ?? parseIpfs(uri))
  if (name) return name
  throw new ArtifactError(
    'unsupportedUri',
    `${quote(uri, 80)} names no bytes: use walrus://<blob id, 43 characters> or ipfs://<CID>[/path]`,
  )
}

/** Reads `walrus://<blob id>`; undefined when it is something else. */
export function parseWalrus(uri: string): WalrusName | undefined {
  const [, id] = /^walrus:(?:\/\/)?([\w-]{43})$/i.exec(uri) ?? []
  // The last of the 43 characters holds 4 bits: only the canonical spelling survives the way there and back.
  return id && Buffer.from(id, 'base64url').toString('base64url') === id ? { type: 'walrus', id } : undefined
}

/** Reads `ipfs://<CID>[/path]`; undefined when it is something else. */
export function parseIpfs(uri: string): IpfsName | undefined {
  if (!/^ipfs:/i.test(uri)) return undefined
  // Query and fragment are for a browser (`?filename=`): they do not say which bytes.
  const [text = '', ...rest] = uri
    .slice('ipfs:'.length)
    .replace(/^\/\//, '')
    .replace(/[?#].*$/s, '')
    .split('/')
  const cid = readCid(text)
  const path = rest.length === 1 && rest[0] === '' ? [] : rest.map(readSegment)
  return cid && path.every((segment) => segment !== undefined) ? { type: 'ipfs', cid, text, path } : undefined
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
