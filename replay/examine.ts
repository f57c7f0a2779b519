import type { Hex } from 'viem'
import { decodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import type { Rule, Verdict } from '../verdict/verdict.ts'
import { ArtifactError, type ArtifactReference, type Artifacts } from './artifacts/artifacts.ts'
import { type Judgement, judge } from './judge.ts'
import type { Matter } from './matter.ts'
import type { Pool } from './pool/pool.ts'
import { messageOf } from './quote.ts'

/** A posted result and everything it refers to. */
export interface Claim {
  model: { hash: Hex; uri: string }
  input: ArtifactReference
  output: ArtifactReference
  rule: Rule
  /** what the node has revealed: a commitment, and where it says the trace is */
  trace?: { root: Hex; uri: string }
  /** smaller is more urgent, e.g. the deadline */
  priority?: number
}

/** A verdict, the wall time it took in ms, and what was compared, where outputs differed. */
export interface Examined {
  verdict: Verdict
  ms: number
  compared?: { posted: NamedTensors; replayed: NamedTensors }
}

/** Why no verdict can be reached; the message is a sentence. */
class Undetermined extends Error {
  readonly retryable: boolean
  constructor(message: string, retryable: boolean) {
    super(message)
    this.retryable = retryable
  }
}

/**
 * Examines a posted result: fetches and verifies its model and input, and its output unless the replay gives one of the
 * same hash, and judges it. Never throws: what could
 * not be fetched, verified, decoded or run is `undetermined`, with a sentence that says what.
 */
export async function examine(claim: Claim, tools: { artifacts: Artifacts; pool: Pool }): Promise<Examined> {
  const start = performance.now()
  let verdict: Verdict
  let compared: Examined['compared']
  try {
    const judgement = await examined(claim, tools)
    verdict = judgement.verdict
    const { posted, replayed } = judgement
    if (posted && replayed) compared = { posted, replayed: replayed.outputs }
  } catch (error) {
    const known = error instanceof Undetermined
    verdict = {
      kind: 'undetermined',
      step: null,
      reason: known ? error.message : `unexpected: ${messageOf(error)}`,
      retryable: known && error.retryable,
      runtimes: [],
    }
  }
  const ms = performance.now() - start
  return compared ? { verdict, ms, compared } : { verdict, ms }
}

async function examined(claim: Claim, { artifacts, pool }: { artifacts: Artifacts; pool: Pool }): Promise<Judgement> {
  const [modelPath, input] = await Promise.all([
    obtain('model', artifacts.pathFor(claim.model)),
    obtain('input', inputOf(claim.input, artifacts)),
  ])
  const { rule, priority, trace, output } = claim
  // Written out, as in the pool: an object that begins with a spread takes V8 microseconds to build.
  const matter: Matter = {
    modelHash: claim.model.hash,
    modelPath,
    input,
    rule,
    postedHash: output.hash.toLowerCase(),
    posted: async () => decode('output', await obtain('output', artifacts.fetch(output))),
  }
  if (priority !== undefined) matter.priority = priority
  if (trace) matter.trace = async () => ({ root: trace.root, bytes: await artifacts.fetchUnhashed(trace.uri) })
  return judge(matter, pool)
}

/** Bytes that are at hand travel as bytes; a file as its path, so that only the child that needs it reads it. */
async function inputOf(input: ArtifactReference, artifacts: Artifacts): Promise<Uint8Array | string> {
  if (input.data && input.data.length > 0) return artifacts.fetch(input)
  try {
    return await artifacts.pathFor(input)
  } catch (error) {
    // A full disk is no reason not to judge what fits into memory.
    if (error instanceof ArtifactError && error.code === 'disk') return artifacts.fetch(input)
    throw error
  }
}

async function obtain<T>(what: string, fetching: Promise<T>): Promise<T> {
  try {
    return await fetching
  } catch (error) {
    const retryable = error instanceof ArtifactError && error.retryable
    throw new Undetermined(`the ${what} could not be had: ${messageOf(error)}`, retryable)
  }
}

function decode(what: string, bytes: Uint8Array) {
  try {
    return decodeTensors(bytes)
  } catch (error) {
    throw new Undetermined(`the ${what} is not a set of tensors (${messageOf(error)})`, false)
  }
}
