import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { privateKeyToAccount } from 'viem/accounts'
import { type Journal, openJournal } from '../../journal/open.ts'
import { recordObservation } from '../../journal/queries.ts'
import { recordVerdict } from '../../journal/record-verdict.ts'
import { attesterOf } from '../../keys/attester.ts'
import { observationKey } from '../../protocol/observation.ts'
import {
  type AttestedResult,
  type Attesting,
  intendAttestations,
  noteResults,
  signAttestations,
} from '../../watcher/attest.ts'

/** Whose attestations the tests make. */
export const account = privateKeyToAccount(`0x${'42'.repeat(32)}`)

/** 32 bytes that stand for this number. */
export const word = (n: number, kind = 'a') => `0x${kind}${n.toString(16).padStart(63, '0')}` as `0x${string}`

/** The n-th result of OpenGradient, ten to a block. */
export function resultOf(n: number): AttestedResult {
  const blockNumber = 100 + Math.floor(n / 10)
  const event = { chainId: 10740, blockHash: word(blockNumber, 'b'), transactionHash: word(n, 'c'), logIndex: n % 10 }
  return {
    ...{ ...event, key: observationKey(event), network: 'opengradient', blockNumber, resultId: word(n, 'd') },
    ...{ modelHash: word(n % 3, 'e'), inputHash: word(n, 'f'), outputHash: word(n, '9'), precision: 'fp32' },
  }
}

/** Records that a result was seen and judged. */
export async function judged(
  journal: Journal,
  { key, resultId, blockNumber, blockHash }: AttestedResult,
  kind: 'valid' | 'invalid' | 'undetermined' = 'valid',
  judgedAt = 1_700_000_000_500,
): Promise<void> {
  const about = { requestId: resultId, modelId: word(1), node: word(2), settlement: null }
  await recordObservation(journal, { ...{ key, resultId, blockNumber, blockHash }, ...about }, 1)
  await recordVerdict(journal, {
    ...{ observationKey: key, kind, step: 'distance', output: 'y', distance: kind === 'valid' ? 2.5e-7 : null },
    ...{ tolerance: 1e-5, reason: kind === 'undetermined' ? 'no model' : null, ms: 1, judgedAt, retryAt: null },
    ...{ evidence: kind === 'invalid' ? '{}' : null, runtimes: '["onnxruntime-node 1.30.0"]' },
  })
}

/** A chain that a test moves: blocks as `resultOf` has them, but for those that it took away. */
export function movedChain(head: bigint) {
  const taken = new Set<number>()
  const chain = {
    head: async () => chain.at,
    hashAt: async (block: bigint) => (taken.has(Number(block)) ? word(1, '0') : word(Number(block), 'b')),
    at: head,
    taken,
  }
  return chain
}

/** A journal of its own in a new folder. */
export function newJournal(folder = mkdtempSync(join(tmpdir(), 'gainsay-attest-'))): Promise<Journal> {
  return openJournal(join(folder, 'journal.sqlite'))
}

/** What the attesting step works with, on a journal and a chain of the test's. */
export function attesting(journal: Journal, chain: ReturnType<typeof movedChain>): Attesting {
  return {
    ...{ journal, attester: attesterOf(account), log: pino({ level: 'silent' }), clock: () => 1_700_000_100_000 },
    ...{ depth: 30, engine: 'gainsay 0.1.0', chains: { opengradient: chain } },
  }
}

/** Intends attestations of these results, as far as they are judged. */
export async function intend(it: Attesting, results: readonly AttestedResult[]): Promise<void> {
  await noteResults(it, results)
  await intendAttestations(it)
}

/** Fills a journal with signed attestations of so many results, every seventh invalid. */
export async function attestMany(journal: Journal, count: number): Promise<AttestedResult[]> {
  const all = Array.from({ length: count }, (_, n) => resultOf(n))
  await Promise.all(all.map((one, n) => judged(journal, one, n % 7 === 6 ? 'invalid' : 'valid', 1_700_000_000_500 + n)))
  const it = attesting(journal, movedChain(100_000n))
  await intend(it, all)
  await signAttestations(it)
  return all
}
