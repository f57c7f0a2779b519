import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { exitOf } from '../../cli/index-command.ts'
import { freePort } from '../../demo/chain.ts'
import { rpc } from '../index/support/rpc.ts'
import { NODE_BOND, WINDOW } from '../index/support/stage.ts'
import { type CanaryStage, canaryOf, startCanaryStage } from './stage.ts'

let it: CanaryStage
beforeAll(async () => {
  it = await startCanaryStage()
})
afterAll(() => it?.stop())

/** Seconds that a canary's request can be answered; longer is too late. */
const REQUEST_S = 3600

const REWARD = (NODE_BOND * 4999n) / 10_000n
const BURNT = (NODE_BOND * 1999n) / 10_000n

const posted = async (node: Hex) =>
  (await it.stage.events()).filter(
    ({ eventName, args }) => eventName === 'Posted' && (args as { node: Hex }).node.toLowerCase() === node,
  ).length
const isChallenged = async (name: string) =>
  (await it.rows(name))[0]?.challenger !== null && (await it.rows(name)).length > 0
const isOver = (child: ChildProcess) => async () => child.exitCode !== null

describe('a canary that costs too much, or may not be, is not begun', () => {
  const refused = async (name: string, env: Record<string, string>) => {
    const child = it.canary(name, ['--once'], env)
    return { code: await exitOf(child), said: it.log(name), rows: await it.rows(name) }
  }
  const nonceNow = () => it.stage.client.getTransactionCount({ address: canaryOf(it.stage) })

  test.each([
    ['stake', () => ({ GAINSAY_CANARY_MAX_STAKE: String(NODE_BOND - 1n) }), 'GAINSAY_CANARY_MAX_STAKE allows'],
    [
      'cost',
      () => ({ GAINSAY_CANARY_MAX_COST_PER_DAY: String(REWARD + BURNT) }),
      'GAINSAY_CANARY_MAX_COST_PER_DAY allows',
    ],
    [
      'chain',
      () => ({ GAINSAY_CANARY_CHAIN_ID: '1' }),
      'GAINSAY_CANARY_CHAIN_ID says 1, but GAINSAY_CHAIN_ID is 31337',
    ],
    ['unnamed', () => ({ GAINSAY_CANARY_CHAIN_ID: '' }), 'GAINSAY_CANARY_CHAIN_ID: is not set'],
    ['self', () => ({ GAINSAY_CANARY_WATCHER: canaryOf(it.stage) }), 'Give it another'],
    ['nobody', () => ({ GAINSAY_CANARY_WATCHER: '' }), 'GAINSAY_CANARY_WATCHER: is not set'],
    ['model', () => ({ GAINSAY_CANARY_MODEL: `0x${'12'.repeat(32)}` }), 'request is refused (UnknownModel)'],
    ['arbiter', () => ({ GAINSAY_ARBITERS: '' }), 'no watcher with these GAINSAY_ARBITERS would challenge'],
    ['key', () => ({ GAINSAY_CANARY_PRIVATE_KEY_FILE: '' }), 'GAINSAY_CANARY_PRIVATE_KEY_FILE: is not set'],
  ])('%s', async (name, env, said) => {
    const nonce = await nonceNow()
    const outcome = await refused(`refused-${name}`, env())
    expect([outcome.code, outcome.rows]).toEqual([78, []])
    expect(outcome.said).toContain(said)
    expect(await nonceNow()).toBe(nonce)
  })

  test('without the money, and says how much is missing', async () => {
    const keyFile = join(it.folder, 'poor.key')
    writeFileSync(keyFile, `0x${'7'.repeat(64)}`)
    const { code, said } = await refused('refused-poor', { GAINSAY_CANARY_PRIVATE_KEY_FILE: keyFile })
    expect(code).toBe(78)
    expect(said).toMatch(/has too little money: send it 1\.\d+ ETH or more/)
  })
})

describe('with a watcher', () => {
  let watcher: ChildProcess
  beforeAll(() => {
    watcher = it.watch(it.stage.cast.watcher)
  })
  afterAll(async () => {
    watcher.kill('SIGTERM')
    await exitOf(watcher)
  })

  test('it is caught, the claim of silence goes through, and it costs what was said', async () => {
    const me = canaryOf(it.stage)
    const [mine, theirs] = [await it.wealthOf(me), await it.wealthOf(it.stage.cast.watcher)]
    const child = it.canary('caught', ['--once'])
    await it.until('it is challenged', () => isChallenged('caught'))
    // It stays silent: nothing more is sent while the window for its reveal is open.
    await it.stage.pass(WINDOW + 2)
    await it.until('it is over', isOver(child))
    expect(it.log('caught')).not.toContain('"level":50')
    expect(child.exitCode).toBe(0)
    const [run, ...others] = await it.rows('caught')
    expect(others).toEqual([])
    expect(run).toMatchObject({ outcome: 'caught', challenger: it.stage.cast.watcher, bond: String(NODE_BOND) })
    expect(run?.caughtAt).toBeGreaterThanOrEqual(run?.postedAt as number)
    expect(await posted(me)).toBe(1)
    const steps = (await it.sends('caught')).map(({ step, state }) => `${step} ${state}`)
    expect(steps).toEqual(['bond mined', 'request mined', 'post mined', 'withdraw mined'])
    // To the last wei; and what was said before was an upper bound.
    expect(mine - (await it.wealthOf(me))).toBe(BigInt(run?.cost as string))
    expect(BigInt(run?.cost as string)).toBeGreaterThan(REWARD + BURNT)
    expect(BigInt(run?.cost as string)).toBeLessThan(BigInt(run?.worst as string))
    await it.until('the watcher has withdrawn', async () => (await it.wealthOf(it.stage.cast.watcher)) > theirs)
    expect((await it.wealthOf(it.stage.cast.watcher)) - theirs).toBeLessThanOrEqual(REWARD)
    expect(it.log('caught')).toContain(`caught: the watcher challenged it in time; result ${run?.resultId}`)
  }, 180_000)

  test('one that somebody else challenges first is a failure, whoever wins', async () => {
    watcher.kill('SIGTERM')
    await exitOf(watcher)
    const child = it.canary('other', ['--once'])
    await it.until('it is posted', async () => (await it.rows('other'))[0]?.postedAt != null)
    const [run] = await it.rows('other')
    const bond = (
      await it.stage.client.readContract({ address: it.stage.contract, abi: gainsayAbi, functionName: 'parameters' })
    ).challengeBond
    await it.stage.move(it.stage.cast.stranger, 'challenge', [run?.resultId as Hex], bond)
    await it.until('that is seen', () => isChallenged('other'))
    await it.stage.pass(WINDOW + 1)
    await it.stage.move(it.stage.cast.stranger, 'claimSilence', [run?.resultId as Hex])
    await it.until('it is over', isOver(child))
    expect(child.exitCode).toBe(2)
    expect((await it.rows('other'))[0]).toMatchObject({ outcome: 'other', challenger: it.stage.cast.stranger })
  }, 120_000)
})

describe('without a watcher', () => {
  test('it is a failure before the window is over: journal, metrics, notice, exit code; and only gas is lost', async () => {
    const me = canaryOf(it.stage)
    const mine = await it.wealthOf(me)
    const notices: { event: string; details: { outcome: string } }[] = []
    const server = createServer((request, response) => {
      let body = ''
      request.on('data', (part) => {
        body += part
      })
      request.on('end', () => {
        notices.push(JSON.parse(body))
        response.end()
      })
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const port = await freePort()
    const child = it.canary('missed', [], {
      ...{ GAINSAY_CANARY_SLACK_S: '40', GAINSAY_CANARY_METRICS_PORT: String(port) },
      GAINSAY_WEBHOOK_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    })
    const metric = async (name: string) => {
      const text = await fetch(`http://127.0.0.1:${port}/metrics`).then(
        (answer) => answer.text(),
        () => '',
      )
      return new RegExp(`^gainsay_canary_${name} (\\S+)$`, 'm').exec(text)?.[1]
    }
    await it.until('it is posted', async () => (await it.rows('missed'))[0]?.postedAt != null)
    expect([await metric('failed'), await metric('open'), await metric('refused')]).toEqual(['0', '1', '0'])
    await it.stage.pass(WINDOW - 42)
    await it.stage.mine(1)
    await it.until('it has looked', async () => (await it.rows('missed'))[0]?.windowEnd != null)
    expect((await it.rows('missed'))[0]?.outcome).toBeNull()
    await it.stage.pass(5)
    await it.until('it is missed', async () => (await it.rows('missed'))[0]?.outcome === 'missed')
    const [seen] = await it.rows('missed')
    expect(seen?.settledAt).toBeNull()
    expect(Number(await it.stage.now())).toBeLessThan(seen?.windowEnd as number)
    expect([await metric('failed'), await metric('runs{outcome="missed"}')]).toEqual(['1', '1'])
    await it.until('the webhook is told', async () => notices.length > 0)
    expect(notices).toMatchObject([
      { event: 'canaryFailed', details: { outcome: 'missed', watcher: it.stage.cast.watcher } },
    ])
    server.close()
    await it.stage.pass(42)
    await it.until('it is settled', async () => (await it.rows('missed'))[0]?.settledAt != null)
    child.kill('SIGTERM')
    expect(await exitOf(child)).toBe(0)
    const rows = await it.rows('missed')
    expect(rows).toHaveLength(1)
    expect(mine - (await it.wealthOf(me))).toBe(BigInt(rows[0]?.cost as string))
    expect(BigInt(rows[0]?.cost as string)).toBeLessThan(10n ** 16n)
  }, 120_000)

  test('--once says so by 2', async () => {
    const child = it.canary('missed-once', ['--once'])
    await it.until('it is over', isOver(child), 20)
    expect(child.exitCode).toBe(2)
    expect(it.log('missed-once')).toContain('missed: nobody challenged it in time')
  }, 120_000)
})

describe('with a watcher that does half of its work', () => {
  const challenge = async (resultId: Hex) => {
    const { challengeBond } = await it.stage.client.readContract({
      ...{ address: it.stage.contract, abi: gainsayAbi, functionName: 'parameters' },
    })
    await it.stage.move(it.stage.cast.watcher, 'challenge', [resultId], challengeBond)
  }
  const postedBy = async (name: string) => {
    await it.until('it is posted', async () => (await it.rows(name))[0]?.windowEnd != null)
    return (await it.rows(name))[0]?.resultId as Hex
  }

  test('a challenge within the slack is late', async () => {
    const child = it.canary('late', ['--once'], { GAINSAY_CANARY_SLACK_S: '40' })
    const resultId = await postedBy('late')
    // Held still, so that it does not call it missed in between.
    child.kill('SIGSTOP')
    await it.stage.pass(WINDOW - 20)
    await challenge(resultId)
    child.kill('SIGCONT')
    await it.until('that is seen', () => isChallenged('late'))
    await it.stage.pass(WINDOW + 1)
    await it.stage.move(it.stage.cast.watcher, 'claimSilence', [resultId])
    await it.until('it is over', isOver(child))
    expect(child.exitCode).toBe(2)
    expect((await it.rows('late'))[0]).toMatchObject({ outcome: 'late', challenger: it.stage.cast.watcher })
  }, 180_000)

  test('silence that the watcher does not claim is claimed by the canary, and told', async () => {
    const mine = await it.wealthOf(canaryOf(it.stage))
    const child = it.canary('unclaimed', ['--once'], { GAINSAY_CANARY_SLACK_S: '40' })
    await challenge(await postedBy('unclaimed'))
    await it.until('that is seen', () => isChallenged('unclaimed'))
    await it.stage.pass(WINDOW + 1)
    await it.stage.mine(1)
    expect(child.exitCode).toBeNull()
    await it.stage.pass(41)
    await it.until('it is over', isOver(child))
    expect(child.exitCode).toBe(2)
    const [run] = await it.rows('unclaimed')
    expect(run).toMatchObject({ outcome: 'unclaimed', challenger: it.stage.cast.watcher })
    const steps = (await it.sends('unclaimed')).map(({ step, state }) => `${step} ${state}`)
    expect(steps).toEqual(['bond mined', 'request mined', 'post mined', 'claimSilence mined', 'withdraw mined'])
    expect(mine - (await it.wealthOf(canaryOf(it.stage)))).toBe(BigInt(run?.cost as string))
  }, 180_000)
})

describe('on a chain that takes no transactions', () => {
  const automine = (on: boolean) => rpc(it.stage.rpcUrl, 'evm_setAutomine', on)
  afterAll(() => automine(true))

  test('it offers more, and gives up what comes too late to be posted: the bond comes back', async () => {
    const mine = await it.wealthOf(canaryOf(it.stage))
    await automine(false)
    const child = it.canary('abandoned', ['--once'])
    const sent = async (step: string) => (await it.sends('abandoned')).filter((send) => send.step === step)
    const poolSize = async () => Number(((await rpc(it.stage.rpcUrl, 'txpool_status')) as { pending: string }).pending)
    // It is in the journal before it is in the pool.
    const isWaiting = async (step: string, tries = 1) => (await sent(step)).length >= tries && (await poolSize()) > 0
    await it.until('it offers more', () => isWaiting('bond', 2))
    const [first, second] = await sent('bond')
    expect(second?.nonce).toBe(first?.nonce)
    expect(BigInt(second?.fee as string)).toBeGreaterThan((BigInt(first?.fee as string) * 110n) / 100n)
    await it.stage.mine(1)
    await it.until('its request waits', () => isWaiting('request'))
    await it.stage.mine(1)
    await it.until('its result waits', () => isWaiting('post'))
    await rpc(it.stage.rpcUrl, 'anvil_dropAllTransactions')
    await it.stage.pass(REQUEST_S + 1)
    await automine(true)
    await it.until('it is over', isOver(child))
    expect(child.exitCode).toBe(2)
    const [run] = await it.rows('abandoned')
    expect(run).toMatchObject({ outcome: 'abandoned', postedAt: null, challenger: null })
    expect((await sent('bond')).map(({ state }) => state).sort()).toEqual(['dropped', 'mined'])
    expect((await sent('post')).map(({ state }) => state)).not.toContain('mined')
    expect((await sent('expire')).map(({ state }) => state)).toContain('mined')
    expect(mine - (await it.wealthOf(canaryOf(it.stage)))).toBe(BigInt(run?.cost as string))
    expect(BigInt(run?.cost as string)).toBeLessThan(10n ** 16n)
  }, 240_000)
})
