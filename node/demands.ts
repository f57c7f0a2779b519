import type { Chain, Hex, PublicClient, Transport } from 'viem'
import { convictionAbi } from '../abis/Conviction.ts'
import { demandStatuses, nameOf } from '../protocol/status.ts'
import type { DemandView } from './next-move.ts'
import type { Part } from './work.ts'

/** A demand for a part of a trace, as the chain has it. */
export interface DemandedPart extends DemandView {
  readonly demandId: Hex
  readonly part: Part
}

/**
 * The demands on chain, by the results whose traces they are for.
 *
 * Events only tell that there is a demand; where it stands is read from the chain each time, as a reorg may change that.
 */
export class Demands {
  readonly #client: PublicClient<Transport, Chain | undefined>
  /** the conviction contract */
  readonly contract: Hex
  readonly #known = new Map<Hex, Set<Hex>>()

  constructor(client: PublicClient<Transport, Chain | undefined>, contract: Hex) {
    this.#client = client
    this.contract = contract
  }

  /** Finds those made in these blocks. */
  async scan(range: { fromBlock: bigint; toBlock: bigint }): Promise<void> {
    const call = { address: this.contract, abi: convictionAbi, eventName: 'Demanded', strict: true } as const
    for (const { args } of await this.#client.getContractEvents({ ...call, ...range })) {
      const known = this.#known.get(args.resultId) ?? new Set()
      this.#known.set(args.resultId, known.add(args.demandId))
    }
  }

  /** Those for parts of one result's trace, as they stand at a block. */
  async of(resultId: Hex, at: { blockNumber: bigint }): Promise<DemandedPart[]> {
    const read = async (demandId: Hex): Promise<DemandedPart> => {
      const call = { address: this.contract, abi: convictionAbi, functionName: 'demandOf', args: [demandId] } as const
      const { status, until, demand: part } = await this.#client.readContract({ ...call, ...at })
      return { demandId, status: nameOf(demandStatuses, status), until, part }
    }
    return Promise.all([...(this.#known.get(resultId) ?? [])].map(read))
  }

  /** Forgets those for other results: of all demands on chain, those of others are no node's business. */
  keep(results: ReadonlySet<Hex>): void {
    for (const resultId of this.#known.keys()) if (!results.has(resultId)) this.#known.delete(resultId)
  }
}
