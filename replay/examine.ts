import type { Hex } from 'viem'
import { decodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import { compare } from '../verdict/compare.ts'
import { decide, type Opinion } from '../verdict/decide.ts'
import type { Rule, Verdict } from '../verdict/verdict.ts'
import type { ArtifactReference, Artifacts } from './artifacts.ts'
import type { Pool, ReplayJob } from './pool.ts'
import { messageOf } from './quote.ts'

/** A posted result and everything it refers to. */
export interface Claim {
  model: { hash: Hex; uri: string }
  input: ArtifactReference
  output: ArtifactReference
  rule: Rule
}

/** Why no verdict can be reached; the message is a sentence. */
class Undetermined extends Error {}

/**
 * Examines a posted result: fetches and verifies its model, input and output, replays it and compares, with a second,
 * independent replay before anything is called invalid. Never throws: what could not be fetched, verified, decoded or
 * run is `undetermined`, with a sentence that says what.
 *
 * Order of runtimes: `fp32` native, then WASM (another build of every operator); `exact` WASM, the canonical runtime,
 * then WASM again; the second always in a fresh process.
 *
 * @returns the verdict, and the wall time it took in ms
 */
export async function examine(
  claim: Claim,
  tools: { artifacts: Artifacts; pool: Pool },
): Promise<{ verdict: Verdict; ms: number }> {
  const start = performance.now()
  let verdict: Verdict
  try {
    verdict = await judge(claim, tools)
  } catch (error) {
    const reason = error instanceof Undetermined ? error.message : `unexpected: ${messageOf(error)}`
    verdict = { kind: 'undetermined', reason, runtimes: [] }
  }
  return { verdict, ms: performance.now() - start }
}

async function judge(claim: Claim, { artifacts, pool }: { artifacts: Artifacts; pool: Pool }): Promise<Verdict> {
  const [, input, output] = await Promise.all([
    obtain('model', claim.model, artifacts),
    obtain('input', claim.input, artifacts),
    obtain('output', claim.output, artifacts),
  ])
  const inputs = decode('input', input)
  const posted = decode('output', output)
  const modelPath = artifacts.pathOf(claim.model.hash)

  const ask = async (how: Pick<ReplayJob, 'runtime' | 'fresh'>): Promise<Opinion> => {
    const outcome = await pool.replay({ modelHash: claim.model.hash, modelPath, inputs, ...how })
    if (outcome.kind === 'failed') return { kind: 'failed', reason: `the model could not be run: ${outcome.reason}` }
    const comparison = compare(posted, outcome.outputs, claim.rule)
    const runtime = how.fresh ? `${outcome.runtime}, fresh process` : outcome.runtime
    return { kind: 'compared', comparison, replayed: outcome.outputs, runtime }
  }

  const exact = claim.rule.precision === 'exact'
  const opinions = [await ask({ runtime: exact ? 'wasm' : 'native' })]
  let decision = decide(opinions, claim.rule)
  if (decision.kind === 'askSecond') {
    opinions.push(await ask({ runtime: 'wasm', fresh: true }))
    decision = decide(opinions, claim.rule)
  }
  if (decision.kind === 'askSecond') throw new Error('two opinions did not settle the matter')
  return decision.verdict
}

async function obtain(what: string, reference: ArtifactReference, artifacts: Artifacts): Promise<Uint8Array> {
  try {
    return await artifacts.fetch(reference)
  } catch (error) {
    throw new Undetermined(`the ${what} could not be had: ${messageOf(error)}`)
  }
}

function decode(what: string, bytes: Uint8Array): NamedTensors {
  try {
    return decodeTensors(bytes)
  } catch (error) {
    throw new Undetermined(`the ${what} is not a set of tensors (${messageOf(error)})`)
  }
}
