import type { Terms } from '../arithmetic/bounds.ts'
import { OutOfDomainError } from '../arithmetic/fixed.ts'
import { excludes, type Range } from '../arithmetic/range.ts'
import type { Operator, Query } from '../operators/operator.ts'
import { operators } from '../operators/table.ts'
import { UnfitError } from '../operators/unfit.ts'
import { View } from '../operators/view.ts'
import { elementCount, type Tensor } from '../tensor.ts'
import type { CommittedTrace } from './commit-trace.ts'
import type { CommittedGraph, CommittedOperator, Operand } from './graph.ts'
import type { OperatorLeaf } from './graph-hash.ts'
import { CommittedTensor, type Opening } from './opening.ts'
import type { OperatorProof } from './proof.ts'

/** One operator of a revealed trace, on the trace's own inputs. */
export class TracedOperator {
  readonly #graph: CommittedGraph
  readonly #trace: CommittedTrace
  readonly #index: number
  readonly #terms: Terms
  readonly #committed: CommittedOperator
  readonly #operator: Operator | undefined
  #views: readonly (View | undefined)[] | undefined

  /** @param index of the operator in the graph */
  constructor(graph: CommittedGraph, trace: CommittedTrace, index: number, terms: Terms) {
    this.#graph = graph
    this.#trace = trace
    this.#index = index
    this.#terms = terms
    this.#committed = graph.operators[index] as CommittedOperator
    // One that is used in a way that the contract cannot check has no canonical form either.
    this.#operator = this.#committed.problem !== undefined ? undefined : operators.get(this.#committed.type)
  }

  /** Whether the contract can check it at all. */
  get provable(): boolean {
    return this.#operator !== undefined
  }

  get outputs(): number {
    return this.#committed.axes.length
  }

  /** The committed output of this number. */
  made(output: number): CommittedTensor {
    return this.#trace.entry(this.#committed.firstOutput + output)
  }

  /** Whether this output has the type, dimensions and stored order that it must have; true where nothing can be said. */
  isShaped(output: number): boolean {
    const { tensor, axis } = this.made(output)
    const shape = this.#ask((operator) => operator.shape(this.#query(this.#inputs(), output)))
    if (!shape) return true
    const { dtype, dims } = shape
    const same = dims.length === tensor.dims.length && dims.every((dim, i) => dim === tensor.dims[i])
    return dtype === tensor.dtype && same && axis === this.#committed.axes[output]
  }

  /** Proof that an output is not shaped as it must be. */
  proveShape(output: number): OperatorProof {
    const views = this.#recorders()
    this.#ask((operator) => operator.shape(this.#query(views, output)))
    return this.#proof('shape', output, 0, views)
  }

  /** What honest hardware can give for this element. */
  range(output: number, element: number): Range {
    const query = this.#query(this.#inputs(), output, element)
    return this.#ask((operator) => operator.element(query)) ?? { kind: 'open' }
  }

  /** Whether the element as revealed is none that honest hardware can give. */
  isFalse(output: number, element: number): boolean {
    const { tensor } = this.made(output)
    if (element >= elementCount(tensor.dims)) return false
    return excludes(this.range(output, element), new View(tensor).bits(element))
  }

  /** Proof that an element is false. */
  proveElement(output: number, element: number): OperatorProof {
    const views = this.#recorders()
    this.#ask((operator) => operator.element(this.#query(views, output, element)))
    return this.#proof('element', output, element, views)
  }

  #proof(claim: 'element' | 'shape', output: number, element: number, views: readonly (View | undefined)[]) {
    const { type, attributes, operands, firstOutput, axes } = this.#committed
    const operator: OperatorLeaf = { type, attributes, operands, firstOutput, axes }
    const inputs = operands.map((operand, i): Opening => {
      const read = views[i]?.read ?? []
      if (operand.kind === 'none') return NOTHING
      if (operand.kind === 'constant') {
        const constant = new CommittedTensor(constantOf(operand), operand.axis)
        return { tensor: constant.header, path: [], runs: constant.show(read) }
      }
      return this.#trace.open(operand.entry, this.#trace.entry(operand.entry).show(read))
    })
    const entry = firstOutput + output
    const shown = claim === 'element' ? this.made(output).show([element]) : []
    const proof: OperatorProof = {
      ...{ claim, graph: this.#graph.header, operator, index: this.#index, inputs, output, element },
      path: this.#graph.operatorPath(this.#index),
      made: this.#trace.open(entry, shown),
    }
    return proof
  }

  #query(inputs: readonly (View | undefined)[], output: number, index = 0): Query {
    const { attributes } = this.#committed
    return { terms: this.#terms, attributes, inputs, output, dims: this.made(output).tensor.dims, index }
  }

  #inputs(): readonly (View | undefined)[] {
    this.#views ??= this.#viewsWith({ record: false })
    return this.#views
  }

  #recorders(): readonly (View | undefined)[] {
    return this.#viewsWith({ record: true })
  }

  #viewsWith(options: { record: boolean }): readonly (View | undefined)[] {
    return this.#committed.operands.map((operand) => {
      if (operand.kind === 'none') return undefined
      const tensor = operand.kind === 'constant' ? constantOf(operand) : this.#trace.entry(operand.entry).tensor
      return new View(tensor, options)
    })
  }

  /** Undefined where the contract reverts or has nothing to say: neither convicts. */
  #ask<T>(ask: (operator: Operator) => T): T | undefined {
    if (!this.#operator) return undefined
    try {
      return ask(this.#operator)
    } catch (error) {
      // `RangeError`: a read beyond a tensor's end.
      const silent = error instanceof UnfitError || error instanceof OutOfDomainError || error instanceof RangeError
      if (silent) return undefined
      throw error
    }
  }
}

/** A provable operator has no constant that cannot be committed to. */
function constantOf({ tensor }: Extract<Operand, { kind: 'constant' }>): Tensor {
  if (!tensor) throw new RangeError('a constant without a value')
  return tensor
}

const NOTHING: Opening = {
  tensor: { dtype: 'bool', axis: -1, dims: [], root: new Uint8Array(32) },
  path: [],
  runs: [],
}
