import {
  createPublicClient,
  createWalletClient,
  encodeDeployData,
  getContractAddress,
  http,
  type LocalAccount,
  stringToHex,
} from 'viem'
import { anvil } from 'viem/chains'
import { checkerAbi, checkerBytecode } from '../abis/Checker.ts'
import { convictionAbi, convictionBytecode } from '../abis/Conviction.ts'
import { gainsayAbi, gainsayBytecode } from '../abis/Gainsay.ts'
import { operatorBytecodes } from '../abis/operators.ts'
import { type GainsayParameters, LocalChainError } from './chain.ts'

/** Where the protocol's contracts are, in lower case, and the block of the last one: the first to index. */
export interface Deployed {
  readonly gainsay: `0x${string}`
  readonly conviction: `0x${string}`
  readonly checker: `0x${string}`
  readonly blockNumber: bigint
}

/** What demands cost and how long they take; `IConviction.DemandTerms`. */
export interface DemandTerms {
  /** seconds */
  readonly supplyWindow: bigint
  /** seconds */
  readonly useWindow: bigint
  /** wei */
  readonly baseFee: bigint
  /** wei */
  readonly chunkFee: bigint
}

/** Half of what a block of the local chain holds. */
const BLOCK_GAS = 30_000_000n

/**
 * Deploys the whole protocol: a contract for each operator, the checker that asks them, Gainsay, and the conviction
 * contract in its seat.
 *
 * Gainsay and the conviction contract name each other, so the second's address is foretold from the deployer's nonce.
 *
 * @param account nobody else may send from it meanwhile
 */
export async function deployProtocol({
  rpcUrl,
  account,
  parameters,
  demandTerms,
}: {
  rpcUrl: string
  account: LocalAccount
  parameters: Omit<GainsayParameters, 'conviction'>
  demandTerms: DemandTerms
}): Promise<Deployed> {
  const transport = http(rpcUrl)
  const client = createPublicClient({ chain: anvil, transport, pollingInterval: 100 })
  const wallet = createWalletClient({ account, chain: anvil, transport })
  let nonce = await client.getTransactionCount({ address: account.address })
  const addressAt = (at: number) => getContractAddress({ from: account.address, nonce: BigInt(at) })
  const sent: { hash: `0x${string}`; what: string }[] = []
  let waiting = 0n
  let blockNumber = 0n
  const mined = async () => {
    for (const { hash, what } of sent.splice(0)) {
      const receipt = await client.waitForTransactionReceipt({ hash })
      if (receipt.status !== 'success') throw new LocalChainError(`${what} was not deployed`)
      blockNumber = receipt.blockNumber
    }
  }
  const deploy = async (what: string, data: `0x${string}`) => {
    const address = addressAt(nonce)
    // Not estimated: that takes longer than the deployment itself.
    const gas = 300_000n + BigInt(data.length) * 200n
    // More than a block holds at once, and Anvil may forget the rest.
    if (waiting + gas > BLOCK_GAS) {
      await mined()
      waiting = 0n
    }
    waiting += gas
    sent.push({ what, hash: await wallet.sendTransaction({ data, gas, nonce: nonce++ }) })
    return address
  }

  const names = Object.keys(operatorBytecodes)
  const operators: `0x${string}`[] = []
  for (const name of names) operators.push(await deploy(name, operatorBytecodes[name] as `0x${string}`))
  const padded = names.map((name) => stringToHex(name, { size: 32 }))
  const checker = await deploy(
    'Checker',
    encodeDeployData({ abi: checkerAbi, bytecode: checkerBytecode, args: [padded, operators] }),
  )
  const conviction = addressAt(nonce + 1)
  const args = [{ ...parameters, conviction }] as const
  const gainsay = await deploy('Gainsay', encodeDeployData({ abi: gainsayAbi, bytecode: gainsayBytecode, args }))
  await deploy(
    'Conviction',
    encodeDeployData({
      abi: convictionAbi,
      bytecode: convictionBytecode,
      args: [gainsay, checker, demandTerms],
    }),
  )
  await mined()
  return { gainsay: lower(gainsay), conviction: lower(conviction), checker: lower(checker), blockNumber }
}

function lower(address: `0x${string}`): `0x${string}` {
  return address.toLowerCase() as `0x${string}`
}
