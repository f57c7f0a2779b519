import { join } from 'node:path'
import type { Logger } from 'pino'
import { createPublicClient, createWalletClient, type HDAccount, http } from 'viem'
import { anvil } from 'viem/chains'
import { gainsayAbi } from '../abis/Gainsay.ts'
import type { Config } from '../config/config.ts'
import { contractNeeded } from '../config/principal.ts'
import { honestAnswerer } from '../node/answerer.ts'
import { type AnswerRecord, type NodeParameters, ReferenceNode } from '../node/node.ts'
import { payloadOf } from '../node/payload.ts'
import { rules } from '../protocol/arithmetic/bounds.ts'
import { committedModel } from '../protocol/proof/committed-model.ts'
import { precisions } from '../protocol/status.ts'
import { encodeTensors } from '../protocol/tensor.ts'
import { Artifacts } from '../replay/artifacts/artifacts.ts'
import { Arbiter } from './arbiter.ts'
import { startArtifactServer } from './artifact-server.ts'
import { dishonestAnswerer } from './cheats/answerer.ts'
import { cheats } from './cheats/index.ts'
import { type DemoModel, readDemoModel } from './models.ts'
import { planRun } from './plan.ts'
import { randomFrom } from './random.ts'
import { makeRequests, type PlannedRequest } from './requester.ts'
import { FEE } from './terms.ts'

const HONEST_NODES = 3

/** How many accounts {@link startActors} takes. */
export const ACTOR_ACCOUNTS = 3 + HONEST_NODES + cheats.length

/** Everybody in the demo but Gainsay. */
export interface Actors {
  /** Starts making the requests that the seed decides. */
  request(): void
  /** what the nodes answered, by their own account: the ground truth */
  answers(): AnswerRecord[]
  stop(): Promise<void>
}

/** Who plays what. */
export function castOf(accounts: readonly HDAccount[]) {
  const [registrant, judge, requester, ...nodeAccounts] = accounts as [HDAccount, HDAccount, HDAccount, ...HDAccount[]]
  return { registrant, judge, requester, nodeAccounts }
}

/**
 * Starts the world that Gainsay watches: registers the models, starts honest nodes, one node a cheat, and the arbiter.
 */
export async function startActors(parameters: {
  config: Config
  /** the conviction contract */
  conviction: `0x${string}`
  models: readonly DemoModel[]
  accounts: readonly HDAccount[]
  results: number
  seed: number
  log: Logger
}): Promise<Actors> {
  const { config, conviction, models, results, log } = parameters
  const { registrant, judge, requester, nodeAccounts } = castOf(parameters.accounts)
  const { rpcUrls, contract } = contractNeeded(config)
  const rpcUrl = rpcUrls[0] as string
  const transport = http(rpcUrl, { batch: true })
  const client = createPublicClient({ chain: anvil, transport, pollingInterval: 200, cacheTime: 0 })
  const server = await startArtifactServer()
  const artifacts = new Artifacts({
    directory: join(config.dataDir, 'node-artifacts'),
    fileRoots: config.fileRoots,
    allowPrivateHosts: true,
  })
  const fetchBytes: NodeParameters['fetchBytes'] = (reference) => artifacts.fetch(reference)
  const common = { client, contract, fetchBytes, log }

  const modelIds = await registerModels({
    ...{ config, models, registrant, arbiter: judge.address },
    publish: server.publish,
  })
  const node = (account: HDAccount, answerer: NodeParameters['answerer']) =>
    new ReferenceNode({ ...common, account, answerer, publish: server.publish, bondFor: results })
  const honest = nodeAccounts.slice(0, HONEST_NODES).map((account) => node(account, honestAnswerer))
  const dishonest = new Map(
    cheats.map((cheat, i) => [cheat, node(nodeAccounts[HONEST_NODES + i] as HDAccount, dishonestAnswerer(cheat))]),
  )
  const nodes = [...honest, ...dishonest.values()]
  const arbiter = new Arbiter({ ...common, account: judge, conviction })
  for (const actor of [...nodes, arbiter]) actor.start()

  const random = randomFrom(parameters.seed)
  const byName = new Map(models.map((model) => [model.name, model]))
  const names = models.map(({ name }) => name)
  const plan: PlannedRequest[] = []
  for (const { model, cheat, seed } of planRun(results, names, cheats, random)) {
    const answering = cheat ? dishonest.get(cheat) : honest[random.below(honest.length)]
    const input = encodeTensors((byName.get(model) as DemoModel).input(seed))
    plan.push({
      modelId: modelIds.get(model) as `0x${string}`,
      node: (answering as ReferenceNode).address,
      input: await payloadOf(input, server.publish),
      fee: FEE,
    })
  }
  const stopping = new AbortController()
  let requests: Promise<void> | undefined

  return {
    request() {
      const { signal } = stopping
      requests ??= makeRequests({ rpcUrl, contract, account: requester, plan, signal })
    },
    answers: () => nodes.flatMap((one) => one.answers()),
    async stop() {
      stopping.abort()
      await Promise.allSettled([requests, arbiter.stop(), ...nodes.map((one) => one.stop())])
      await server.stop()
    },
  }
}

async function registerModels(parameters: {
  config: Config
  models: readonly DemoModel[]
  registrant: HDAccount
  arbiter: `0x${string}`
  publish: (bytes: Uint8Array) => Promise<string>
}): Promise<Map<DemoModel['name'], `0x${string}`>> {
  const { config, models, registrant, arbiter, publish } = parameters
  const { rpcUrls, contract } = contractNeeded(config)
  const transport = http(rpcUrls[0])
  const client = createPublicClient({ chain: anvil, transport, pollingInterval: 100 })
  const wallet = createWalletClient({ account: registrant, chain: anvil, transport })
  const call = { address: contract, abi: gainsayAbi } as const
  const registered = models.map(async (model, i) => {
    const file = readDemoModel(model)
    const terms = {
      modelHash: model.modelHash,
      graphRoot: committedModel(file).graph.root,
      uri: await publish(file),
      precision: precisions.indexOf(model.precision),
      tolerance: model.tolerance,
      arbiter,
      rule: rules.indexOf(model.terms.rule),
      lambda: model.terms.lambda,
    }
    const id = await client.readContract({ ...call, functionName: 'modelIdOf', args: [terms] })
    const nonce = (await client.getTransactionCount({ address: registrant.address })) + i
    const hash = await wallet.writeContract({
      ...call,
      functionName: 'registerModel',
      args: [terms],
      nonce,
      gas: 2_000_000n,
    })
    const receipt = await client.waitForTransactionReceipt({ hash })
    if (receipt.status !== 'success') throw new Error(`the model ${model.name} could not be registered`)
    return [model.name, id] as const
  })
  return new Map(await Promise.all(registered))
}
