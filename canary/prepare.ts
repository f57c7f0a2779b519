import { readFile } from 'node:fs/promises'
import type { Hex } from 'viem'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Chain } from '../chain/connect.ts'
import { rules } from '../protocol/arithmetic/bounds.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { sha256Hex } from '../protocol/sha256.ts'
import { nameOf, precisions } from '../protocol/status.ts'
import { encodeTensors, type NamedTensors } from '../protocol/tensor.ts'
import type { Artifacts } from '../replay/artifacts/artifacts.ts'
import { examine } from '../replay/examine.ts'
import type { Pool } from '../replay/pool/pool.ts'
import { reasonOf } from '../verdict/reason.ts'
import { canWin } from '../watcher/decide.ts'
import { UnfitModelError } from './errors.ts'
import { madeUpInput, wrongOutputs } from './made-up.ts'

/** What a canary asks for, and what it posts. `encodeTensors` bytes. */
export interface Lie {
  input: Uint8Array
  output: Uint8Array
}

/** Largest input, and largest output, in bytes: both go on chain. */
const MAX_BYTES = 16 * 1024

/**
 * Makes a canary's input and a wrong output for it, and works out that a watcher with the same settings would challenge it:
 * its replay and both runtimes call it invalid, and the rule that its model is registered with can win.
 *
 * @throws UnfitModelError when the model is not registered, cannot be had or run, or no wrong output of it would be challenged
 */
export async function prepareLie(
  modelId: Hex,
  seed: Uint8Array,
  tools: { chain: Pick<Chain, 'client' | 'contract'>; artifacts: Artifacts; pool: Pool; arbiters: ReadonlySet<string> },
): Promise<Lie> {
  const { chain, artifacts, pool, arbiters } = tools
  const unfit = (why: string) =>
    new UnfitModelError(`The model ${modelId} is no good for a canary: ${why}. Name another in GAINSAY_CANARY_MODEL.`)
  const call = { address: chain.contract, abi: gainsayAbi, functionName: 'modelOf', args: [modelId] } as const
  const model = await chain.client.readContract(call)
  if (BigInt(model.modelHash) === 0n) throw unfit('it is not registered with this contract')
  const modelPath = await artifacts.pathFor({ hash: model.modelHash, uri: model.uri }).catch((error: Error) => {
    throw unfit(`its file could not be had (${error.message})`)
  })
  const file = new Uint8Array(await readFile(modelPath))
  const tried = <T>(make: () => T): T => {
    try {
      return make()
    } catch (error) {
      throw unfit((error as Error).message)
    }
  }
  const { graph } = tried(() => committedModel(file))
  const inputOf = (name: string) =>
    tried(() => encodeTensors(madeUpInput(file, Buffer.concat([seed, Buffer.from(name)]))))
  const precision = nameOf(precisions, model.precision)
  const run = async (input: Uint8Array): Promise<NamedTensors> => {
    const job = { modelHash: model.modelHash, modelPath, input }
    const outcome = await pool.replay({ ...job, runtime: precision === 'exact' ? 'wasm' : 'native' })
    if (outcome.kind === 'outputs') return outcome.replayed.outputs
    throw unfit(`it cannot be run on a made-up input (${outcome.kind === 'failed' ? outcome.reason : outcome.kind})`)
  }

  const input = inputOf('input')
  if (input.length > MAX_BYTES) throw unfit(`its input has ${input.length} bytes, and at most ${MAX_BYTES} go on chain`)
  const honest = await run(input)
  const other = await run(inputOf('another input')).catch(() => undefined)
  const rule = { precision, tolerance: Number(model.tolerance) / 1e18 }
  const named = {
    rule: nameOf(rules, model.rule),
    graphRoot: model.graphRoot,
    arbiter: { id: model.arbiter.toLowerCase() },
  }
  const provability = { provable: graph.problems.length === 0 ? 1 : 0, graphRoot: graph.root }
  let why = ''
  for (const wrong of wrongOutputs(honest, other)) {
    const output = encodeTensors(wrong)
    if (output.length > MAX_BYTES)
      throw unfit(`its output has ${output.length} bytes, and at most ${MAX_BYTES} go on chain`)
    const { verdict } = await examine(
      {
        model: { hash: model.modelHash, uri: model.uri },
        input: { hash: sha256Hex(input), uri: '', data: input },
        output: { hash: sha256Hex(output), uri: '', data: output },
        rule,
      },
      { artifacts, pool },
    )
    if (verdict.kind !== 'invalid') {
      why = `a wrong output of it is judged ${verdict.kind} (${reasonOf(verdict)})`
      continue
    }
    const { distance, tolerance } = verdict.evidence
    const about = {
      result: { model: named },
      verdict: { kind: verdict.kind, distance, tolerance },
      provability,
      arbiters,
    }
    if (canWin(about as unknown as Parameters<typeof canWin>[0])) return { input, output }
    why = 'no watcher with these GAINSAY_ARBITERS would challenge its results'
  }
  throw unfit(why)
}
