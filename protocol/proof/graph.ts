import { createHash } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema, SparseTensorProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { type DecodedOnnx, decodeOnnx, graphsOf, uses } from '../onnx.ts'
import { type Canonical, NotProvableError, type Operator } from '../operators/operator.ts'
import { operators as table } from '../operators/table.ts'
import { UnfitError } from '../operators/unfit.ts'
import { constantOf, dtypeOf, tensorOf } from '../stored-tensor.ts'
import { type DType, elementCount, type Tensor } from '../tensor.ts'
import { MAX_TRACE_ENTRIES } from '../trace.ts'
import { type GraphHeader, graphHash, inputsHash, type OperandRef, operatorHash, outputsHash } from './graph-hash.ts'
import { MerkleTree } from './merkle.ts'
import { onnxOperator } from './onnx-operator.ts'
import { commitTensor, MAX_COMMITTED_ELEMENTS, MAX_COMMITTED_RANK } from './tensor-commitment.ts'

/** An operand of a committed operator. */
export type Operand =
  | Extract<OperandRef, { kind: 'none' | 'entry' }>
  | {
      readonly kind: 'constant'
      readonly hash: Uint8Array
      readonly axis: number
      /** undefined for what cannot be committed to; the operator is then not provable */
      readonly tensor: Tensor | undefined
    }

/** One operator of a model as its commitment has it. */
export interface CommittedOperator {
  /** ONNX name; that of another domain begins with the domain */
  readonly type: string
  /** the operator's own name in the file; may be empty */
  readonly name: string
  /** why the contract cannot check it; undefined when it can */
  readonly problem: string | undefined
  /** in canonical form; of what is not provable one hash over all of them */
  readonly attributes: readonly bigint[]
  /** in canonical order; of what is not provable in the file's, then what its subgraphs capture */
  readonly operands: readonly Operand[]
  /** number of its first output in the trace */
  readonly firstOutput: number
  /** how many outputs it has in the trace */
  readonly outputs: number
  /** axis stored last, one an output */
  readonly axes: readonly number[]
}

/** A model as the chain knows it. */
export interface CommittedGraph {
  /** in topological order; Constant operators are constants */
  readonly operators: readonly CommittedOperator[]
  /** what a request feeds, by UTF-8 name: the first entries of the trace */
  readonly inputs: readonly { readonly name: string; readonly dtype: DType | undefined }[]
  /** by UTF-8 name; `entry` is -1 for what is no entry */
  readonly outputs: readonly { readonly name: string; readonly entry: number }[]
  /** number of entries of the trace: the inputs, then the outputs of each operator */
  readonly entries: number
  readonly names: readonly string[]
  /** axis stored last, one an entry */
  readonly axes: readonly number[]
  readonly header: GraphHeader
  /** what the model is registered with */
  readonly root: `0x${string}`
  /** what the contract cannot check, each once; the model is provable when there is nothing */
  readonly problems: readonly string[]
  /** Merkle siblings of an operator's hash, from the bottom up. @throws RangeError when there is none */
  operatorPath(index: number): Uint8Array[]
}

const known = new WeakMap<Uint8Array, CommittedGraph>()

/**
 * The commitment to a model: its operators in canonical form, their wires and their weights. Two files that differ only
 * in how they spell the same operators have the same root.
 *
 * An operator that the contract cannot check is committed to under a name that no contract answers to (a question mark
 * before its type), so that nobody is convicted by a check that is not its own.
 *
 * @param bytes an ONNX model. Kept track of by identity: must not change afterwards
 * @throws OnnxFormatError when the bytes are not a model
 */
export function committedGraph(bytes: Uint8Array): CommittedGraph {
  const graph = known.get(bytes) ?? new Commitment(decodeOnnx(bytes)).graph()
  known.set(bytes, graph)
  return graph
}

/** How the check of an operator reads it; without `reads` it is not provable. */
interface Reading {
  readonly attributes: readonly bigint[]
  /** names of the tensors that it reads; empty for one left out */
  readonly names: readonly string[]
  readonly reads?: Operator['reads']
  readonly problem?: string
}

class Commitment {
  readonly #decoded: DecodedOnnx
  readonly #nodes: readonly NodeProto[]
  readonly #problems = new Set<string>()
  readonly #constants = new Map<string, () => { tensor: Tensor | undefined; encoded: () => Uint8Array }>()
  /** number of an entry by its name */
  readonly #entries = new Map<string, number>()
  readonly #hashes = new Map<string, Uint8Array>()
  readonly #redefined: ReadonlySet<string>
  readonly #opset: number

  constructor(decoded: DecodedOnnx) {
    this.#decoded = decoded
    const { model, nodes } = decoded
    this.#redefined = new Set(model.functions.map(({ domain, name }) => typeName(domain, name)))
    const versions = model.opsetImport.flatMap(({ domain, version }) => (isStandard(domain) ? [Number(version)] : []))
    this.#opset = versions[0] ?? 0
    if (new Set(versions).size !== 1)
      this.#problems.add('the model does not name one version of the standard operators')
    this.#nodes = nodes.filter((node) => !this.#isConstant(node))
  }

  graph(): CommittedGraph {
    const inputs = this.#name()
    const readings = this.#nodes.map((node) => this.#read(node))
    const axes = this.#vote(readings)
    const operators = this.#nodes.map((node, index) => this.#commit(node, readings[index] as Reading, axes))
    for (const { problem } of operators) if (problem !== undefined) this.#problems.add(problem)
    const tree = MerkleTree.ofLeaves(
      operators.map((one) => operatorHash(one.problem === undefined ? one : { ...one, type: unchecked(one.type) })),
    )
    const outputs = this.#outputs(inputs.length)
    const entries = this.#entries.size
    if (entries > MAX_TRACE_ENTRIES) this.#problems.add(`the trace has more than ${MAX_TRACE_ENTRIES} tensors`)
    const header: GraphHeader = {
      operators: operators.length,
      operatorsRoot: tree.root,
      inputs: inputs.length,
      entries,
      inputsHash: inputsHash(inputs.map(({ name, code }, entry) => ({ name, code, axis: axes[entry] as number }))),
      outputsHash: outputsHash(outputs),
    }
    return {
      operators,
      inputs: inputs.map(({ name, code }) => ({ name, dtype: dtypeOf(code) })),
      outputs,
      entries,
      names: [...this.#entries.keys()],
      axes,
      header,
      root: `0x${Buffer.from(graphHash(header)).toString('hex')}`,
      problems: [...this.#problems],
      operatorPath: (index) => tree.proof(index, 1),
    }
  }

  /** Finds the constants and numbers the entries of the trace. */
  #name(): { name: string; code: number }[] {
    const { graph, nodes } = this.#decoded
    for (const stored of graph.initializer)
      this.#addConstant(stored.name, () => ({
        tensor: tensorOf(stored),
        encoded: () => toBinary(TensorProtoSchema, stored),
      }))
    for (const stored of graph.sparseInitializer)
      this.#addConstant(stored.values?.name ?? '', () => ({
        tensor: undefined,
        encoded: () => toBinary(SparseTensorProtoSchema, stored),
      }))
    for (const node of nodes)
      if (this.#isConstant(node))
        this.#addConstant(node.output[0] ?? '', () => ({
          tensor: constantOf(node),
          encoded: () => attributesOf(node),
        }))
    const inputs = graph.input
      .filter(({ name }) => !this.#constants.has(name))
      .filter(({ name }) => name !== '')
      .map(({ name, type }) => ({ name, code: type?.value.case === 'tensorType' ? type.value.value.elemType : 0 }))
      .sort(byName)
    for (const { name, code } of inputs) {
      if (dtypeOf(code) === undefined) this.#problems.add(`the input ${quote(name)} has a type that is not supported`)
      this.#addEntry(name)
    }
    for (const { output } of this.#nodes) for (const name of output) if (name !== '') this.#addEntry(name)
    return inputs
  }

  #addConstant(name: string, read: () => { tensor: Tensor | undefined; encoded: () => Uint8Array }): void {
    if (this.#constants.has(name)) this.#problems.add(`two tensors are named ${quote(name)}`)
    this.#constants.set(name, once(read))
  }

  #addEntry(name: string): void {
    if (this.#constants.has(name) || this.#entries.has(name)) this.#problems.add(`two tensors are named ${quote(name)}`)
    if (!this.#entries.has(name)) this.#entries.set(name, this.#entries.size)
  }

  /** Brings an operator into canonical form, or says why that cannot be. */
  #read(node: NodeProto): Reading {
    const raw = (problem: string): Reading => ({
      attributes: [BigInt(`0x${createHash('sha256').update(attributesOf(node)).digest('hex')}`) >> 1n],
      names: [...node.input, ...this.#captured(node)],
      problem,
    })
    const type = typeName(node.domain, node.opType)
    const operator = isStandard(node.domain) ? table.get(node.opType) : undefined
    if (this.#redefined.has(type)) return raw(`${type}: the file defines it anew`)
    if (!operator) return raw(`${type}: there is no contract for it`)
    const where = `${type}${node.name === '' ? ` of ${quote(node.output[0] ?? '')}` : ` ${quote(node.name)}`}`
    if (node.output.some((name, index) => name !== '' && node.output.slice(0, index).includes('')))
      return raw(`${where}: it leaves out an output before one that it has`)
    let canonical: Canonical
    try {
      canonical = operator.canonical(
        onnxOperator(node, this.#opset, (name) => {
          const tensor = this.#constants.get(name)?.().tensor
          return tensor && isCommittable(tensor) ? tensor : undefined
        }),
      )
    } catch (error) {
      if (error instanceof NotProvableError || error instanceof UnfitError) return raw(`${where}: ${error.message}`)
      throw error
    }
    const names = canonical.inputs.map((index) => node.input[index] ?? '')
    for (const name of names) {
      if (name === '' || this.#entries.has(name)) continue
      const constant = this.#constants.get(name)
      if (!constant) return raw(`${where}: nothing makes its input ${quote(name)}`)
      const { tensor } = constant()
      if (!tensor || !isCommittable(tensor)) return raw(`${where}: its constant ${quote(name)} is not supported`)
    }
    return { attributes: canonical.attributes, names, reads: operator.reads }
  }

  /** Tensors of the main graph that only an operator's subgraphs read. */
  #captured(node: NodeProto): string[] {
    if (node.attribute.flatMap(graphsOf).length === 0) return []
    const inner = new Set(uses(node))
    for (const name of node.input) inner.delete(name)
    return [...inner].filter((name) => this.#entries.has(name) || this.#constants.has(name))
  }

  /** The axis that each entry is stored along: the one that most elements are read along, row-major order if none. */
  #vote(readings: readonly Reading[]): number[] {
    const votes = Array.from({ length: this.#entries.size }, () => new Map<number, number>([[-1, 0]]))
    for (const { reads, names, attributes } of readings) {
      if (!reads) continue
      for (const [position, name] of names.entries()) {
        const entry = this.#entries.get(name)
        if (entry === undefined) continue
        const { axis, weight } = reads(position, attributes)
        const of = votes[entry] as Map<number, number>
        of.set(axis, (of.get(axis) ?? 0) + weight)
      }
    }
    // Sorting is stable: of equal votes row-major order wins, then whoever was read first.
    return votes.map((of) => ([...of].sort(([, a], [, b]) => b - a)[0] as [number, number])[0])
  }

  #commit(node: NodeProto, reading: Reading, axes: readonly number[]): CommittedOperator {
    const { attributes, names, reads, problem } = reading
    const given = node.output.filter((name) => name !== '')
    const firstOutput = given.length === 0 ? 0 : (this.#entries.get(given[0] as string) as number)
    return {
      type: typeName(node.domain, node.opType),
      name: node.name,
      problem,
      attributes,
      operands: names.map((name, position) => this.#operand(name, reads ? reads(position, attributes).axis : -1)),
      firstOutput,
      outputs: given.length,
      axes: given.map((name) => axes[this.#entries.get(name) as number] as number),
    }
  }

  #operand(name: string, axis: number): Operand {
    const entry = this.#entries.get(name)
    if (entry !== undefined) return { kind: 'entry', entry }
    const constant = this.#constants.get(name)?.()
    if (!constant || name === '') return { kind: 'none' }
    const { tensor, encoded } = constant
    const key = `${axis} ${name}`
    const hash =
      this.#hashes.get(key) ??
      (tensor && isCommittable(tensor)
        ? commitTensor(tensor, axis).hash
        : new Uint8Array(createHash('sha256').update(encoded()).digest()))
    this.#hashes.set(key, hash)
    return { kind: 'constant', hash, axis, tensor }
  }

  #outputs(inputs: number): { name: string; entry: number }[] {
    const outputs = this.#decoded.graph.output.map(({ name }) => ({ name, entry: this.#entries.get(name) ?? -1 }))
    for (const { name, entry } of outputs)
      if (entry < inputs) this.#problems.add(`the output ${quote(name)} is no operator's`)
    if (new Set(outputs.map(({ name }) => name)).size < outputs.length) this.#problems.add('two outputs have one name')
    return outputs.sort(byName)
  }

  #isConstant(node: NodeProto): boolean {
    return isConstant(node) && !this.#redefined.has('Constant')
  }
}

function isConstant({ opType, domain, input }: NodeProto): boolean {
  return opType === 'Constant' && isStandard(domain) && input.length === 0
}

function isCommittable({ dims }: Tensor): boolean {
  return (
    dims.length <= MAX_COMMITTED_RANK &&
    dims.every((dim) => dim < 2 ** 32) &&
    elementCount(dims) <= MAX_COMMITTED_ELEMENTS
  )
}

/** A type that no contract answers to. */
function unchecked(type: string): string {
  const bytes = new TextEncoder().encode(`?${type}`)
  if (bytes.length <= 32) return `?${type}`
  return `?${createHash('sha256').update(bytes).digest('hex').slice(0, 31)}`
}

/** An operator's attributes as bytes, in the file's order. */
function attributesOf(node: NodeProto): Uint8Array {
  return toBinary(NodeProtoSchema, create(NodeProtoSchema, { attribute: node.attribute }))
}

function typeName(domain: string, opType: string): string {
  return isStandard(domain) ? opType : `${domain}.${opType}`
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx'
}

function byName(a: { name: string }, b: { name: string }): number {
  return Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))
}

function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
