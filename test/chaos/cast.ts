import { join } from 'node:path'
import type { Logger } from 'pino'
import { createPublicClient, type HDAccount, type Hex, http } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { Arbiter } from '../../demo/arbiter.ts'
import { dishonestAnswerer } from '../../demo/cheats/answerer.ts'
import { type Answerer, honestAnswerer } from '../../node/answerer.ts'
import { type AnswerRecord, ReferenceNode } from '../../node/node.ts'
import { payloadOf, sha256Hex } from '../../node/payload.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { precisions } from '../../protocol/status.ts'
import { encodeTensors } from '../../protocol/tensor.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { startAwayServer } from './artifacts-away.ts'
import type { Deployment } from './deployment.ts'
import { move, Script } from './script.ts'
import type { Planned, Ware } from './wares.ts'

/** Accounts that a cast takes: who asks and registers, the arbiter, and a node for each way to answer. */
export const CAST_ACCOUNTS = 14
const HONEST_NODES = 2
/** wei */
const FEE = 10n ** 16n
/** Seconds that nodes have to answer: no run is longer. */
const ANSWER_WITHIN = 86_400n

/** Everybody in a chaos run who is neither the watcher nor out to harm it from outside. */
export interface Cast {
  /** the arbiter that the models name */
  readonly judge: Hex
  /** Sends the requests that are due at a block of the run. @returns how many are still to be mined */
  send(block: number): Promise<number>
  /** what the nodes answered, by their own account: the ground truth */
  answers(): AnswerRecord[]
  /** Lets the servers of models, inputs and traces be away, or back. */
  setAway(away: boolean): void
  stop(): Promise<void>
}

/** Starts nodes and arbiter, and prepares the plan's requests. They talk to the chain itself: only the watcher has troubles. */
export async function startCast(parameters: {
  deployment: Deployment
  accounts: readonly HDAccount[]
  wares: readonly Ware[]
  plan: readonly Planned[]
  /** second of chain time */
  now: number
  /** where the nodes keep what they fetch */
  folder: string
  log: Logger
}): Promise<Cast> {
  const { deployment, wares, plan, log } = parameters
  const [requester, judge, ...free] = parameters.accounts as [HDAccount, HDAccount, ...HDAccount[]]
  const { contract, conviction, rpcUrl } = deployment
  const client = createPublicClient({
    ...{ chain: anvil, transport: http(rpcUrl, { batch: true }), pollingInterval: 200, cacheTime: 0 },
  })
  const server = await startAwayServer()
  const artifacts = new Artifacts({
    ...{ directory: join(parameters.folder, 'nodes'), fileRoots: [], allowPrivateHosts: true },
  })
  const fetchBytes = (reference: Parameters<Artifacts['fetch']>[0]) => artifacts.fetch(reference)
  const common = { client, contract, fetchBytes, log }
  const nodeOf = (answerer: Answerer) =>
    new ReferenceNode({
      ...{
        ...common,
        account: taken(free),
        answerer,
        publish: server.publish,
        bondFor: plan.length,
        timeoutMs: 15_000,
      },
    })
  const honest = Array.from({ length: HONEST_NODES }, () => nodeOf(honestAnswerer))
  const cheats = [...new Set(plan.flatMap(({ cheat }) => cheat ?? []))]
  const dishonest = new Map(cheats.map((cheat) => [cheat, nodeOf(dishonestAnswerer(cheat))]))
  const nodes = [...honest, ...dishonest.values()]
  const arbiter = new Arbiter({ ...common, account: judge, conviction })

  const script = new Script(rpcUrl, contract, requester)
  const modelIds = new Map<Ware, Hex>()
  for (const ware of wares) {
    const terms = await termsOf(ware, judge.address, await server.publish(ware.file))
    await script.add(0, { data: move('registerModel', [terms]) })
    const call = { address: contract, abi: gainsayAbi, functionName: 'modelIdOf', args: [terms] } as const
    modelIds.set(ware, await client.readContract(call))
  }
  const deadline = BigInt(parameters.now) + ANSWER_WITHIN
  for (const [i, { at, ware, cheat, seed }] of plan.entries()) {
    const node = cheat ? dishonest.get(cheat) : honest[i % HONEST_NODES]
    const input = await payloadOf(encodeTensors(ware.input(seed)), server.publish)
    const data = move('request', [modelIds.get(ware), node?.address, input, deadline])
    await script.add(at, { data, value: FEE, gas: 6_000_000n })
  }
  for (const one of [...nodes, arbiter]) one.start()
  return {
    judge: judge.address,
    send: (block) => script.send(block),
    answers: () => nodes.flatMap((one) => one.answers()),
    setAway: server.setAway,
    async stop() {
      await Promise.allSettled([arbiter.stop(), ...nodes.map((one) => one.stop())])
      await server.stop()
    },
  }
}

function taken(free: HDAccount[]): HDAccount {
  const account = free.shift()
  if (!account) throw new Error(`a cast with so many nodes takes more than ${CAST_ACCOUNTS} accounts`)
  return account
}

/** The terms of a model as its registration has them. */
export async function termsOf(ware: Ware, arbiter: Hex, uri: string) {
  return {
    modelHash: sha256Hex(ware.file),
    graphRoot: committedModel(ware.file).graph.root,
    ...{ uri, arbiter, tolerance: ware.tolerance, lambda: ware.lambda },
    precision: precisions.indexOf('fp32'),
    rule: rules.indexOf(ware.rule),
  }
}
