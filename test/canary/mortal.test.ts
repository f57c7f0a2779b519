import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { canaryJournalPath } from '../../cli/canary-path.ts'
import { openJournal } from '../../journal/open.ts'
import { rpc } from '../index/support/rpc.ts'
import { drawPart } from '../mortality/part.ts'
import { type CanaryStage, canaryOf, startCanaryStage } from './stage.ts'

let it: CanaryStage
beforeAll(async () => {
  it = await startCanaryStage()
})
afterAll(() => it?.stop())

const count = async (name: 'Posted' | 'Requested') =>
  (await it.stage.events()).filter(({ eventName }) => eventName === name).length

/** A sixth of the writes, another one each time, and every broadcast; with `GAINSAY_TEST_ALL=1` all of them. */
const part = drawPart(6)

test(`killed before and after writes (part ${part}) and every broadcast, it posts one result, and all its money is found`, async () => {
  // Its migrations are as those of any journal: they have a test of their own.
  await (await openJournal(canaryJournalPath(join(it.folder, 'mortal')))).destroy()

  const me = canaryOf(it.stage)
  const before = await it.wealthOf(me)
  const places = join(it.folder, 'places')
  writeFileSync(places, '')
  const preload = new URL('../mortality/preload.mjs', import.meta.url).href
  const node = ['--import', preload]
  const env = { GAINSAY_PLACES_OF_DEATH: places, GAINSAY_MORTAL_JOURNAL: 'canary.sqlite', GAINSAY_DEATHS: part }
  let deaths = 0
  for (;;) {
    const child = it.canary('mortal', ['--once'], env, node)
    const passing = setInterval(
      () => void rpc(it.stage.rpcUrl, 'evm_increaseTime', 3).then(() => it.stage.mine(1)),
      1000,
    )
    const [code, signal] = await once(child, 'exit')
    clearInterval(passing)
    if (signal === 'SIGKILL') {
      deaths++
      // It had told how it ended, and that was all there was to do.
      if ((await it.rows('mortal'))[0]?.reportedAt != null) break
    } else {
      expect([code, it.log('mortal').slice(-500)]).toEqual([2, expect.anything()])
      break
    }
  }
  const died = readFileSync(places, 'utf8').trim().split('\n')
  expect(deaths).toBe(died.length)
  for (const step of ['bond', 'request', 'post', 'finalize', 'unbond'])
    for (const when of ['before', 'after'])
      expect(
        died.filter((place) => place === `${when} broadcast | ${step}`),
        `${when} ${step}`,
      ).toHaveLength(1)
  expect(deaths).toBeGreaterThan(10)
  expect(await it.rows('mortal')).toHaveLength(1)
  expect(await count('Posted')).toBe(1)
  expect(await count('Requested')).toBe(1)
  const [run] = await it.rows('mortal')
  expect(run?.outcome).toBe('missed')
  const read = { address: it.stage.contract, abi: gainsayAbi, functionName: 'freeBondOf' } as const
  expect(await it.stage.client.readContract({ ...read, args: [me] })).toBe(0n)
  expect(before - (await it.wealthOf(me))).toBe(BigInt(run?.cost as string))
}, 600_000)
