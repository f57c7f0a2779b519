import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sha256Hex } from '../../node/payload.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { judge } from '../../replay/judge.ts'
import type { ReplayOutcome } from '../../replay/pool/job.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Folder, firstOf } from '../replay/harness.ts'
import { float32, square } from '../replay/models.ts'
import { childrenOf } from '../replay/processes.ts'
import { hostileModels } from './hostile.ts'
import { mutants } from './mutate.ts'

// Models that mean harm, and models that are broken in thousands of ways, through the whole pool.

let folder: Folder
beforeAll(() => {
  folder = new Folder()
})
afterAll(() => folder.remove())

const TIMEOUT_MS = 4000

function jobFor(model: Uint8Array, inputs: NamedTensors) {
  const modelHash = sha256Hex(model)
  const modelPath = join(folder.path, modelHash)
  writeFileSync(modelPath, model)
  return { modelHash, modelPath, input: encodeTensors(inputs) }
}

describe('hostile models', () => {
  it.each(hostileModels())('$name blames nobody, within the limits', async ({ model, inputs, unguarded }) => {
    const pool = new Pool({ workers: 1, timeoutMs: TIMEOUT_MS, spare: false })
    const posted = async () => new Map([['y', float32([4])]])
    const rule = { precision: 'fp32', tolerance: 1e-4 } as const
    const start = performance.now()
    const { verdict } = await judge({ ...jobFor(model, inputs), posted, rule }, pool)
    const ms = performance.now() - start
    await pool.close()
    // Some of them are no more than slow or large, and give an output like any other model.
    if (unguarded !== 'result' && unguarded !== 'memory') expect(verdict.kind).toBe('undetermined')
    if (verdict.kind === 'undetermined') expect(verdict.reason.length).toBeGreaterThan(20)
    expect(ms).toBeLessThan(4 * (TIMEOUT_MS + 3000))
    expect(childrenOf()).toEqual([])
  })
})

describe('2,000 mutated models', () => {
  it('end with an answer or a reason, delay nobody by more than their own time, and leave no memory behind', {
    timeout: 600_000,
  }, async () => {
    const pool = new Pool({ workers: 2, timeoutMs: TIMEOUT_MS })
    const healthy = folder.job(square(), [3])
    const delays: number[] = []
    const counts = new Map<string, number>()
    const inHand = new Set<Promise<unknown>>()
    await pool.replay(healthy)
    globalThis.gc?.()
    const before = process.memoryUsage().rss
    let made = 0
    for (const { model, inputs, name } of mutants(2000, 'suite')) {
      made++
      const replaying = pool.replay({ ...jobFor(model, inputs), runtime: 'native' }).then((outcome) => {
        const kind = kindOf(outcome)
        counts.set(kind, (counts.get(kind) ?? 0) + 1)
        if (outcome.kind === 'failed') expect(outcome.reason.length, name).toBeGreaterThan(10)
      })
      inHand.add(replaying)
      void replaying.finally(() => inHand.delete(replaying))
      // Now and then somebody else's claim, with a deadline sooner than theirs.
      if (made % 20 === 0) {
        const start = performance.now()
        expect(firstOf(await pool.replay({ ...healthy, priority: -1 }))).toBe(9)
        delays.push(performance.now() - start)
      }
      if (inHand.size >= 32) await Promise.race(inHand)
    }
    await Promise.all(inHand)
    await pool.close()
    console.log('2,000 mutants:', Object.fromEntries(counts), 'longest wait of another job:', Math.max(...delays), 'ms')
    expect(made).toBe(2000)
    // What runs already may take its time; nothing that waits goes first.
    expect(Math.max(...delays)).toBeLessThan(2 * TIMEOUT_MS)
    expect(delays.sort((a, b) => a - b)[delays.length >> 1]).toBeLessThan(1000)
    expect(childrenOf()).toEqual([])
    globalThis.gc?.()
    // Of the mutants themselves, some two gigabytes in all, nothing stays.
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20)
  })
})

function kindOf(outcome: ReplayOutcome): string {
  if (outcome.kind !== 'failed') return 'runs'
  for (const [pattern, kind] of [
    [/did not finish/, 'too slow'],
    [/died/, 'killed its process'],
    [/runtime refused/, 'refused by the runtime'],
  ] as const)
    if (pattern.test(outcome.reason)) return kind
  return 'refused by the check'
}
