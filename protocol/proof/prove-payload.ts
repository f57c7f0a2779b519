import { type DType, dtypes, encodeTensors, type NamedTensors } from '../tensor.ts'
import type { CommittedTrace } from './commit-trace.ts'
import type { CommittedGraph } from './graph.ts'
import type { Opening } from './opening.ts'
import type { Claim, HashProof, PayloadProof } from './proof.ts'
import { STEP_BYTES, sha256States } from './sha256-steps.ts'

/** The hashes on chain that a trace must be tied to. */
export interface Ends {
  /** sha256 of the request's input */
  readonly input: `0x${string}`
  /** sha256 of the posted output */
  readonly output: `0x${string}`
}

/**
 * Finds what does not hold at one end of a trace: an input of another type, an encoding that is not that of the trace's
 * tensors, a wrong step of its hash, a hash that is not the one on chain.
 *
 * If the tensors of the trace are not what was hashed, one of these must be wrong, whatever the node did: equal encodings
 * hash to equal states.
 *
 * @param outputs which end: that of the posted output, or that of the request's input
 * @returns undefined when this end holds
 */
export function provePayload(
  graph: CommittedGraph,
  trace: CommittedTrace,
  ends: Ends,
  outputs: boolean,
): PayloadProof | HashProof | undefined {
  const listed = outputs ? graph.outputs : graph.inputs.map((input, entry) => ({ ...input, entry }))
  const first = graph.entries + (outputs ? 2 : 0)
  const encoded = trace.entry(first)
  const states = trace.entry(first + 1)
  const marks = outputs
    ? graph.outputs.map(({ entry }) => entry)
    : graph.inputs.map(({ dtype }, i) => (dtype ? dtypes[dtype].code : 0) * 256 + ((graph.axes[i] ?? -1) & 0xff))
  const payload = (
    claim: Exclude<Claim, HashProof['claim'] | 'element' | 'shape'>,
    position: number,
    parts: { tensors?: Map<number, Opening>; encoded?: Opening } = {},
  ): PayloadProof => ({
    ...{ claim, graph: graph.header, outputs, marks, position },
    names: listed.map(({ name }) => new TextEncoder().encode(name)),
    tensors: listed.map(({ entry }, i) => parts.tensors?.get(i) ?? trace.open(entry)),
    encoded: parts.encoded ?? trace.open(first),
  })

  if (!outputs)
    for (const [i, { dtype }] of graph.inputs.entries()) {
      const { tensor, axis } = trace.entry(i)
      if (tensor.dtype !== dtype || axis !== graph.axes[i]) return payload('input', i)
    }

  const tensors: NamedTensors = new Map(listed.map(({ name, entry }) => [name, trace.entry(entry).tensor]))
  const expected = encodeTensors(tensors)
  if (!isBytes(encoded.tensor, encoded.axis, [expected.length])) return payload('length', 0)
  if (!isBytes(states.tensor, states.axis, [stepsOf(expected.length), 32]))
    return payload('length', 1, { encoded: trace.open(first + 1) })

  const position = firstDifference(expected, encoded.tensor.data)
  if (position !== undefined)
    return payload('link', position, {
      encoded: trace.open(first, encoded.showBytes([position])),
      tensors: shownAt(trace, listed, position),
    })

  const hash = (claim: HashProof['claim'], step: number, shown: number[], rows: number[]): HashProof => ({
    ...{ claim, graph: graph.header, outputs, step },
    encoded: trace.open(first, encoded.showBytes(shown)),
    states: trace.open(first + 1, states.showBytes(rows.map((row) => row * 32))),
  })
  const right = Buffer.concat(sha256States(encoded.tensor.data))
  const at = firstDifference(right, states.tensor.data)
  if (at !== undefined) {
    const step = Math.floor(at / 32)
    const start = step * STEP_BYTES
    const shown = start < expected.length ? [start] : []
    return hash('step', step, shown, step === 0 ? [0] : [step - 1, step])
  }
  const last = stepsOf(expected.length) - 1
  const end = Buffer.from(right.subarray(last * 32)).toString('hex')
  return `0x${end}` === (outputs ? ends.output : ends.input).toLowerCase() ? undefined : hash('end', 0, [], [last])
}

/** How many states hashing so many bytes goes through: the message ends in at least nine bytes of padding. */
function stepsOf(length: number): number {
  return Math.ceil((length + 9) / STEP_BYTES)
}

/** The chunk of the tensor that the byte at this position of the encoding comes from, if it is an element's. */
function shownAt(
  trace: CommittedTrace,
  listed: readonly { name: string; entry: number }[],
  position: number,
): Map<number, Opening> {
  let at = 6
  for (const [i, { name, entry }] of listed.entries()) {
    const committed = trace.entry(entry)
    const { dims, dtype, data } = committed.tensor
    at += 4 + Buffer.byteLength(name) + 4 * dims.length
    if (position >= at && position < at + data.length) {
      const index = Math.floor((position - at) / dtypes[dtype].bytes)
      return new Map([[i, trace.open(entry, committed.show([index]))]])
    }
    at += data.length
  }
  return new Map()
}

function isBytes({ dtype, dims }: { dtype: DType; dims: readonly number[] }, axis: number, wanted: number[]): boolean {
  return dtype === 'uint8' && axis === -1 && dims.length === wanted.length && dims.every((dim, i) => dim === wanted[i])
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  if (Buffer.compare(a, b) === 0) return undefined
  const at = a.findIndex((byte, i) => byte !== b[i])
  return at < 0 ? undefined : at
}
