import type { ModelSignature } from '../../protocol/signature.ts'
import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { elementBytes } from './decimals.ts'
import { type ModelInput, type ModelOutput, type NumberTensor, PayloadError } from './types.ts'

const MAX_RANK = 16

/**
 * The tensors that a node fed to the model: for each input that it has, in the element type that it takes, the tensor of
 * that name. Others in the payload are ignored, as the network's public node ignores them. Nothing is reshaped: a single
 * number is `[1]` where the chain says so, which runtimes take for a scalar too.
 *
 * @throws PayloadError when the model takes what cannot be replayed, an input is missing or there twice, or no tensor
 */
export function inputTensors(input: ModelInput, signature: ModelSignature): NamedTensors {
  const given = byName('input', input.numbers)
  const tensors = new Map<string, Tensor>()
  for (const { name, dtype } of signature.inputs) {
    if (!dtype)
      throw new PayloadError(`the model's input ${shown(name)} is no tensor of numbers, which is not replayed`)
    const found = given.get(name)
    if (!found) throw new PayloadError(`the input ${shown(name)}, which the model takes, is not in the event`)
    tensors.set(name, tensorOf('input', found, dtype))
  }
  return tensors
}

/**
 * The tensors that were posted, in the element types that the model gives. What the model does not give at all stays among
 * them (numbers as float32, texts as their bytes), and what it gives and is not there is missing: for the verdict to find.
 *
 * @throws PayloadError when an output of the model is no tensor of numbers, or is posted as text: that is not compared; or
 *   when one is there twice or no tensor
 */
export function outputTensors(output: ModelOutput, signature: ModelSignature): NamedTensors {
  const declared = new Map(signature.outputs.map((it) => [it.name, it]))
  for (const { name, dtype } of signature.outputs)
    if (!dtype)
      throw new PayloadError(`the model's output ${shown(name)} is no tensor of numbers, which is not compared`)
  const tensors = new Map<string, Tensor>()
  for (const [name, it] of byName('output', output.numbers))
    tensors.set(name, tensorOf('output', it, declared.get(name)?.dtype ?? 'float32'))
  const texts = [
    ...output.strings.map(({ name, values }) => ({ name, text: JSON.stringify(values) })),
    ...output.jsons.map(({ name, value }) => ({ name, text: value })),
  ]
  for (const { name, text } of texts) {
    if (declared.has(name))
      throw new PayloadError(`the output ${shown(name)} was posted as text, which is not compared`)
    if (tensors.has(name)) throw new PayloadError(`the output has two tensors named ${shown(name)}`)
    tensors.set(name, textTensor(text))
  }
  return tensors
}

function byName(what: string, tensors: readonly NumberTensor[]): Map<string, NumberTensor> {
  const named = new Map<string, NumberTensor>()
  for (const tensor of tensors) {
    if (named.has(tensor.name)) throw new PayloadError(`the ${what} has two tensors named ${shown(tensor.name)}`)
    named.set(tensor.name, tensor)
  }
  return named
}

/**
 * A tensor of numbers in an element type.
 *
 * @param what it is of, for messages
 * @throws PayloadError when its values do not fill its shape, or one is none of the element type
 */
export function tensorOf(what: string, { name, values, shape }: NumberTensor, dtype: Tensor['dtype']): Tensor {
  // A product that lost precision is far larger than any number of values.
  const count = shape.reduce((product, dim) => product * dim, 1)
  if (shape.length > MAX_RANK || count !== values.length)
    throw new PayloadError(
      `the ${what} ${shown(name)} has ${values.length} values, which are no [${shape.slice(0, MAX_RANK).join(',')}]`,
    )
  try {
    return { dtype, dims: [...shape], data: elementBytes(dtype, values) }
  } catch (error) {
    if (!(error instanceof PayloadError)) throw error
    throw new PayloadError(`the ${what} ${shown(name)} cannot be read as ${dtype}: ${error.message}`, { cause: error })
  }
}

/** A text as its UTF-8 bytes. */
export function textTensor(text: string): Tensor {
  const data = new TextEncoder().encode(text)
  return { dtype: 'uint8', dims: [data.length], data }
}

const shown = (name: string) => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)
