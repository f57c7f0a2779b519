import { inlineModel } from '../inline.ts'
import { type CommittedGraph, committedGraph } from './graph.ts'

/** A model as disputes see it. */
export interface CommittedModel {
  /** the file with its constant branches inlined; the same bytes where there are none */
  readonly flat: Uint8Array
  readonly graph: CommittedGraph
}

const known = new WeakMap<Uint8Array, CommittedModel>()

/**
 * The commitment to a model's graph, which anyone recomputes from the file. Remembered as long as somebody holds the file.
 *
 * @throws OnnxFormatError when the bytes are not a model
 */
export function committedModel(file: Uint8Array): CommittedModel {
  let model = known.get(file)
  if (!model) {
    const flat = inlineModel(file)
    model = { flat, graph: committedGraph(flat) }
    known.set(file, model)
  }
  return model
}
