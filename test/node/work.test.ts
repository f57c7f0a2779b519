import { expect, it } from 'vitest'
import { bytesOf, MAX_INLINE_BYTES, payloadOf, sha256Hex } from '../../node/payload.ts'
import { onceDone, workOn } from '../../node/work.ts'
import { CommittedTrace } from '../../protocol/proof/commit-trace.ts'
import { CommittedTensor } from '../../protocol/proof/opening.ts'
import { unpackTrace } from '../../protocol/trace.ts'

const tensor = (length: number) => ({ dtype: 'uint8' as const, dims: [length], data: new Uint8Array(length) })

it('computes once for all who ask at a time, and again after a failure', async () => {
  let calls = 0
  const make = onceDone(async () => {
    if (++calls === 1) throw new Error('not yet')
    return calls
  })
  const first = await Promise.allSettled([make(), make()])
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(calls).toBe(1)
  expect(await Promise.all([make(), make()])).toEqual([2, 2])
  expect(await make()).toBe(2)
})

const graph = {
  ...{ operators: 1, inputs: 0, entries: 1 },
  ...{ operatorsRoot: new Uint8Array(32), inputsHash: new Uint8Array(32), outputsHash: new Uint8Array(32) },
}

it('computes the trace only when it is to be revealed, and again only when it was let go', async () => {
  let traced = 0
  const published: Uint8Array[] = []
  const trace = [{ name: 'y', tensor: tensor(600) }]
  const committed = new CommittedTrace([new CommittedTensor(tensor(600), -1)])
  const work = workOn(
    async () => ({
      outputs: new Map([['y', tensor(3)]]),
      dishonest: null,
      reveal: true,
      publishes: true,
      trace: async () => {
        traced++
        return { trace, root: committed.root, graph, committed }
      },
    }),
    async (bytes) => `memory:${published.push(bytes)}`,
  )
  expect((await work.output()).uri).toBe('')
  expect([traced, published.length]).toEqual([0, 0])
  expect(await work.reveal()).toEqual({ root: committed.root, uri: 'memory:1' })
  await work.reveal()
  const chunks = await work.supply({ entry: 0, first: 1, count: 2 })
  expect(traced).toBe(1)
  expect(unpackTrace(published[0] as Uint8Array, 10_000)).toEqual(trace)
  expect(chunks.length).toBeGreaterThan((await work.supply({ entry: 0, first: 0, count: 0 })).length)
  work.release()
  expect(await work.supply({ entry: 0, first: 1, count: 2 })).toBe(chunks)
  expect([traced, published.length]).toEqual([2, 1])
})

it('posts small payloads inline and publishes large ones', async () => {
  const publish = async (bytes: Uint8Array) => `memory:${bytes.length}`
  const small = await payloadOf(new Uint8Array(MAX_INLINE_BYTES), publish)
  expect([small.uri, small.data.length]).toEqual(['', 2 + 2 * MAX_INLINE_BYTES])
  const large = await payloadOf(new Uint8Array(MAX_INLINE_BYTES + 1), publish)
  expect(large).toEqual({ hash: sha256Hex(new Uint8Array(MAX_INLINE_BYTES + 1)), uri: 'memory:4097', data: '0x' })
})

it('takes inline bytes from the payload, others from where they are, and none with another hash', async () => {
  const bytes = Uint8Array.of(1, 2, 3)
  const hash = sha256Hex(bytes)
  const fetched = async ({ data }: { data?: Uint8Array }) => data ?? bytes
  expect(await bytesOf({ hash, uri: '', data: '0x010203' }, fetched)).toEqual(bytes)
  expect(await bytesOf({ hash, uri: 'somewhere', data: '0x' }, fetched)).toEqual(bytes)
  await expect(bytesOf({ hash, uri: '', data: '0x010204' }, fetched)).rejects.toThrow('does not have the hash')
})
