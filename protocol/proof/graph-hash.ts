import { createHash } from 'node:crypto'

/** What the leaf of an operator says; mirrors the contract's encoding of it. */
export interface OperatorLeaf {
  /** ONNX name, at most 32 ASCII characters */
  readonly type: string
  readonly attributes: readonly bigint[]
  readonly operands: readonly OperandRef[]
  /** number of its first output in the trace */
  readonly firstOutput: number
  /** axis stored last, one an output */
  readonly axes: readonly number[]
}

/** An operand: left out, a constant by its commitment, or an entry of the trace by its number. */
export type OperandRef =
  | { readonly kind: 'none' }
  | { readonly kind: 'constant'; readonly hash: Uint8Array }
  | { readonly kind: 'entry'; readonly entry: number }

/** What a model's root commits to. */
export interface GraphHeader {
  /** how many */
  readonly operators: number
  readonly operatorsRoot: Uint8Array
  /** how many; the first entries of the trace */
  readonly inputs: number
  /** how many: inputs and outputs of all operators */
  readonly entries: number
  readonly inputsHash: Uint8Array
  readonly outputsHash: Uint8Array
}

const kinds = { none: 0, constant: 1, entry: 2 } as const

/**
 * Hash of an operator: sha256(0x03 ‖ type ‖ number of attributes ‖ attributes ‖ number of operands ‖ (kind ‖ reference)
 * for each ‖ first output ‖ number of axes ‖ axes), each a big-endian word of 32 bytes, two's complement.
 */
export function operatorHash({ type, attributes, operands, firstOutput, axes }: OperatorLeaf): Uint8Array {
  const name = new Uint8Array(32)
  name.set(new TextEncoder().encode(type))
  return hashOf(3, [
    name,
    attributes.length,
    ...attributes,
    operands.length,
    ...operands.flatMap((one) => [
      kinds[one.kind],
      one.kind === 'constant' ? one.hash : one.kind === 'entry' ? one.entry : 0,
    ]),
    firstOutput,
    axes.length,
    ...axes,
  ])
}

/** The model's root: sha256(0x04 ‖ the header's six words). */
export function graphHash(header: GraphHeader): Uint8Array {
  const { operators, operatorsRoot, inputs, entries, inputsHash, outputsHash } = header
  return hashOf(4, [operators, operatorsRoot, inputs, entries, inputsHash, outputsHash])
}

/** sha256 over, for each input: length of its name as a word ‖ name ‖ dtype code ‖ axis of its entry, a byte each. */
export function inputsHash(inputs: readonly { name: string; code: number; axis: number }[]): Uint8Array {
  const hash = createHash('sha256')
  for (const { name, code, axis } of inputs) hash.update(named(name)).update(Uint8Array.of(code, axis & 0xff))
  return new Uint8Array(hash.digest())
}

/** sha256 over, for each output: length of its name as a word ‖ name ‖ number of its entry as a word. */
export function outputsHash(outputs: readonly { name: string; entry: number }[]): Uint8Array {
  const hash = createHash('sha256')
  for (const { name, entry } of outputs) hash.update(named(name)).update(word(entry))
  return new Uint8Array(hash.digest())
}

function named(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name)
  return Buffer.concat([word(bytes.length), bytes])
}

function hashOf(prefix: number, words: readonly (Uint8Array | number | bigint)[]): Uint8Array {
  const bytes = new Uint8Array(1 + 32 * words.length)
  bytes[0] = prefix
  for (const [index, one] of words.entries()) bytes.set(one instanceof Uint8Array ? one : word(one), 1 + 32 * index)
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

function word(value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(32).fill(value < 0 ? 0xff : 0)
  let rest = BigInt(value)
  for (let at = 31; at >= 0 && rest !== 0n && rest !== -1n; at--, rest >>= 8n) bytes[at] = Number(rest & 0xffn)
  return bytes
}
