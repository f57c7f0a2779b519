import { pino } from 'pino'
import { createTestClient, http } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { otherChain } from '../../chain/connect.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { attestationsOf } from '../../journal/attestations.ts'
import type { Journal } from '../../journal/open.ts'
import { observationKey } from '../../protocol/observation.ts'
import { attestor, followedChain } from '../../watcher/attestor.ts'
import { attesting, judged, movedChain, newJournal, resultOf } from './support.ts'

let chain: LocalChain
let journal: Journal
beforeAll(async () => {
  chain = await startLocalChain({ blockTime: 1 })
  journal = await newJournal()
}, 60_000)
afterAll(async () => {
  await journal?.destroy()
  await chain?.stop()
})

test("looks at the followed network's own chain, and says in the background what it signed", async () => {
  const opengradient = followedChain(otherChain({ rpcUrls: [chain.rpcUrl], chainId: anvil.id }).client)
  const mine = createTestClient({ chain: anvil, mode: 'anvil', transport: http(chain.rpcUrl) })
  await mine.mine({ blocks: 40 })
  const blockHash = await opengradient.hashAt(5n)
  expect(blockHash).toMatch(/^0x[0-9a-f]{64}$/)
  expect(await opengradient.hashAt(1_000_000n)).toBeNull()
  const at = { ...resultOf(0), blockNumber: 5, blockHash: blockHash ?? '', chainId: anvil.id }
  const real = { ...at, key: observationKey(at) }
  // The same event, of a block that is not there.
  const gone = resultOf(1)
  const moved = { ...gone, blockNumber: 6 }
  for (const one of [real, moved]) await judged(journal, one)
  const it = { ...attesting(journal, movedChain(0n)), chains: { opengradient } }
  const attests = attestor(it, new AbortController().signal, 0)
  await attests.note([real, moved])
  attests.look()
  await attests.stop()
  expect((await attestationsOf(journal, [real.resultId, moved.resultId])).map(({ resultId }) => resultId)).toEqual([
    real.resultId,
  ])
})

test('the same trouble is said once, and not again until it was over', async () => {
  const log = pino({ level: 'silent' })
  const warn = vi.spyOn(log, 'warn')
  let fails = true
  const down = async () => {
    if (fails) throw new Error('down')
    return 1n
  }
  const it = { ...attesting(journal, movedChain(0n)), log, chains: { opengradient: { ...movedChain(0n), head: down } } }
  const attests = attestor(it, new AbortController().signal, 0)
  const look = async () => {
    attests.look()
    await attests.stop()
  }
  await look()
  await look()
  expect(warn).toHaveBeenCalledTimes(1)
  fails = false
  await look()
  fails = true
  await look()
  expect(warn).toHaveBeenCalledTimes(2)
})
