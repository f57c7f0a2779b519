import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type Hex, keccak256, stringToHex } from 'viem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Journal, openJournal } from '../../journal/open.ts'
import { observationKey } from '../../protocol/observation.ts'
import { IndexError } from '../../watcher/index-client.ts'
import { walker } from '../../watcher/recorded/walk.ts'

/** Rows of a page of the index below. */
const PAGE = 3

interface Row {
  chainId: number
  postedAt: number
  blockNumber: number
  blockHash: Hex
  transactionHash: Hex
  logIndex: number
  id: Hex
}

/** The results that the index has, oldest first. */
let chain: Row[]
/** of its blocks */
let hashes: Hex[]
let fork: number
/** what the index was asked for, and how many of the next requests it fails */
let served: number
let failing: number
let folder: string
let journal: Journal
let index: Server

beforeEach(async () => {
  ;[chain, hashes, fork, served, failing] = [[], [], 0, 0, 0]
  folder = mkdtempSync(join(tmpdir(), 'gainsay-walk-'))
  journal = await openJournal(join(folder, 'journal.sqlite'))
  index = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    if (failing-- > 0) return response.writeHead(503).end()
    failing = 0
    response.end(JSON.stringify({ data: { results: pageOf(JSON.parse(body).variables) } }))
  }).listen(0, '127.0.0.1')
  await new Promise((up) => index.once('listening', up))
})
afterEach(async () => {
  await journal.destroy()
  index.close()
  index.closeAllConnections()
  rmSync(folder, { recursive: true })
})

/** A page as the API gives it: of those from a second or a block on, in the order of their times. */
function pageOf({ where, after }: { where: Record<string, { from: string }>; after: string | null }) {
  const { postedAt, blockNumber } = where
  const all = chain.filter(
    (row) => row.postedAt >= Number(postedAt?.from ?? 0) && row.blockNumber >= Number(blockNumber?.from ?? 0),
  )
  const begin = Number(after ?? 0)
  const items = all.slice(begin, begin + PAGE)
  served += items.length
  const end = begin + items.length
  return {
    items: items.map(({ postedAt, blockNumber, ...row }) => ({
      ...row,
      ...{ network: 'opengradient', model: { id: '0x01' } },
      ...{ postedAt: String(postedAt), blockNumber: String(blockNumber) },
    })),
    endCursor: end < all.length ? String(end) : null,
  }
}

/** Adds a block with results, by the names of their transactions. */
function block(names: readonly string[]): void {
  // As in a chain, what is in a block and before it makes its hash.
  const blockHash = keccak256(stringToHex(`${hashes.at(-1)} ${fork} ${names}`))
  const head = hashes.push(blockHash)
  for (const [logIndex, name] of names.entries()) {
    const transactionHash = keccak256(stringToHex(name))
    const id = keccak256(stringToHex(`${name} ${logIndex}`))
    // Two blocks may have a second in common.
    const postedAt = 1000 + Math.floor(head / 2)
    chain.push({ chainId: 1, postedAt, blockNumber: head, blockHash, transactionHash, logIndex, id })
  }
}

/** Takes the last blocks away; the next ones are another fork's, or those of one that was there before. */
function undo(depth: number, to: number): void {
  fork = to
  hashes.splice(Math.max(0, hashes.length - depth))
  chain = chain.filter(({ blockNumber }) => blockNumber <= hashes.length)
}

const newWalker = () =>
  walker(
    {
      journal,
      clock: () => 0,
      config: { apiUrl: `http://127.0.0.1:${(index.address() as AddressInfo).port}` } as never,
    },
    'opengradient',
    new AbortController().signal,
  )

async function known(): Promise<string[]> {
  const rows = await journal.selectFrom('observation').select('key').where('vanishedAt', 'is', null).execute()
  return rows.map(({ key }) => key).sort()
}

const there = () => chain.map(observationKey).sort()

test('whatever reorgs, restarts and failures come in between, the journal has in the end what the chain has', async () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 4 })
  const reorg = fc.record({ what: fc.constant('reorg' as const), depth: fc.integer({ min: 1, max: 4 }), to: fc.nat(1) })
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ what: fc.constant('block' as const), names }) },
    { weight: 2, arbitrary: reorg },
    { weight: 4, arbitrary: fc.record({ what: fc.constant('walk' as const) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('restart' as const) }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('fail' as const), times: fc.integer({ min: 1, max: 2 }) }) },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      for (const table of ['observation', 'walk'] as const) await journal.deleteFrom(table).execute()
      ;[chain, hashes, fork, failing] = [[], [], 0, 0]
      let walk = newWalker()
      for (const one of steps) {
        if (one.what === 'block') block(one.names)
        else if (one.what === 'reorg') undo(one.depth, one.to)
        else if (one.what === 'restart') walk = newWalker()
        else if (one.what === 'fail') failing = one.times
        else
          await walk().catch((error: unknown) => {
            expect(error).toBeInstanceOf(IndexError)
          })
      }
      // What is gone is known once the chain has come further than it was.
      failing = 0
      while (hashes.length < 30) block([])
      block(['z'])
      for (let i = 0; i < 3; i++) await walk()
      expect(await known()).toEqual(there())
    }),
    { numRuns: 100 },
  )
})

test('what is known is not read again, and a restart reads the depth of a reorg', async () => {
  for (let i = 0; i < 400; i++) block([`${i}`])
  const walk = newWalker()
  await walk()
  expect(served).toBe(400)
  expect((await known()).length).toBe(400)
  await walk()
  // Those of the last second.
  expect(served).toBeLessThanOrEqual(402)
  served = 0
  await newWalker()()
  expect(served).toBe(257)
})

test('what a reorg took away and another one brings back is there again', async () => {
  const walk = newWalker()
  block(['a'])
  await walk()
  const [before] = await known()
  undo(1, 1)
  block(['b'])
  for (let i = 0; i < 2; i++) await walk()
  expect(await known()).not.toContain(before)
  undo(1, 0)
  block(['a'])
  for (let i = 0; i < 2; i++) await walk()
  expect(await known()).toEqual([before])
})
