import type { Suspect } from '../protocol/proof/find-lie.ts'
import type { CommittedGraph } from '../protocol/proof/graph.ts'
import { dtypes, elementCount, type NamedTensors, sameShape, type Tensor } from '../protocol/tensor.ts'

/** Elements looked at of each output, by each of two measures: exact arithmetic takes up to milliseconds an element. */
const EACH = 24

/**
 * Elements in which a trace differs from what our own run of the same operators on the same inputs gave: operators in
 * their order, of each the largest differences first, then those that are largest for the size of the numbers.
 *
 * A difference of a last bit is no suspicion: no bound is that tight.
 */
export function* suspectsOf(graph: CommittedGraph, claimed: NamedTensors, made: NamedTensors): Iterable<Suspect> {
  for (const [entry, name] of graph.names.entries()) {
    const [given, own] = [claimed.get(name), made.get(name)]
    if (!given || !own || !sameShape(given, own) || Buffer.compare(given.data, own.data) === 0) continue
    for (const element of given.dtype === 'float32' ? differingFloats(given, own) : differing(given, own))
      yield { entry, element }
  }
}

/** Of a trace that cannot be run, all elements of tensors up to this size are suspects. */
const SMALL = 256

/**
 * Suspects where our own run did not come about: a lie about a shape makes the runtime refuse. Such lies are in small
 * tensors, so each of their elements is one.
 */
export function* smallSuspects(graph: CommittedGraph, claimed: NamedTensors): Iterable<Suspect> {
  for (const [entry, name] of graph.names.entries()) {
    const tensor = claimed.get(name)
    const count = tensor ? elementCount(tensor.dims) : 0
    if (entry >= graph.inputs.length && count <= SMALL)
      for (let element = 0; element < count; element++) yield { entry, element }
  }
}

function differingFloats(given: Tensor, own: Tensor): number[] {
  const [a, b] = [floats(given), floats(own)]
  const far: { element: number; by: number; relative: number }[] = []
  for (let element = 0; element < a.length; element++) {
    const [x, y] = [a[element] as number, b[element] as number]
    if (Object.is(x, y)) continue
    const by = Math.abs(x - y)
    const relative = by / Math.max(Math.abs(x), Math.abs(y))
    // A NaN on either side is the most suspicious of all.
    if (Number.isNaN(by)) far.push({ element, by: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY })
    else if (relative > 2 ** -23) far.push({ element, by, relative })
  }
  const largest = far.toSorted((p, q) => q.by - p.by).slice(0, EACH)
  const most = far.toSorted((p, q) => q.relative - p.relative).slice(0, EACH)
  return [...new Set([...largest, ...most].map(({ element }) => element))]
}

function differing(given: Tensor, own: Tensor): number[] {
  const { bytes: width } = dtypes[given.dtype]
  const found = new Set<number>()
  for (let at = 0; at < given.data.length && found.size < EACH; at++)
    if (given.data[at] !== own.data[at]) found.add(Math.floor(at / width))
  return [...found]
}

function floats({ data }: Tensor): Float32Array {
  return new Float32Array(new Uint8Array(data).buffer)
}
