import { createPublicClient, createWalletClient, getContractAddress, http } from 'viem'
import { anvil } from 'viem/chains'
import { operatorAbi, operatorBytecodes } from '../../abis/operators.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import type { Range } from '../../protocol/arithmetic/range.ts'
import type { Query, Shape } from '../../protocol/operators/operator.ts'
import { View } from '../../protocol/operators/view.ts'
import { stored } from '../../protocol/proof/layout.ts'
import { type DType, dtypes, type Tensor } from '../../protocol/tensor.ts'

/** A query with whole tensors as inputs, for either side. */
export interface Case {
  readonly type: string
  readonly query: Omit<Query, 'inputs'> & { readonly inputs: readonly (Tensor | undefined)[] }
  /** how each input is stored, see `Tensor` in the contracts; -1 if not given */
  readonly axes?: readonly number[]
}

/** The operators' contracts on a local chain, asked by calls that change nothing. */
export class ChainOperators {
  readonly #chain: LocalChain
  readonly #addresses: ReadonlyMap<string, `0x${string}`>
  readonly #client

  private constructor(chain: LocalChain, addresses: ReadonlyMap<string, `0x${string}`>) {
    this.#chain = chain
    this.#addresses = addresses
    this.#client = createPublicClient({ chain: anvil, transport: http(chain.rpcUrl, { batch: { batchSize: 50 } }) })
  }

  static async start(types: readonly string[]): Promise<ChainOperators> {
    const chain = await startLocalChain({ blockTime: 1 })
    const account = chain.accounts[0]
    if (!account) throw new Error('no account')
    const wallet = createWalletClient({ account, chain: anvil, transport: http(chain.rpcUrl) })
    const client = createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), pollingInterval: 50 })
    const addresses = new Map<string, `0x${string}`>()
    let hash: `0x${string}` | undefined
    for (const [nonce, type] of types.entries()) {
      const bytecode = operatorBytecodes[type]
      if (!bytecode) throw new Error(`there is no contract for ${type}: run npm run abis`)
      hash = await wallet.deployContract({ abi: operatorAbi, bytecode, nonce })
      addresses.set(type, getContractAddress({ from: account.address, nonce: BigInt(nonce) }))
    }
    if (hash) await client.waitForTransactionReceipt({ hash })
    return new ChainOperators(chain, addresses)
  }

  stop(): Promise<void> {
    return this.#chain.stop()
  }

  /** The contract's range; undefined where it reverts. */
  async element(one: Case): Promise<Range | undefined> {
    const range = await this.#read(one, 'element')
    if (!range || !('kind' in range)) return undefined
    if (range.kind === 0) return { kind: 'open' }
    if (range.kind === 1) return { kind: 'bits', bits: range.bits }
    return { kind: 'interval', low: range.low, high: range.high }
  }

  /** The contract's shape; undefined where it reverts. */
  async shape(one: Case): Promise<Shape | undefined> {
    const shape = await this.#read(one, 'shape')
    if (!Array.isArray(shape)) return undefined
    const [code, dims] = shape as [number, number[]]
    const dtype = (Object.keys(dtypes) as DType[]).find((name) => dtypes[name].code === code)
    if (!dtype) throw new Error(`the contract names the unknown type ${code}`)
    return { dtype, dims }
  }

  async #read(one: Case, functionName: 'element' | 'shape') {
    const address = this.#addresses.get(one.type)
    if (!address) throw new Error(`${one.type} is not deployed`)
    const { terms, attributes, inputs, output, dims, index } = one.query
    const q = {
      terms: { rule: rules.indexOf(terms.rule), lambda: terms.lambda },
      attributes,
      inputs: inputs.map((tensor, i) => chainView(tensor, one.axes?.[i] ?? -1)),
      output: BigInt(output),
      dims,
      index: BigInt(index),
    }
    try {
      return await this.#client.readContract({
        address,
        abi: operatorAbi,
        functionName,
        args: [q],
      })
    } catch (error) {
      if (/revert/i.test(String(error))) return undefined
      throw error
    }
  }
}

/** TypeScript's inputs of a case. */
export function viewsOf({ query }: Case): (View | undefined)[] {
  return query.inputs.map((tensor) => tensor && new View(tensor))
}

function chainView(tensor: Tensor | undefined, axis: number) {
  if (!tensor) return { given: false, dtype: 0, axis: -1, dims: [], starts: [], runs: [] }
  const { dtype, dims } = tensor
  const data: `0x${string}` = `0x${Buffer.from(stored(tensor, axis)).toString('hex')}`
  return { given: true, dtype: dtypes[dtype].code, axis, dims, starts: [0n], runs: [data] }
}
