import type { Hex } from 'viem'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Arbiter } from '../../demo/arbiter.ts'
import { dishonestAnswerer } from '../../demo/cheats/answerer.ts'
import { noise } from '../../demo/cheats/noise.ts'
import { type DemoModel, demoModels } from '../../demo/models.ts'
import { type Answerer, honestAnswerer } from '../../node/answerer.ts'
import { Harness, memoryLog, terms } from '../node/harness.ts'

let at: Harness
let arbiter: Arbiter
let ours: Hex
let theirs: Hex
const hello = demoModels().find(({ name }) => name === 'hello_deepa') as DemoModel
const { log, messages } = memoryLog()
let broken = false

beforeAll(async () => {
  at = await Harness.start()
  const account = at.freshAccount()
  ours = await at.registerModel(hello, account.address)
  theirs = await at.registerModel(hello, at.freshAccount().address)
  const { client, contract } = at
  arbiter = new Arbiter({
    ...{ client, contract, account, log, pollMs: 50 },
    fetchBytes: async (reference) => {
      if (broken) throw new Error('the store is away')
      return at.fetchBytes(reference)
    },
  })
  arbiter.start()
})

afterAll(async () => {
  await arbiter?.stop()
  await at?.stop()
})

async function challenged(modelId: Hex, answerer: Answerer, seed: string): Promise<Hex> {
  const node = at.node({ answerer })
  const { id } = await at.request(modelId, node.address, hello.input(seed))
  await at.until(id, 'posted')
  await at.challenge((await at.requestOf(id)).resultId)
  return id
}

it('rules against a wrong result and stays silent on a right one', async () => {
  const right = await challenged(ours, honestAnswerer, 'right')
  await at.until(right, 'revealed')
  const wrong = await challenged(ours, dishonestAnswerer(noise), 'wrong')
  await at.until(wrong, 'rejected')
  expect(messages).toContain('the result is right')
  expect(messages).toContain('the result is wrong')
  expect(await at.statusOf(right)).toBe('revealed')
  await at.passTime(terms.convictionWindow)
  await at.until(right, 'finalized')
})

it('leaves results alone whose model names another arbiter', async () => {
  const id = await challenged(theirs, dishonestAnswerer(noise), 'theirs')
  await at.until(id, 'revealed')
  await at.blocks(4n)
  expect(await at.statusOf(id)).toBe('revealed')
})

it('rules again when a reorg takes its ruling back', async () => {
  const id = await challenged(ours, dishonestAnswerer(noise), 'reorg')
  await at.until(id, 'rejected')
  await at.takeBack('Rejected', (await at.requestOf(id)).resultId)
  await at.until(id, 'rejected')
})

it('tries again when what it needs cannot be fetched', async () => {
  broken = true
  const id = await challenged(ours, dishonestAnswerer(noise), 'broken')
  await at.until(id, 'revealed')
  await at.eventually(() => messages.includes('the store is away'), 'the arbiter to say so')
  expect(await at.statusOf(id)).toBe('revealed')
  broken = false
  await at.until(id, 'rejected')
})
