import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import pino from 'pino'
import { describe, expect, test } from 'vitest'
import { openJournal } from '../../journal/open.ts'
import { type VerdictRow, verdictsOf } from '../../journal/queries.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import type { ArtifactReference } from '../../replay/artifacts/artifacts.ts'
import { archiver } from '../../watcher/archive.ts'
import type { Collected } from '../../watcher/collect.ts'
import type { IndexedRequest } from '../../watcher/index-client.ts'
import { claimOf, isDue, judge, retryDelay } from '../../watcher/judge.ts'

const hash = (digit: string) => `0x${digit.repeat(64)}` as const
const reveal = { challenger: { id: '0x01' }, traceRoot: hash('7'), traceUri: 'https://example.org/trace' }

function collected(challenge: unknown = null): Collected {
  const result = {
    id: hash('1'),
    outputHash: hash('2'),
    outputUri: '',
    output: '0x01',
    status: 'posted',
    request: { inputHash: hash('3'), inputUri: '', input: '0x02' },
    model: { modelHash: hash('4'), uri: 'https://example.org/model', precision: 'fp32', tolerance: 10n ** 13n },
    challenge,
  }
  return { key: 'k', result } as unknown as Collected
}
const row = (parts: Partial<VerdictRow>) => ({ kind: 'valid', step: 'bytes', retryAt: null, ...parts }) as VerdictRow

describe('isDue', () => {
  test('once without a verdict, and never again after one that is final', () => {
    expect(isDue(undefined, collected(), 0)).toBe(true)
    for (const kind of ['valid', 'invalid', 'undetermined'] as const)
      expect(isDue(row({ kind }), collected(reveal), 1e15)).toBe(false)
  })

  test('again when the time has come', () => {
    const waiting = row({ kind: 'undetermined', step: null, retryAt: 1000 })
    expect(isDue(waiting, collected(), 999)).toBe(false)
    expect(isDue(waiting, collected(), 1000)).toBe(true)
  })

  test('again when the runtimes left it open and there is a trace now, but not after the trace was looked at', () => {
    const open = row({ kind: 'undetermined', step: 'second' })
    expect(isDue(open, collected(), 0)).toBe(false)
    expect(isDue(open, collected({ ...reveal, traceRoot: null }), 0)).toBe(false)
    expect(isDue(open, collected(reveal), 0)).toBe(true)
    expect(isDue({ ...open, step: 'trace' }, collected(reveal), 0)).toBe(false)
  })
})

describe('judge', () => {
  const nowhere = () => Promise.reject(new Error('nowhere'))

  test('gives its place up before the verdict is on disk, and ends after that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gainsay-judge-'))
    const journal = await openJournal(join(folder, 'journal.db'))
    try {
      await journal
        .insertInto('observation')
        .values({
          ...{ key: 'k', resultId: '0x', requestId: '0x', modelId: '0x', node: '0x', blockNumber: 1, blockHash: '0x' },
          ...{ settlement: null, seenAt: 0, vanishedAt: null },
        })
        .execute()
      const it = { artifacts: { pathFor: nowhere }, pool: {}, journal, log: pino({ enabled: false }), clock: () => 7 }
      let inPlace: Map<string, unknown> | undefined
      await judge(it as never, collected(), 0, new AbortController().signal, async (replay) => {
        const examined = await replay()
        inPlace = await verdictsOf(journal, ['k'])
        return examined
      })
      expect(inPlace?.size).toBe(0)
      expect((await verdictsOf(journal, ['k'])).get('k')).toMatchObject({ kind: 'undetermined', judgedAt: 7 })
    } finally {
      await journal.destroy()
      rmSync(folder, { recursive: true })
    }
  })

  test('keeps some of what differed, for the pages, and nothing of what was equal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gainsay-judge-'))
    const journal = await openJournal(join(folder, 'journal.db'))
    const tensor = (value: number) =>
      ({ dtype: 'float32', dims: [1], data: new Uint8Array(Float32Array.of(value).buffer) }) as const
    const outputs = (value: number) => new Map([['y', tensor(value)]])
    try {
      for (const [key, posted] of [
        ['wrong', 2],
        ['right', 1],
      ] as const) {
        const about = {
          key,
          resultId: key,
          requestId: '0x',
          modelId: '0x',
          node: '0x',
          blockNumber: 1,
          blockHash: '0x',
        }
        await journal
          .insertInto('observation')
          .values({ ...about, settlement: null, seenAt: 0, vanishedAt: null })
          .execute()
        const it = {
          artifacts: { pathFor: async () => 'model', fetch: async () => encodeTensors(outputs(posted)) },
          pool: {
            replay: async () => ({
              ...{ kind: 'outputs', runtime: 'a runtime', ms: 1 },
              replayed: { outputs: outputs(1), forms: new Map(), scores: new Map() },
            }),
          },
          ...{ journal, log: pino({ enabled: false }), clock: () => 7 },
        }
        const { result } = collected()
        const exact = { ...result, model: { ...result.model, precision: 'exact' } }
        await judge(it as never, { key, result: exact } as Collected, 0, new AbortController().signal)
      }
      const verdicts = await verdictsOf(journal, ['wrong', 'right'])
      expect(verdicts.get('wrong')?.kind).toBe('invalid')
      expect(verdicts.get('right')?.kind).toBe('valid')
      const kept = await journal.selectFrom('preview').selectAll().orderBy('side').execute()
      expect(
        kept.map(({ observationKey, side, name, data }) => [
          observationKey,
          side,
          name,
          Buffer.from(data).readFloatLE(),
        ]),
      ).toEqual([
        ['wrong', 'posted', 'y', 2],
        ['wrong', 'replayed', 'y', 1],
      ])
    } finally {
      await journal.destroy()
      rmSync(folder, { recursive: true })
    }
  })

  test('begins nothing when its turn comes after the abort', async () => {
    let begun = false
    const pathFor = () => {
      begun = true
      return nowhere()
    }
    await judge({ artifacts: { pathFor } } as never, collected(), 0, AbortSignal.abort())
    expect(begun).toBe(false)
  })
})

test('the delay between tries grows, from seconds to an hour', () => {
  expect(retryDelay(0)).toBe(5000)
  expect(retryDelay(1000)).toBe(3_600_000)
  fc.assert(fc.property(fc.nat(100), (tries) => retryDelay(tries + 1) >= retryDelay(tries)))
})

test('a claim names the trace once there is one', () => {
  expect(claimOf(collected().result).trace).toBeUndefined()
  expect(claimOf(collected(reveal).result).trace).toEqual({ root: reveal.traceRoot, uri: reveal.traceUri })
})

describe('archiver', () => {
  const request = {
    ...{ id: hash('5'), inputHash: hash('6'), inputUri: 'https://example.org/input', input: null },
    model: { modelHash: hash('4'), uri: 'https://example.org/model' },
  } as IndexedRequest

  function watched(fails = false) {
    const fetched: string[] = []
    const kept: string[][] = []
    const artifacts = {
      async pathFor(reference: ArtifactReference) {
        fetched.push(reference.hash)
        if (fails) throw new Error('away')
        return ''
      },
      async keep(hashes: Iterable<string>) {
        kept.push([...hashes])
      },
    }
    return { fetched, kept, archive: archiver({ artifacts, log: pino({ level: 'silent' }) } as never) }
  }

  test('fetches what is named by address, once, and keeps all that is open', async () => {
    const { fetched, kept, archive } = watched()
    archive([collected()], [request])
    archive([collected()], [request])
    await sleep(10)
    expect(fetched).toEqual([hash('4'), hash('6')])
    expect(kept[0]).toEqual([hash('4'), hash('3'), hash('2'), hash('4'), hash('6')])
  })

  test('lets go of what is no longer open, and fetches it again should it come back', async () => {
    const { fetched, kept, archive } = watched()
    archive([], [request])
    archive([], [])
    archive([], [request])
    await sleep(10)
    expect(kept.map((hashes) => hashes.length)).toEqual([2, 0, 2])
    expect(fetched).toHaveLength(4)
  })

  test('goes on when something cannot be had', async () => {
    const { fetched, archive } = watched(true)
    archive([], [request])
    await sleep(10)
    expect(fetched).toHaveLength(2)
  })
})
