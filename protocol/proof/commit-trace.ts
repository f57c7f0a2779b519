import { encodeTensors, type NamedTensors, type Tensor } from '../tensor.ts'
import type { Trace } from '../trace.ts'
import type { CommittedGraph } from './graph.ts'
import { MerkleTree } from './merkle.ts'
import { CommittedTensor, type Opening, type Run } from './opening.ts'
import { sha256States } from './sha256-steps.ts'

/**
 * The entries that follow those of the graph: the request's input as encoded, the states of its sha256, and the same of
 * the posted output. They tie the trace to the hashes on chain. No tensor of a model has such a name: names of a model's
 * tensors hold no NUL.
 */
export const EXTRA = ['\0input', '\0input states', '\0output', '\0output states'] as const

/** Thrown when a trace lacks tensors that the model's graph has. */
export class IncompleteTraceError extends Error {
  override name = 'IncompleteTraceError'
}

/** A trace with its commitment. */
export class CommittedTrace {
  /** the graph's entries, then {@link EXTRA} */
  readonly entries: readonly CommittedTensor[]
  #tree: MerkleTree | undefined

  constructor(entries: readonly CommittedTensor[]) {
    this.entries = entries
  }

  /** `traceRoot`, ready for `reveal`. */
  get root(): `0x${string}` {
    return `0x${Buffer.from(this.#leaves().root).toString('hex')}`
  }

  /** @throws RangeError when there is no such entry */
  entry(index: number): CommittedTensor {
    const entry = this.entries[index]
    if (!entry) throw new RangeError(`a trace of ${this.entries.length} entries has no ${index}`)
    return entry
  }

  /** Opens an entry, with some of its chunks. */
  open(index: number, runs: readonly Run[] = []): Opening {
    return { tensor: this.entry(index).header, path: this.#leaves().proof(index, 1), runs }
  }

  #leaves(): MerkleTree {
    this.#tree ??= MerkleTree.ofLeaves(this.entries.map((entry) => entry.hash))
    return this.#tree
  }
}

/**
 * The trace that a node must reveal: request's inputs, outputs of every operator, and what ties both ends to their
 * hashes.
 *
 * @param made output tensors of every operator, by name
 * @throws IncompleteTraceError naming what is missing
 */
export function wholeTrace(graph: CommittedGraph, inputs: NamedTensors, made: NamedTensors): Trace {
  const entries = graph.names.map((name, i) => {
    const tensor = (i < graph.inputs.length ? inputs : made).get(name)
    if (!tensor) throw new IncompleteTraceError(`the trace has no tensor ${JSON.stringify(name.slice(0, 80))}`)
    return { name, tensor }
  })
  const outputs = new Map(graph.outputs.map(({ name, entry }) => [name, entries[entry]?.tensor as Tensor]))
  const extra = [encodeTensors(inputs), encodeTensors(outputs)].flatMap((bytes) => [bytesTensor(bytes), states(bytes)])
  return [...entries, ...EXTRA.map((name, i) => ({ name, tensor: extra[i] as Tensor }))]
}

/**
 * The commitment to a trace.
 *
 * @param trace as {@link wholeTrace} makes it, or as somebody claims it
 * @throws IncompleteTraceError when its tensors are not those that the graph has, in its order
 */
export function commitTrace(graph: CommittedGraph, trace: Trace): CommittedTrace {
  const names = [...graph.names, ...EXTRA]
  if (trace.length !== names.length)
    throw new IncompleteTraceError(`a trace of ${trace.length} tensors where the model has ${names.length}`)
  return new CommittedTrace(
    trace.map(({ name, tensor }, i) => {
      if (name !== names[i]) throw new IncompleteTraceError(`tensor ${i} is ${JSON.stringify(name.slice(0, 80))}`)
      return new CommittedTensor(tensor, graph.axes[i] ?? -1)
    }),
  )
}

/** Bytes as a tensor. */
export function bytesTensor(data: Uint8Array): Tensor {
  return { dtype: 'uint8', dims: [data.length], data }
}

/** The states that hashing these bytes goes through, as a tensor of one row each. */
export function states(bytes: Uint8Array): Tensor {
  const data = Buffer.concat(sha256States(bytes))
  return { dtype: 'uint8', dims: [data.length / 32, 32], data }
}
