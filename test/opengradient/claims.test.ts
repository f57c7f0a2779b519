import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPublicClient, createWalletClient, http } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { inferencePrecompileAbi } from '../../networks/opengradient/abi.ts'
import { inferenceClaim } from '../../networks/opengradient/claim.ts'
import { recordInference } from '../../networks/opengradient/inference.ts'
import type { InferenceEvent } from '../../networks/opengradient/types.ts'
import type { ModelSignature } from '../../protocol/signature.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { examine } from '../../replay/examine.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { corpusModel } from '../corpus/models.ts'
import { honestEvent, type Tampering, tampered, tamperings } from './events.ts'
import { emitterCode, inferenceEmission } from './precompile.ts'

const PRECOMPILE = '0x00000000000000000000000000000000000000f4'
const cid = 'QmbbzDwqSxZSgkz1EbsNHp2mb67rYeUYHYWJ4wECE24S7A'
let folder: string
let artifacts: Artifacts
let pool: Pool
let chain: LocalChain

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-opengradient-'))
  artifacts = new Artifacts({ directory: folder })
  pool = new Pool({ workers: 1, spare: false })
  chain = await startLocalChain({ blockTime: 0.2, gasLimit: 1_000_000_000 })
})
afterAll(async () => {
  await pool?.close()
  await chain?.stop()
  await rm(folder, { recursive: true })
})

describe('claims of inferences', () => {
  it.each(['silero_v5', 'namaste_deepa'])('of %s: honest events are valid, tampered ones are not', async (name) => {
    const model = corpusModel(name)
    const hash = await artifacts.put(model.file())
    const asked = await pool.signature(hash, artifacts.pathOf(hash))
    if (asked.kind === 'failed') throw new Error(asked.reason)
    const [one, two] = await Promise.all(['a', 'b'].map((id) => honestEvent(model.file(), cid, model.input(id), id)))
    if (!one || !two) throw new Error('no events')
    const hows = Object.keys(tamperings) as Tampering[]
    const sent = [one, two, ...hows.map((how) => tampered(one, how, two))]
    const kinds: string[] = []
    for (const event of await throughAnvil(sent))
      kinds.push(await verdictOf(event, hash, asked.signature, model.tolerance))
    expect(kinds).toEqual(['valid', 'valid', ...hows.map((how) => tamperings[how])])
  })
})

async function verdictOf(event: InferenceEvent, hash: `0x${string}`, signature: ModelSignature, tolerance: number) {
  const { input, output, modelUri } = recordInference(event, 1)
  const made = inferenceClaim({
    model: { hash, uri: modelUri },
    input: input.bytes,
    output: output.bytes,
    signature,
    tolerance: BigInt(Math.round(tolerance * 1e18)),
  })
  if (made.kind === 'undetermined') return made.kind
  return (await examine(made.claim, { artifacts, pool })).verdict.kind
}

/** The events as a chain gives them, emitted by the contract in the precompile's place. */
async function throughAnvil(events: InferenceEvent[]): Promise<InferenceEvent[]> {
  const transport = http(chain.rpcUrl)
  const client = createPublicClient({ chain: anvil, transport, pollingInterval: 100 })
  const [account] = chain.accounts
  if (!account) throw new Error('nobody has money')
  const wallet = createWalletClient({ account, chain: anvil, transport })
  await client.request({ method: 'anvil_setCode', params: [PRECOMPILE, emitterCode] } as never)
  const fromBlock = await client.getBlockNumber()
  for (const event of events) {
    const hash = await wallet.sendTransaction({ to: PRECOMPILE, data: inferenceEmission(event), gas: 100_000_000n })
    expect(await client.waitForTransactionReceipt({ hash })).toMatchObject({ status: 'success' })
  }
  const logs = await client.getContractEvents({
    address: PRECOMPILE,
    abi: inferencePrecompileAbi,
    eventName: 'ModelInferenceEvent',
    fromBlock: fromBlock + 1n,
    strict: true,
  })
  expect(logs).toHaveLength(events.length)
  return logs.map(({ args }) => args)
}
