import type { NamedTensors, Tensor } from '../../protocol/tensor.ts'
import { decodePayload, type Payloads } from './payload.ts'
import { tensorOf, textTensor } from './tensors.ts'
import { type NumberTensor, PayloadError } from './types.ts'

/**
 * The tensors of a payload for people to look at, where nobody has the model at hand to say their element types: whole
 * numbers as int64, others as float32, which nearly all models take and give; texts as their bytes. No verdict is built on
 * this (`tensors.ts` is what verdicts read).
 *
 * @throws PayloadError saying what is wrong
 */
export function shownTensors<Kind extends keyof Payloads>(
  kind: Kind,
  bytes: Uint8Array,
): { tensors: NamedTensors; texts: ReadonlySet<string> } {
  const payload = decodePayload(kind, bytes)
  const tensors = new Map<string, Tensor>()
  const texts = new Set<string>()
  const add = (name: string, tensor: Tensor) => {
    if (tensors.has(name)) throw new PayloadError(`the ${kind} has two tensors of one name`)
    tensors.set(name, tensor)
  }
  for (const it of payload.numbers) add(it.name, tensorOf(kind, it, isWhole(it) ? 'int64' : 'float32'))
  const addText = (name: string, text: string) => {
    add(name, textTensor(text))
    texts.add(name)
  }
  for (const { name, values } of payload.strings) addText(name, JSON.stringify(values))
  if ('jsons' in payload) for (const { name, value } of payload.jsons) addText(name, value)
  return { tensors, texts }
}

const isWhole = ({ values }: NumberTensor) =>
  values.every(({ value, decimals }) => decimals === 0n && BigInt.asIntN(64, value) === value)
