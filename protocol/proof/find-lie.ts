import type { Terms } from '../arithmetic/bounds.ts'
import type { CommittedTrace } from './commit-trace.ts'
import type { CommittedGraph } from './graph.ts'
import type { Proof } from './proof.ts'
import { TracedOperator } from './prove-operator.ts'
import { type Ends, provePayload } from './prove-payload.ts'

/** An element of an operator's output that deserves a look. */
export interface Suspect {
  /** trace entry of the output */
  readonly entry: number
  /** row-major index */
  readonly element: number
}

/**
 * Finds a proof that no honest node can have revealed this trace, cheapest first: what ties it to the hashes on chain, then
 * the shapes of all outputs in topological order, then the elements that somebody suspects.
 *
 * @param suspects elements that differ from what the finder's own run of the same operators on the same inputs gave; the
 * likeliest first
 * @returns undefined when the registered rule finds nothing wrong
 */
export function findLie(
  graph: CommittedGraph,
  trace: CommittedTrace,
  { ends, terms, suspects }: { ends: Ends; terms: Terms; suspects: Iterable<Suspect> },
): Proof | undefined {
  return (
    provePayload(graph, trace, ends, false) ??
    proveShapes(graph, trace, terms) ??
    provePayload(graph, trace, ends, true) ??
    proveElements(graph, trace, terms, suspects)
  )
}

function proveShapes(graph: CommittedGraph, trace: CommittedTrace, terms: Terms): Proof | undefined {
  for (const index of graph.operators.keys()) {
    const operator = new TracedOperator(graph, trace, index, terms)
    for (let output = 0; output < operator.outputs; output++)
      if (!operator.isShaped(output)) return operator.proveShape(output)
  }
  return undefined
}

function proveElements(
  graph: CommittedGraph,
  trace: CommittedTrace,
  terms: Terms,
  suspects: Iterable<Suspect>,
): Proof | undefined {
  if (terms.rule !== 'worstCase' && terms.rule !== 'probabilistic') return undefined
  const makers = new Map<number, { operator: TracedOperator; output: number }>()
  for (const [index, { firstOutput, axes }] of graph.operators.entries()) {
    const operator = new TracedOperator(graph, trace, index, terms)
    for (const output of axes.keys()) makers.set(firstOutput + output, { operator, output })
  }
  for (const { entry, element } of suspects) {
    const maker = makers.get(entry)
    if (maker?.operator.isFalse(maker.output, element)) return maker.operator.proveElement(maker.output, element)
  }
  return undefined
}
