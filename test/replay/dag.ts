import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { CID } from 'multiformats/cid'
import type { Asked } from './artifacts-fixture.ts'

/** A block and what is beneath it. */
export interface Block {
  cid: string
  /** the CID in binary */
  id: Buffer
  bytes: Buffer
  /** bytes of the file beneath, as it says */
  size: number
}

/** How a tree is made: the defaults are those of `ipfs add`. */
export interface TreeOptions {
  chunk: number
  width?: number
  version?: 0 | 1
  /** whether leaves are bytes alone */
  rawLeaves?: boolean
}

/** Blocks by CID in all the spellings used here; written by hand, byte by byte, so that no code is shared with what reads. */
export class Dag {
  readonly blocks = new Map<string, Buffer>()

  /** Stores a block as it is. */
  add(bytes: Buffer, codec: number, size: number, version: 0 | 1 = 1): Block {
    const hash = Buffer.concat([Buffer.of(0x12, 0x20), createHash('sha256').update(bytes).digest()])
    const id = version === 0 ? hash : Buffer.concat([Buffer.of(1, codec), hash])
    const cid = version === 0 ? base58(hash) : `b${base32(id)}`
    this.blocks.set(cid, bytes)
    return { cid, id, bytes, size }
  }

  /** A leaf of bytes alone. */
  raw(bytes: Buffer): Block {
    return this.add(bytes, 0x55, bytes.length)
  }

  /** A node of a file: its own bytes, then those of its parts. @param sizes what it says of its parts, when not the truth */
  file(
    data: Buffer,
    parts: Block[] = [],
    { version = 1 as 0 | 1, sizes = parts.map(({ size }) => size), type = 2 } = {},
  ) {
    const total = data.length + parts.reduce((sum, { size }) => sum + size, 0)
    const unixfs = Buffer.concat([
      number(1, type),
      ...(data.length > 0 ? [field(2, data)] : []),
      number(3, total),
      ...sizes.map((size) => number(4, size)),
    ])
    return this.node(
      unixfs,
      parts.map((part) => ({ name: '', part })),
      total,
      version,
    )
  }

  /** A folder. @param type 1 is a plain one, 5 one that is spread over blocks */
  folder(entries: Record<string, Block>, type = 1): Block {
    return this.node(
      number(1, type),
      Object.entries(entries).map(([name, part]) => ({ name, part })),
      0,
      1,
    )
  }

  /** Any node. */
  node(data: Buffer, links: { name: string; part: Block }[], size: number, version: 0 | 1): Block {
    const encoded = links.map(({ name, part }) =>
      field(2, Buffer.concat([field(1, part.id), field(2, Buffer.from(name)), number(3, part.size)])),
    )
    return this.add(Buffer.concat([...encoded, field(1, data)]), 0x70, size, version)
  }

  /** A file in pieces, as a balanced tree. */
  tree(bytes: Buffer, { chunk, width = 174, version = 1, rawLeaves = true }: TreeOptions): Block {
    let level: Block[] = []
    for (let at = 0; at < bytes.length || level.length === 0; at += chunk) {
      const piece = bytes.subarray(at, at + chunk)
      level.push(rawLeaves ? this.raw(piece) : this.file(piece, [], { version }))
    }
    do {
      const above: Block[] = []
      for (let at = 0; at < level.length; at += width)
        above.push(this.file(Buffer.of(), level.slice(at, at + width), { version }))
      level = above
    } while (level.length > 1)
    return level[0] as Block
  }

  /** A gateway that answers for single blocks, as it should. */
  gateway(asked: Asked[] = []): RequestListener {
    return (request, response) => {
      asked.push({ url: request.url ?? '', headers: { ...request.headers }, sent: 0 })
      const [, cid = ''] = /^\/ipfs\/([a-zA-Z0-9]+)\?format=raw$/.exec(request.url ?? '') ?? []
      const block = request.headers.accept === 'application/vnd.ipld.raw' ? this.blocks.get(cid) : undefined
      if (block) response.end(block)
      else response.writeHead(404).end()
    }
  }
}

/** A block that stands in its CID. */
export function identity(bytes: Buffer, codec = 0x55): Block {
  const id = Buffer.concat([Buffer.of(1, codec, 0), varint(bytes.length), bytes])
  return { cid: CID.decode(id).toString(), id, bytes, size: bytes.length }
}

function number(tag: number, value: number): Buffer {
  return Buffer.concat([Buffer.of(tag << 3), varint(value)])
}

function field(tag: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of((tag << 3) | 2), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  const fives = bits.match(/.{1,5}/g) ?? []
  return fives.map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}

function base58(bytes: Buffer): string {
  let text = ''
  for (let n = BigInt(`0x${bytes.toString('hex')}`); n > 0n; n /= 58n)
    text = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'[Number(n % 58n)] + text
  return text
}
