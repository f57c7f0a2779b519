import type { Hex } from 'viem'
import type { Rule } from '../protocol/arithmetic/bounds.ts'
import type { CommittedGraph } from '../protocol/proof/graph.ts'
import type { NamedTensors } from '../protocol/tensor.ts'

/** Thrown for what an honest node must not answer: it could not defend its answer on chain, and would lose its bond. */
export class UndefendableError extends Error {
  override name = 'UndefendableError'
}

/**
 * Refuses a model by which an honest node could be made to lose. Where a proof convicts, the registered graph must be
 * that of the file: by another one, the honest trace is a lie. And every output must be a tensor of the trace, or there
 * is no trace to reveal.
 *
 * @param registered what the registration says
 * @throws UndefendableError naming what is wrong
 */
export function refuseUndefendable(
  { root, outputs }: Pick<CommittedGraph, 'root' | 'outputs'>,
  registered: { readonly rule: Rule; readonly graphRoot: Hex },
): void {
  if (registered.rule !== 'arbiter' && registered.graphRoot.toLowerCase() !== root)
    throw new UndefendableError(`the model is registered with the graph ${registered.graphRoot}, its file has ${root}`)
  const constant = outputs.find(({ entry }) => entry < 0)
  if (constant) throw new UndefendableError(`no operator makes the output ${quote(constant.name)}`)
}

/**
 * Refuses a request whose inputs are not exactly those of the model's graph. A runtime may be content with others (a
 * default overridden, a type converted), but then the trace says nothing of what it was really fed, and cannot be tied to
 * the input's hash on chain.
 *
 * @throws UndefendableError naming what does not fit
 */
export function refuseUnfit({ inputs }: Pick<CommittedGraph, 'inputs'>, given: NamedTensors): void {
  for (const { name, dtype } of inputs) {
    const tensor = given.get(name)
    if (!tensor) throw new UndefendableError(`the request has no input ${quote(name)}`)
    if (tensor.dtype !== dtype)
      throw new UndefendableError(
        `the input ${quote(name)} is ${tensor.dtype}, the model's is ${dtype ?? 'no tensor of numbers'}`,
      )
  }
  const names = new Set(inputs.map(({ name }) => name))
  for (const name of given.keys())
    if (!names.has(name)) throw new UndefendableError(`the model has no input ${quote(name)}`)
}

/** A stranger's name, cut short for a log. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 80))
}
