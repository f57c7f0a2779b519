import {
  type Account,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  keccak256,
  parseEther,
  zeroAddress,
} from 'viem'
import { anvil } from 'viem/chains'
import { checkerAbi } from '../../abis/Checker.ts'
import { convictionAbi } from '../../abis/Conviction.ts'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { encodeProof } from '../../chain/encode-proof.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { type Deployed, deployProtocol } from '../../demo/deploy.ts'
import { demandTerms, terms as protocolTerms } from '../../demo/terms.ts'
import { rules, type Terms } from '../../protocol/arithmetic/bounds.ts'
import type { Proof } from '../../protocol/proof/proof.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { contractStatuses, nameOf, precisions, type Status } from '../../protocol/status.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'

/** What a result in dispute is made of. */
export interface Dispute {
  readonly modelHash: Hex
  readonly graphRoot: Hex
  readonly terms: Terms
  readonly inputs: NamedTensors
  readonly outputs: NamedTensors
  readonly traceRoot: Hex
}

/** The whole protocol on a local chain that makes a block for each transaction, and an account for each part. */
export class Court {
  readonly chain: LocalChain
  readonly deployed: Deployed
  readonly #client
  readonly #requester: Account
  readonly #node: Account
  readonly #watcher: Account
  #requests = 0

  private constructor(chain: LocalChain, deployed: Deployed) {
    this.chain = chain
    this.deployed = deployed
    this.#client = createPublicClient({
      chain: anvil,
      transport: http(chain.rpcUrl),
      pollingInterval: 20,
      cacheTime: 0,
    })
    const [, requester, node, watcher] = chain.accounts
    if (!requester || !node || !watcher) throw new Error('too few accounts')
    this.#requester = requester
    this.#node = node
    this.#watcher = watcher
  }

  static async open(): Promise<Court> {
    const chain = await startLocalChain({ blockTime: 1, gasLimit: 60_000_000 })
    const account = chain.accounts[0]
    if (!account) throw new Error('no account')
    const deployed = await deployProtocol({ rpcUrl: chain.rpcUrl, account, parameters: protocolTerms, demandTerms })
    const court = new Court(chain, deployed)
    await court.#rpc('evm_setIntervalMining', [0])
    await court.#rpc('evm_setAutomine', [true])
    await court.#send(court.#node, gainsayAbi, deployed.gainsay, 'bond', [], parseEther('1000'))
    return court
  }

  close(): Promise<void> {
    return this.chain.stop()
  }

  /** Takes a result from its request to the revealed trace. */
  async reveal({ modelHash, graphRoot, terms, inputs, outputs, traceRoot }: Dispute): Promise<Hex> {
    const { gainsay } = this.deployed
    const model = {
      ...{ modelHash, graphRoot, uri: 'https://models.invalid/model.onnx', arbiter: zeroAddress },
      ...{ precision: precisions.indexOf('fp32'), tolerance: 10n ** 13n },
      ...{ rule: rules.indexOf(terms.rule), lambda: terms.lambda },
    }
    const modelId = await this.#read('modelIdOf', [model])
    const known = (await this.#read('modelOf', [modelId])) as { modelHash: Hex }
    if (BigInt(known.modelHash) === 0n) await this.#send(this.#requester, gainsayAbi, gainsay, 'registerModel', [model])
    const nonce = this.#requests++
    const input = { hash: sha256Hex(encodeTensors(inputs)), uri: 'https://inputs.invalid', data: '0x' }
    const output = { hash: sha256Hex(encodeTensors(outputs)), uri: 'https://outputs.invalid', data: '0x' }
    const { timestamp } = await this.#client.getBlock()
    const deadline = timestamp + 3600n
    const node = this.#node.address
    await this.#send(this.#requester, gainsayAbi, gainsay, 'request', [modelId, node, input, deadline], 1n)
    const asked = [this.#requester.address, BigInt(nonce), modelId, node, input.hash, input.uri, 1n, deadline]
    const requestId = await this.#read('requestIdOf', asked)
    await this.#send(this.#node, gainsayAbi, gainsay, 'post', [requestId, output])
    const resultId = (await this.#read('resultIdOf', [requestId, node, output.hash, output.uri])) as Hex
    await this.#send(this.#watcher, gainsayAbi, gainsay, 'challenge', [resultId], protocolTerms.challengeBond)
    await this.#send(this.#node, gainsayAbi, gainsay, 'reveal', [resultId, traceRoot, 'https://traces.invalid'])
    return resultId
  }

  /** Commits to a proof and shows it. @returns gas used by the two, and the status that the result then has */
  async convict(resultId: Hex, proof: Proof): Promise<{ commitGas: bigint; convictGas: bigint; status: Status }> {
    const { conviction } = this.deployed
    const bytes = encodeProof(proof)
    const salt = keccak256(bytes)
    const commitment = await this.#client.readContract({
      ...{ address: conviction, abi: convictionAbi, functionName: 'commitmentOf' as const },
      args: [this.#watcher.address, resultId, keccak256(bytes), salt],
    })
    const commitGas = await this.#send(this.#watcher, convictionAbi, conviction, 'commit', [commitment])
    const convictGas = await this.#send(this.#watcher, convictionAbi, conviction, 'convict', [resultId, bytes, salt])
    return { commitGas, convictGas, status: await this.statusOf(resultId) }
  }

  async statusOf(resultId: Hex): Promise<Status> {
    return nameOf(contractStatuses, (await this.#read('statusOf', [resultId])) as number)
  }

  /** Asks the checker about a proof, without a result: whether it convicts, or why it is no proof. */
  async isGuilty(dispute: Dispute, proof: Proof): Promise<boolean> {
    const { graphRoot, traceRoot, terms } = dispute
    const subject = {
      ...{ traceRoot, graphRoot, terms: { rule: rules.indexOf(terms.rule), lambda: terms.lambda } },
      inputHash: sha256Hex(encodeTensors(dispute.inputs)),
      outputHash: sha256Hex(encodeTensors(dispute.outputs)),
    }
    return this.#client.readContract({
      ...{ address: this.deployed.checker, abi: checkerAbi, functionName: 'isGuilty' as const },
      args: [subject, encodeProof(proof)],
    })
  }

  #read(functionName: string, args: readonly unknown[]): Promise<unknown> {
    return this.#client.readContract({ address: this.deployed.gainsay, abi: gainsayAbi, functionName, args } as never)
  }

  async #send(
    account: Account,
    abi: readonly unknown[],
    address: Hex,
    functionName: string,
    args: readonly unknown[],
    value = 0n,
  ): Promise<bigint> {
    const wallet = createWalletClient({ account, chain: anvil, transport: http(this.chain.rpcUrl) })
    const call = { address, abi, functionName, args, value, gas: 30_000_000n }
    const hash = await wallet.writeContract(call as never)
    const receipt = await this.#client.waitForTransactionReceipt({ hash })
    if (receipt.status === 'success') return receipt.gasUsed
    // Asked again, for the reason: viem's own error quotes all of the calldata.
    const asked = await this.#client.simulateContract({ ...call, account } as never).catch((error) => error)
    throw new Error(`${functionName} reverted: ${(asked as { shortMessage?: string }).shortMessage}`)
  }

  async #rpc(method: string, params: unknown[]): Promise<void> {
    await this.#client.request({ method, params } as never)
  }
}
