import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, followedConviction } from '../../chain/connect.ts'
import { diagnose } from '../../cli/doctor-command.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'

let stage: Stage
beforeAll(async () => {
  stage = await startStage()
})
afterAll(() => stage?.stop())

const at = (conviction?: `0x${string}`) =>
  connect({ gainsay: { rpcUrls: [stage.rpcUrl], chainId: stage.chainId, contract: stage.contract, conviction } })

test('the conviction contract is found through the contract that names it', async () => {
  const chain = await at()
  expect(chain.seat).toEqual({ address: stage.conviction, state: 'ready' })
  expect(followedConviction(chain)).toBe(stage.conviction)
  expect((await at(stage.conviction)).seat).toEqual(chain.seat)
})

test('one that is configured and is not the seated one is refused, by the doctor too', async () => {
  await expect(at(stage.contract)).rejects.toMatchObject({
    kind: 'wrongSeat',
    message: `GAINSAY_CONVICTION says ${stage.contract}, but the Gainsay contract at ${stage.contract} names ${stage.conviction} as its conviction contract. Leave GAINSAY_CONVICTION out: the address is read from the chain.`,
  })
  const checks = await diagnose({
    GAINSAY_RPC_URL: stage.rpcUrl,
    GAINSAY_CHAIN_ID: String(stage.chainId),
    GAINSAY_CONTRACT: stage.contract,
    GAINSAY_CONVICTION: stage.contract,
    GAINSAY_DATA_DIR: '/dev/null/none',
  })
  expect(checks).toContainEqual({
    ...{ name: 'rpc, chain and contract', state: 'failed' },
    detail: expect.stringContaining(`GAINSAY_CONVICTION says ${stage.contract}`),
  })
})

test('a seat without code is followed, and one that speaks otherwise is not', async () => {
  const code = await stage.client.getCode({ address: stage.conviction })
  await rpc(stage.rpcUrl, 'anvil_setCode', stage.conviction, '0x')
  const undeployed = await at()
  expect(undeployed.seat?.state).toBe('undeployed')
  expect(followedConviction(undeployed)).toBe(stage.conviction)
  // The first answers one to everything, the second is Gainsay, the third burns all gas.
  for (const foreign of ['0x60015f5260205ff3', await stage.client.getCode({ address: stage.contract }), '0xfe']) {
    await rpc(stage.rpcUrl, 'anvil_setCode', stage.conviction, foreign)
    const chain = await at()
    expect(chain.seat?.state).toBe('foreign')
    expect(followedConviction(chain)).toBeUndefined()
  }
  await rpc(stage.rpcUrl, 'anvil_setCode', stage.conviction, code)
})

test('an empty seat is followed by nobody, and no address fits it', async () => {
  const bare = await startStage({ seated: false })
  const gainsay = { rpcUrls: [bare.rpcUrl], chainId: bare.chainId, contract: bare.contract }
  const chain = await connect({ gainsay })
  expect(chain.seat).toBeUndefined()
  expect(followedConviction(chain)).toBeUndefined()
  await expect(connect({ gainsay: { ...gainsay, conviction: stage.conviction } })).rejects.toThrow(
    /has no conviction contract/,
  )
  await bare.stop()
})
