import { readFile } from 'node:fs/promises'
import { sha256Hex } from '../protocol/sha256.ts'
import { decodeTensors, encodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import { type Findings, nextStep, type Opinion } from '../verdict/escalate.ts'
import type { Replayed } from '../verdict/form.ts'
import { nudged } from '../verdict/nudge.ts'
import type { Verdict } from '../verdict/verdict.ts'
import type { Matter } from './matter.ts'
import type { Pool, ReplayJob, ReplayOutcome } from './pool/pool.ts'
import { messageOf } from './quote.ts'
import { checkTrace } from './trace.ts'

/** A verdict, and what was compared for whoever wants to show the two side by side. */
export interface Judgement {
  verdict: Verdict
  /** the first replay; absent where it failed, or its outputs had the posted hash */
  replayed?: Replayed
  /** what the node posted; present with `replayed` */
  posted?: NamedTensors
}

/**
 * Judges a posted result: replays it, compares, and escalates as `nextStep` says until the matter is settled.
 *
 * Order of runtimes: `fp32` native, then WASM (another build of every operator); `exact` WASM, the canonical runtime,
 * then WASM again; the second always in a fresh process.
 */
export async function judge(matter: Matter, pool: Pick<Pool, 'replay'>): Promise<Judgement> {
  const { modelHash, modelPath, input, rule, priority, postedHash } = matter
  // Most results need no more than this, so nothing is built here that only the others need.
  const job: ReplayJob = { modelHash, modelPath, input, runtime: rule.precision === 'exact' ? 'wasm' : 'native' }
  if (priority !== undefined) job.priority = priority
  if (postedHash !== undefined) job.expected = postedHash
  const first = firstOf(await pool.replay(job), job)
  const posted = first.kind === 'ran' ? await matter.posted() : nothing
  let findings: Findings = { rule, posted, first }
  for (;;) {
    const next = nextStep(findings)
    if (next.kind === 'settled')
      return { verdict: next.verdict, ...(first.kind === 'ran' ? { replayed: first.replayed, posted } : {}) }
    switch (next.what) {
      case 'variants':
        findings = { ...findings, variants: await askVariants(matter, pool) }
        break
      case 'second':
        findings = { ...findings, second: await ask(matter, pool, { runtime: 'wasm', fresh: true }) }
        break
      case 'trace':
        findings = { ...findings, trace: await checkTrace(matter, pool) }
    }
  }
}

const nothing: NamedTensors = new Map()

type Asked = Partial<ReplayJob> & Pick<ReplayJob, 'runtime'>

/** Small outputs come along although they are equal; their hash spares getting and decoding what was posted. */
function firstOf(outcome: ReplayOutcome, job: ReplayJob): Findings['first'] {
  if (outcome.kind !== 'outputs' || job.expected === undefined) return opinionOf(outcome, job)
  const hash = sha256Hex(outcome.encoded ?? encodeTensors(outcome.replayed.outputs))
  return hash === job.expected ? { kind: 'equal', runtime: outcome.runtime } : opinionOf(outcome, job)
}

async function ask(matter: Matter, pool: Pick<Pool, 'replay'>, how: Asked): Promise<Opinion> {
  const { modelHash, modelPath, input, priority } = matter
  const job = { modelHash, modelPath, input, ...(priority === undefined ? {} : { priority }) }
  const opinion = opinionOf(await pool.replay({ ...job, ...how }), how)
  if (opinion.kind === 'equal') throw new Error('equal to nothing that was expected')
  return opinion
}

function opinionOf(outcome: ReplayOutcome, { fresh }: Asked): Findings['first'] {
  if (outcome.kind === 'failed') return { ...outcome, reason: `the model could not be run: ${outcome.reason}` }
  const runtime = fresh ? `${outcome.runtime}, fresh process` : outcome.runtime
  return outcome.kind === 'equal' ? { ...outcome, runtime } : { kind: 'ran', replayed: outcome.replayed, runtime }
}

/** Set-ups of the native runtime that are as honest as the canonical one, and the canonical one on nudged inputs. */
async function askVariants(matter: Matter, pool: Pick<Pool, 'replay'>): Promise<Opinion[]> {
  return Promise.all([
    ask(matter, pool, { runtime: 'native', variant: 'basic' }),
    ask(matter, pool, { runtime: 'native', variant: 'all' }),
    ask(matter, pool, { runtime: 'native', variant: 'noPrepacking' }),
    nudge(matter.input).then(
      (inputs) => ask(matter, pool, { runtime: 'native', input: inputs }),
      (error: unknown): Opinion => ({ kind: 'failed', reason: messageOf(error), retryable: false }),
    ),
  ])
}

async function nudge(input: Matter['input']): Promise<Uint8Array> {
  const bytes = typeof input === 'string' ? await readFile(input) : input
  return encodeTensors(nudged(decodeTensors(bytes)))
}
