import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { encodeAbiParameters, type Hex, keccak256, parseAbiParameters, toHex } from 'viem'
import { encodePart, encodeProof } from '../chain/encode-proof.ts'
import { recordOperatorGraph, shownOperators } from '../journal/operator-graph.ts'
import { type Finding as FindingRow, recordFinding, recordProvability } from '../journal/queries.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { largestDot } from '../protocol/proof/largest-dot.ts'
import { type Finding, findProof } from '../replay/find-proof.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedResult } from './index-client.ts'

type Tools = Pick<Watch, 'artifacts' | 'pool' | 'journal' | 'log' | 'clock'>

/** Runs what takes much of a processor when nothing else of that kind runs. */
export type OneByOne = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Looks for a proof in the trace of a revealed result and records what it found. A trace that could not be fetched is
 * looked for again in the next round, until half of its window is over; then it counts as withheld. So is one whose
 * operators could not be run for now.
 *
 * @param now seconds of chain time
 * @param signal once aborted, nothing is recorded: what a shutdown cut off is no finding
 * @param patience seconds before the window's end after which a trace that cannot be had is demanded on chain
 * @param oneByOne takes what is done once everything has arrived: what is still awaited keeps nobody from it
 */
export async function find(
  it: Tools,
  { key, result }: Collected,
  { now, patience, signal, oneByOne }: { now: bigint; patience: bigint; signal: AbortSignal; oneByOne: OneByOne },
): Promise<void> {
  const { challenge, model, request } = result
  if (!challenge?.traceRoot) return
  const modelPath = await it.artifacts.pathFor({ hash: model.modelHash, uri: model.uri })
  const { traceRoot: root, traceUri } = challenge
  const hasTime = now + patience < result.windowEnd
  let finding: Finding
  try {
    // Without an address there is nothing to wait for.
    const bytes = traceUri ? await it.artifacts.fetchUnhashed(traceUri) : undefined
    const matter = { modelHash: model.modelHash, modelPath, priority: Number(result.windowEnd) }
    finding = await oneByOne(() =>
      findProof(
        { ...matter, ...(bytes && { trace: async () => ({ root, bytes }) }) },
        { ends: { input: request.inputHash, output: result.outputHash }, terms: model },
        it.pool,
      ),
    )
  } catch (error) {
    if ((error as { retryable?: unknown }).retryable === true && hasTime) throw error
    finding = { kind: 'withheld', reason: `the trace cannot be fetched: ${(error as Error).message}` }
  }
  if (signal.aborted) return
  if (finding.kind === 'unprovable' && finding.retryable && hasTime) throw new Error(finding.reason)
  await recordFinding(it.journal, rowOf(key, finding, it.clock()))
  const about = { result: result.id, finding: finding.kind }
  it.log.info(
    finding.kind === 'provable' ? { ...about, where: finding.where } : { ...about, reason: finding.reason },
    'trace looked at',
  )
}

function rowOf(observationKey: string, finding: Finding, foundAt: number): FindingRow {
  const nothing = { claim: null, operator: null, entry: null, element: null, proof: null, salt: null }
  if (finding.kind !== 'provable')
    return { ...nothing, observationKey, kind: finding.kind, reason: finding.reason, foundAt }
  const { proof, where } = finding
  const operator =
    'operator' in proof
      ? {
          operator: proof.operator.type,
          entry: proof.operator.firstOutput + proof.output,
          element: proof.claim === 'element' ? proof.element : null,
        }
      : {}
  return {
    ...nothing,
    ...operator,
    ...{ observationKey, kind: 'provable', claim: proof.claim, reason: where, foundAt },
    // Kept with the proof: a restart must be able to show what it has committed to.
    ...{ proof: encodeProof(proof), salt: toHex(randomBytes(32)) },
  }
}

/**
 * What `Conviction.commitmentOf` gives: names the convictor and the proof, so that nobody else can use it.
 *
 * @returns undefined for a finding without a proof
 */
export function commitmentOf(me: Hex, resultId: Hex, { proof, salt }: FindingRow): Hex | undefined {
  if (!proof || !salt) return undefined
  const types = parseAbiParameters('address, bytes32, bytes32, bytes32')
  return keccak256(encodeAbiParameters(types, [me, resultId, keccak256(proof as Hex), salt as Hex]))
}

/** Shows that every node could supply the header of its trace's first tensor: all that demanding it takes. */
export async function demandProofOf({ artifacts }: Pick<Watch, 'artifacts'>, { model }: IndexedResult): Promise<Hex> {
  const { graph } = await modelOf(artifacts, model)
  return encodePart(graph.header, {
    tensor: { dtype: 'bool', axis: -1, dims: [], root: new Uint8Array(32) },
    path: [],
    runs: [],
  })
}

/** Records once what of a model's file the contract can check; of a registration it says nothing, see {@link isCheckable}. */
export async function inspect(it: Tools, model: IndexedResult['model'], oneByOne: OneByOne): Promise<void> {
  await it.artifacts.pathFor({ hash: model.modelHash, uri: model.uri })
  const { graph } = await oneByOne(() => modelOf(it.artifacts, model))
  const { root: graphRoot, problems } = graph
  await recordOperatorGraph(it.journal, {
    ...{ modelHash: model.modelHash, operators: graph.operators.length },
    shown: JSON.stringify(shownOperators(graph.operators)),
  })
  await recordProvability(it.journal, {
    ...{ modelHash: model.modelHash, graphRoot, provable: problems.length === 0 ? 1 : 0 },
    ...{ problems: JSON.stringify(problems), operators: graph.operators.length, checkedAt: it.clock() },
    largestDot: largestDot(graph),
  })
}

async function modelOf(artifacts: Watch['artifacts'], { modelHash, uri }: IndexedResult['model']) {
  return committedModel(new Uint8Array(await readFile(await artifacts.pathFor({ hash: modelHash, uri }))))
}
