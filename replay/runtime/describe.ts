import type { InferenceSession } from 'onnxruntime-node'
import { z } from 'zod'
import type { ModelSignature, TensorSignature } from '../../protocol/signature.ts'
import { type DType, dtypes, type NamedTensors } from '../../protocol/tensor.ts'

const OUTPUT = 'signature'
/** A model of 1,024 inputs and as many outputs, the names at their longest, has some 3 MB. */
const MAX_BYTES = 4 * 2 ** 20

/** What the runtime says of a model's inputs and outputs. */
export function signatureOf(session: Pick<InferenceSession, 'inputMetadata' | 'outputMetadata'>): ModelSignature {
  return { inputs: session.inputMetadata.map(describe), outputs: session.outputMetadata.map(describe) }
}

function describe(it: InferenceSession.ValueMetadata): TensorSignature {
  if (!it.isTensor || !(it.type in dtypes)) return { name: it.name, dtype: null, dims: [] }
  // What is not fixed is a name or -1, which onnxruntime-web gives as 2^32 - 1.
  const dims = it.shape.map((dim) => (typeof dim === 'number' && dim >= 0 && dim < 2 ** 32 - 1 ? dim : null))
  return { name: it.name, dtype: it.type as DType, dims }
}

/** A signature as the outputs of a job: so it takes the way of every replay, with its limits. */
export function signatureTensors(signature: ModelSignature): NamedTensors {
  const data = new TextEncoder().encode(JSON.stringify(signature))
  return new Map([[OUTPUT, { dtype: 'uint8', dims: [data.length], data }]])
}

const tensor = z.strictObject({
  name: z.string().max(1024),
  dtype: z.enum(Object.keys(dtypes) as [DType, ...DType[]]).nullable(),
  dims: z.array(z.int().nonnegative().nullable()).max(64),
})
const signature = z.strictObject({ inputs: z.array(tensor).max(1024), outputs: z.array(tensor).max(1024) })

/** Reads {@link signatureTensors}; undefined when it is none: the child that made it may be in a model's hands. */
export function readSignature(outputs: NamedTensors): ModelSignature | undefined {
  const data = outputs.get(OUTPUT)?.data
  if (!data || data.length > MAX_BYTES) return undefined
  try {
    return signature.parse(JSON.parse(new TextDecoder().decode(data)))
  } catch {
    return undefined
  }
}
