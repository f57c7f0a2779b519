import { type Hex, toHex } from 'viem'
import { sha256Hex } from '../../protocol/sha256.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import type { ArtifactReference, Artifacts } from '../../replay/artifacts/artifacts.ts'
import { openSession } from '../../replay/runtime/runtime.ts'
import type { IndexedResult } from '../../watcher/index-client.ts'

/** What a node posts in the transaction itself; what is larger it serves as a file. */
const INLINE_BYTES = 64 * 1024

/** A model to measure with. */
export interface BenchModel {
  readonly name: string
  readonly tolerance: number
  file(): Uint8Array
  input(seed: number): NamedTensors
}

/** Honest results of a model, as the index would show them, with the files that they refer to. */
export interface Posted {
  readonly model: BenchModel
  readonly results: IndexedResult[]
  /** `encodeTensors` bytes of the requests' inputs */
  readonly inputs: Uint8Array[]
  /** files in the store that belong to single results */
  readonly files: string[]
}

/**
 * Results that a node with the canonical native runtime posts. Model, and inputs and outputs that are not posted inline,
 * are in the store.
 *
 * @param tamper what a cheat makes of the honest outputs
 */
export async function postResults(
  model: BenchModel,
  count: number,
  artifacts: Artifacts,
  tamper: (honest: NamedTensors) => NamedTensors = (honest) => honest,
): Promise<Posted> {
  const file = model.file()
  const modelHash = await artifacts.put(file)
  const session = await openSession(file, 'native')
  const posted: Posted = { model, results: [], inputs: [], files: [] }
  const post = async (bytes: Uint8Array) => {
    if (bytes.length <= INLINE_BYTES) return { hash: sha256Hex(bytes), uri: '', data: toHex(bytes) }
    const hash = await artifacts.put(bytes)
    posted.files.push(artifacts.pathOf(hash))
    return { hash, uri: `https://node.invalid/${hash.slice(2)}`, data: null }
  }
  for (let i = 0; i < count; i++) {
    const inputs = model.input(i)
    const input = encodeTensors(inputs)
    posted.inputs.push(input)
    const output = await post(encodeTensors(tamper(await session.run(inputs))))
    posted.results.push(indexedResult(model, modelHash, await post(input), output))
  }
  await session.release()
  return posted
}

type Reference = Pick<ArtifactReference, 'hash' | 'uri'> & { data: Hex | null }

function indexedResult(model: BenchModel, modelHash: Hex, input: Reference, output: Reference): IndexedResult {
  const id = sha256Hex(Buffer.from(input.hash + output.hash))
  return {
    ...{ id, status: 'posted', windowEnd: 2_000_000_000n, blockNumber: 1n, blockHash: id, transactionHash: id },
    ...{ logIndex: 0, node: { id }, challenge: null, demands: [], appeals: [] },
    ...{ network: 'gainsay', outputHash: output.hash, outputUri: output.uri, output: output.data },
    request: { id, inputHash: input.hash, inputUri: input.uri, input: input.data },
    model: {
      ...{ id, modelHash, uri: 'https://registrant.invalid/model.onnx', precision: 'fp32', arbiter: { id } },
      ...{
        tolerance: BigInt(Math.round(model.tolerance * 1e12)) * 10n ** 6n,
        graphRoot: id,
        rule: 'arbiter',
        lambda: 0,
      },
    },
  }
}
