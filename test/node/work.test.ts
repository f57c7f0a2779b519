import { expect, it } from 'vitest'
import { bytesOf, MAX_INLINE_BYTES, payloadOf, sha256Hex } from '../../node/payload.ts'
import { onceDone, workOn } from '../../node/work.ts'
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

const trace = [{ name: 'y', tensor: tensor(3) }]
const root = `0x${'17'.repeat(32)}` as const

/** Work whose answer is known, and what came of it. */
function watched({ publishes }: { publishes: boolean }) {
  const seen = { traced: 0, published: [] as Uint8Array[] }
  const answer = async () => ({
    outputs: new Map([['y', tensor(3)]]),
    dishonest: null,
    reveal: true,
    publishes,
    trace: async () => {
      seen.traced++
      return { trace, root }
    },
  })
  return { seen, work: workOn(answer, async (bytes) => `memory:${seen.published.push(bytes)}`) }
}

it('computes the trace only when it is to be revealed', async () => {
  const { seen, work } = watched({ publishes: true })
  expect((await work.output()).uri).toBe('')
  expect([seen.traced, seen.published.length]).toEqual([0, 0])
  expect(await work.reveal()).toEqual({ root, uri: 'memory:1' })
  await work.reveal()
  expect(seen.traced).toBe(1)
  expect(unpackTrace(seen.published[0] as Uint8Array, 1000)).toEqual(trace)
})

it('reveals the root alone of a trace that is withheld', async () => {
  const { seen, work } = watched({ publishes: false })
  expect(await work.reveal()).toEqual({ root, uri: 'https://withheld.invalid/' })
  expect(seen.published).toEqual([])
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
