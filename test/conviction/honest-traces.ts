import { createHash } from 'node:crypto'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { demoModels, readDemoModel } from '../../demo/models.ts'
import { cutModel } from '../../protocol/cut.ts'
import { inlineModel } from '../../protocol/inline.ts'
import { withOutputs } from '../../protocol/onnx.ts'
import { CommittedTrace } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import type { CommittedGraph } from '../../protocol/proof/graph.ts'
import { CommittedTensor } from '../../protocol/proof/opening.ts'
import { elementCount, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { float32, floats } from '../corpus/inputs.ts'
import { corpusModel } from '../corpus/models.ts'
import { canonical, openVariant, variants } from '../corpus/variants.ts'

/** A model, and what it is fed. */
export interface NamedModel {
  readonly name: string
  readonly file: Uint8Array
  input(seed: string): NamedTensors
}

/** A model whose honest traces no contract may convict. */
export interface HonestModel extends NamedModel {
  /** how many realistic inputs it is run on, next to the plain ones */
  readonly inputs: number
  /** how many elements of each tensor are checked, next to those that differ most from the canonical run */
  readonly samples: number
}

const fixed = new Map([
  ['sr', { dtype: 'int64' as const, dims: [], data: new Uint8Array(BigInt64Array.of(16_000n).buffer) }],
])

/** The demo's models, and those of the corpus that are provable but for an operator or two. */
export const honestModels: readonly HonestModel[] = [
  ...demoModels().map((model) => ({
    ...{ name: model.name, file: readDemoModel(model), input: model.input },
    ...(model.name === 'ocr_cls' ? { inputs: 1, samples: 12 } : { inputs: 4, samples: 24 }),
  })),
  ...['silero_v5', 'silero_v6'].map((name) => {
    const { file, input } = corpusModel(name)
    const rest = (seed: string) => new Map([...input(seed)].filter(([one]) => !fixed.has(one)))
    return { ...{ name, input: rest, inputs: 2, samples: 24 }, file: inlineModel(file(), fixed) }
  }),
  ...['embedding', 'melspectrogram', 'namaste_deepa'].map((name) => {
    const { file, input } = corpusModel(name)
    return { ...{ name, input, inputs: 1, samples: 12 }, file: file() }
  }),
  {
    ...{ name: 'ocr_rec', file: corpusModel('ocr_rec').file(), inputs: 1, samples: 12 },
    input: (seed) => narrow(corpusModel('ocr_rec').input(seed), 64),
  },
]

/** The left part of a picture: a trace of the whole is ten million numbers larger. */
function narrow(inputs: NamedTensors, width: number): NamedTensors {
  return new Map(
    [...inputs].map(([name, tensor]) => {
      const whole = tensor.dims.at(-1) as number
      const values = floats(tensor).filter((_, i) => i % whole < width)
      return [name, float32([...tensor.dims.slice(0, -1), width], values)]
    }),
  )
}

/** An operator's output as some honest machine made it, and the trace that it is part of. */
export interface HonestTrace {
  readonly variant: string
  /** whole: all of it is the variant's. cut: each operator was run apart, on the canonical trace's tensors */
  readonly kind: 'whole' | 'cut'
  /** what each operator's inputs are read from */
  readonly given: NamedTensors
  readonly made: NamedTensors
}

/**
 * What every honest variant makes of an input: its own trace, all tensors exposed, then what each of its operators makes
 * of the canonical trace's tensors, so that two variants' results can be held against one range. The first is the
 * canonical variant's own.
 *
 * @param onSkip told of a variant that cannot load the model
 */
export async function* honestTraces(
  { file }: HonestModel,
  inputs: NamedTensors,
  onSkip: (variant: string, reason: string) => void = () => {},
): AsyncGenerator<HonestTrace> {
  const { flat, graph } = committedModel(file)
  const names = graph.names.slice(graph.inputs.length)
  const exposed = withOutputs(flat, names)
  const reference = await openVariant(canonical, exposed)
  const first: NamedTensors = new Map([...inputs, ...(await reference.run(inputs))])
  await reference.release()
  yield { variant: canonical.name, kind: 'whole', given: first, made: first }
  const { model, made: renamed } = cutModel(fromBinary(ModelProtoSchema, flat), (name) => first.get(name)?.dtype)
  const cut = toBinary(ModelProtoSchema, model)
  for (const variant of variants) {
    try {
      if (variant !== canonical) {
        const session = await openVariant(variant, exposed)
        const own = new Map([...inputs, ...(await session.run(inputs))])
        await session.release()
        yield { variant: variant.name, kind: 'whole', given: own, made: own }
      }
      const session = await openVariant(variant, cut)
      const outputs = await session.run(first)
      await session.release()
      const made = new Map(names.map((name) => [name, outputs.get(renamed.get(name) as string) as Tensor]))
      yield { variant: variant.name, kind: 'cut', given: first, made }
    } catch (error) {
      onSkip(variant.name, String(error))
    }
  }
}

/**
 * Inputs on which rounding errors are least like independent ones, as the probabilistic bound takes them: every float
 * the same. Silence, a blank page, full scale.
 */
export function plainInputs(inputs: NamedTensors): NamedTensors[] {
  return [0, 1 / 3].map(
    (value) =>
      new Map(
        [...inputs].map(([name, tensor]) => {
          const filled = () => float32([...tensor.dims], floats(tensor).fill(value))
          return [name, tensor.dtype === 'float32' ? filled() : tensor]
        }),
      ),
  )
}

/** A trace of one operator: its inputs from one place, its outputs from another; all other tensors are as given. */
export function traceOf(graph: CommittedGraph, index: number, given: NamedTensors, made: NamedTensors): CommittedTrace {
  const { firstOutput, outputs } = graph.operators[index] as CommittedGraph['operators'][number]
  return new CommittedTrace(
    graph.names.map((name, entry) => {
      const own = entry >= firstOutput && entry < firstOutput + outputs
      return new CommittedTensor((own ? made : given).get(name) as Tensor, graph.axes[entry] as number)
    }),
  )
}

/** The tensors that an operator read and made, as one hash: two variants that agree on all of them are one case. */
export function caseHash(graph: CommittedGraph, index: number, { given, made }: HonestTrace): string {
  const { firstOutput, outputs, operands } = graph.operators[index] as CommittedGraph['operators'][number]
  const read = operands.flatMap((operand) => (operand.kind === 'entry' ? [hashOf(given, graph, operand.entry)] : []))
  const wrote = Array.from({ length: outputs }, (_, output) => hashOf(made, graph, firstOutput + output))
  return [...read, ...wrote].join()
}

const hashes = new WeakMap<Tensor, string>()

function hashOf(tensors: NamedTensors, graph: CommittedGraph, entry: number): string {
  const tensor = tensors.get(graph.names[entry] as string) as Tensor
  const hash = hashes.get(tensor) ?? createHash('sha256').update(tensor.data).digest('hex')
  hashes.set(tensor, hash)
  return hash
}

/**
 * Elements to check: some evenly spread, and those that differ most from another run's, absolutely and relatively.
 *
 * @param offset shifts the even ones, so that cases do not all look at the same
 */
export function pick(tensor: Tensor, other: Tensor | undefined, samples: number, offset: number): number[] {
  const count = elementCount(tensor.dims)
  const spread = Math.min(count, samples)
  const even = Array.from({ length: spread }, (_, i) => Math.floor(((i + (offset % 7) / 7) * count) / spread))
  if (tensor.dtype !== 'float32' || other?.data.length !== tensor.data.length) return [...new Set(even)]
  const [mine, theirs] = [floats(tensor), floats(other)]
  const distance = (i: number) => Math.abs((mine[i] as number) - (theirs[i] as number))
  const relative = (i: number) => distance(i) / Math.abs(theirs[i] as number)
  return [...new Set([...even, ...largest(count, distance, 4), ...largest(count, relative, 4)])]
}

/** Where the largest of some numbers are, as far as they are above zero. */
function largest(count: number, size: (index: number) => number, most: number): number[] {
  let found: { index: number; value: number }[] = []
  let least = 0
  for (let index = 0; index < count; index++) {
    const value = size(index)
    if (!(value > least)) continue
    found = [...found, { index, value }].sort((a, b) => b.value - a.value).slice(0, most)
    if (found.length === most) least = found.at(-1)?.value ?? 0
  }
  return found.map(({ index }) => index)
}
