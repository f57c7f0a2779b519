import notable from './notable-seeds.json' with { type: 'json' }
import type { ChaosOptions } from './summary.ts'

/** A seed that once found something, and what. */
export interface NotableSeed {
  seed: number
  found: string
}

/** Seeds that once found something: they stay in the short form for good. */
export const notableSeeds: readonly NotableSeed[] = notable

const SHORT_RUNS = 10

/**
 * What every commit is tested with: ten seeds, one after the other on one stage, since a chain, an index and a watcher take
 * longer to start than a short run does. The notable ones first, then others in order.
 */
export const shortForm: ChaosOptions = {
  seeds: shortSeeds(),
  ...{ minutes: 3, results: 30, hostile: 20, blockMs: 700, real: false },
}

function shortSeeds(): number[] {
  const seeds = [...new Set(notableSeeds.map(({ seed }) => seed))].slice(0, SHORT_RUNS)
  for (let seed = 1; seeds.length < SHORT_RUNS; seed++) if (!seeds.includes(seed)) seeds.push(seed)
  return seeds
}
