import { setImmediate as nextTurn } from 'node:timers/promises'
import { decode, type PBLink } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { DAG_PB, RAW } from './cid.ts'
import { ArtifactError, tooLarge } from './error.ts'

/** How deep a file's tree may be. 174 links a node, as most software makes them, fill a petabyte with 8. */
const MAX_DEPTH = 32
/** How many blocks one file may have, those counted again that occur again: 512 MiB in pieces of 10 KiB. */
const MAX_BLOCKS = 50_000
/** How many links one node may have: decoding takes 10 µs each, and nothing else runs meanwhile. */
const MAX_LINKS = 8192
/** What the nodes of one file may take together, besides the file's bytes. */
const MAX_NODE_BYTES = 16 * 2 ** 20
/** Blocks that are asked for before they are needed. */
const AHEAD = 8

/** Where blocks come from: each has the hash of its CID, or the promise fails. */
export type GetBlock = (cid: CID) => Promise<Uint8Array>

/** Bounds on reading a file. */
export interface FileLimits {
  /** what messages call it, safe to print */
  name: string
  maxBytes: number
  /** fails when the time is over */
  signal: AbortSignal
}

interface Node {
  /** the file's bytes that stand in this block, before those of the links */
  data: Uint8Array
  links: readonly PBLink[]
  /** what the node says that each link's part of the file has */
  sizes: readonly bigint[]
  /** bytes of the block that are not the file's */
  overhead: number
}

/** One link on its way to be read. */
interface Visit {
  cid: CID
  depth: number
  block?: Promise<Uint8Array>
  /** the links above whose parts of the file this one belongs to, the nearest first */
  within?: Part | undefined
}

/** A part of the file beneath one link: the bytes that are still missing, as the node above it says. */
interface Part {
  left: bigint
  within: Part | undefined
}

/**
 * The bytes of a UnixFS file, in order. Its tree is walked depth first; the next few blocks are asked for ahead, and no
 * more are held than those. Every size a node states has to be right, or others would read another file under this name.
 *
 * @throws ArtifactError `unsupportedUri` when the tree is no file or beyond the bounds above, `tooLarge`, what `get` throws
 * @see https://specs.ipfs.tech/unixfs/
 */
export async function* fileBytes(root: CID, get: GetBlock, limits: FileLimits): AsyncGenerator<Uint8Array> {
  const stack: Visit[] = [{ cid: root, depth: 0 }]
  const turns = new Turns(limits)
  let asked = 0
  let blocks = 0
  let bytes = 0
  let overhead = 0
  const ask = (visit: Visit) => {
    asked++
    const block = get(visit.cid)
    block.catch(() => {})
    visit.block = block
  }
  for (let visit = stack.pop(); visit; visit = stack.pop()) {
    await turns.next()
    if (++blocks > MAX_BLOCKS) throw refused(limits.name, `has more than ${MAX_BLOCKS} blocks`)
    if (!visit.block) ask(visit)
    for (let i = stack.length - 1; i >= 0 && i >= stack.length - AHEAD && asked < AHEAD; i--) {
      const next = stack[i] as Visit
      if (!next.block) ask(next)
    }
    const node = readFileNode(visit.cid, await (visit.block as Promise<Uint8Array>), limits.name)
    asked--
    overhead += node.overhead
    if (overhead > MAX_NODE_BYTES) throw refused(limits.name, `has nodes of more than ${MAX_NODE_BYTES} bytes`)
    if (node.links.length > 0 && visit.depth >= MAX_DEPTH)
      throw refused(limits.name, `is a tree of more than ${MAX_DEPTH} levels`)
    const announced = node.sizes.reduce((sum, size) => sum + size, BigInt(bytes + node.data.length))
    if (announced > BigInt(limits.maxBytes)) throw tooLarge(limits.name, limits.maxBytes)
    bytes += node.data.length
    count(visit.within, BigInt(node.data.length), limits.name)
    // A link whose part is complete has to be so when the last block beneath it was read: when what follows begins.
    node.links.forEach((_, i) => {
      const at = node.links.length - 1 - i
      const part = { left: node.sizes[at] as bigint, within: visit.within }
      stack.push({ cid: (node.links[at] as PBLink).Hash as CID, depth: (visit as Visit).depth + 1, within: part })
    })
    if (node.links.length === 0) requireComplete(visit, stack.at(-1), limits.name)
    if (node.data.length > 0) yield node.data
  }
}

function count(part: Part | undefined, bytes: bigint, name: string): void {
  for (let at = part; at; at = at.within) {
    at.left -= bytes
    if (at.left < 0n) throw refused(name, 'has more bytes than its tree says')
  }
}

/** All parts that end with this block: those that the next one does not belong to. */
function requireComplete(ended: Visit, next: Visit | undefined, name: string): void {
  const open = new Set<Part>()
  for (let at = next?.within?.within; at; at = at.within) open.add(at)
  for (let at = ended.within; at && !open.has(at); at = at.within)
    if (at.left !== 0n) throw refused(name, 'has fewer bytes than its tree says')
}

/**
 * The CID of the file that a path leads to, from a folder's CID down.
 *
 * @throws ArtifactError `unsupportedUri` when there is no such file, or a folder on the way is of a kind that is not read
 */
export async function findFile(root: CID, path: readonly string[], get: GetBlock, limits: FileLimits): Promise<CID> {
  const turns = new Turns(limits)
  let cid = root
  for (const [i, segment] of path.entries()) {
    await turns.next()
    if (i >= MAX_DEPTH) throw refused(limits.name, `lies beneath more than ${MAX_DEPTH} folders`)
    const folder = cid.code === DAG_PB ? readNode(await get(cid), limits.name) : undefined
    if (folder?.type === 'hamt-sharded-directory')
      throw refused(limits.name, 'lies in a folder that is spread over blocks (HAMT): name the file by its own CID')
    if (folder?.type !== 'directory') throw refused(limits.name, 'has a path through what is no folder')
    const found = folder.links.filter(({ Name }) => Name === segment)
    if (found.length !== 1) throw refused(limits.name, `is there ${found.length} times: its folder must name it once`)
    cid = (found[0] as PBLink).Hash as CID
  }
  return cid
}

function readFileNode(cid: CID, block: Uint8Array, name: string): Node {
  if (cid.code === RAW) return { data: block, links: [], sizes: [], overhead: 0 }
  if (cid.code !== DAG_PB)
    throw refused(name, `has a block of kind 0x${cid.code.toString(16)}, neither file nor raw bytes`)
  const { type, ...node } = readNode(block, name)
  if (type === 'directory' || type === 'hamt-sharded-directory')
    throw refused(name, 'is a folder: name a file in it, as ipfs://<CID>/<path>')
  if (type !== 'file' && type !== 'raw') throw refused(name, `is a ${type}, not a file`)
  if (node.sizes.length !== node.links.length)
    throw refused(name, `says the sizes of ${node.sizes.length} parts, and has ${node.links.length}`)
  return node
}

function readNode(block: Uint8Array, name: string): Node & { type: string } {
  if (countLinks(block) > MAX_LINKS) throw refused(name, `has a node of more than ${MAX_LINKS} links`)
  try {
    const { Data, Links } = decode(block)
    if (!Data) throw new Error('there is no UnixFS data')
    const { type, data = new Uint8Array(), blockSizes } = UnixFS.unmarshal(Data)
    return { type, data, links: Links, sizes: blockSizes, overhead: block.length - data.length }
  } catch {
    throw refused(name, 'has a block that is no UnixFS node')
  }
}

/** How many fields of type `Links` a node has, without decoding them; as far as it can be read. */
function countLinks(block: Uint8Array): number {
  let links = 0
  for (let at = 0; at < block.length; ) {
    if (block[at++] === 0x12) links++
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = block[at++]
      if (byte === undefined || shift > 28) return links
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    at += length
  }
  return links
}

/** Lets others run now and then: blocks that are there already are read without waiting. */
class Turns {
  readonly #limits: FileLimits
  #since = performance.now()

  constructor(limits: FileLimits) {
    this.#limits = limits
  }

  /** @throws ArtifactError `unreachable` when the time is over */
  async next(): Promise<void> {
    if (performance.now() - this.#since > 10) {
      await nextTurn()
      this.#since = performance.now()
    }
    const { name, signal } = this.#limits
    if (signal.aborted) throw new ArtifactError('unreachable', `${name} was not complete in time`)
  }
}

function refused(name: string, why: string): ArtifactError {
  return new ArtifactError('unsupportedUri', `${name} ${why}`)
}
