import { type Hex, toHex } from 'viem'
import { encodePart } from '../../chain/encode-proof.ts'
import { inferAll } from '../../node/infer.ts'
import { type CommittedTrace, commitTrace, wholeTrace } from '../../protocol/proof/commit-trace.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { packTrace } from '../../protocol/trace.ts'
import { committed, endsOf, file } from '../replay/known-run.ts'
import { float32 } from '../replay/models.ts'

/** What a node computed, honestly or not, as it goes on chain. */
export interface Work {
  input: { hash: Hex; uri: string; data: Hex }
  output: { hash: Hex; uri: string; data: Hex }
  root: Hex
  /** the trace, as a node publishes it */
  packed: Uint8Array
  /** What a demand for a part of it takes as proof, and what supplies it. */
  part(entry: number, chunks?: number): { demand: Hex; supply: Hex }
}

/** The model as everybody should run it. */
export const honest = (): Promise<Work> => workOf((made) => made)

/** All is as it should be but the last operator's output, which is a hundred off: in the trace, too. */
export const lie = (): Promise<Work> =>
  workOf((made) =>
    new Map(made).set(
      'y',
      float32((made.get('y') as Tensor).dims as number[], (i) => 100 + i),
    ),
  )

async function workOf(changed: (made: NamedTensors) => NamedTensors): Promise<Work> {
  const inputs: NamedTensors = new Map([['x', float32([2, 3])]])
  const made = changed(await inferAll({ model: file, inputs }))
  const trace = wholeTrace(committed, inputs, made)
  const whole: CommittedTrace = commitTrace(committed, trace)
  const { input, output } = endsOf({ inputs, made })
  const inline = (bytes: Uint8Array) => ({ hash: sha256Hex(bytes), uri: '', data: toHex(bytes) })
  return {
    ...{ input: inline(input), output: inline(output), root: whole.root, packed: packTrace(trace) },
    part: (entry, chunks = 0) => ({
      demand: encodePart(committed.header, whole.open(entry)),
      supply: encodePart(committed.header, whole.open(entry, chunks > 0 ? [whole.entry(entry).chunks(0, chunks)] : [])),
    }),
  }
}
