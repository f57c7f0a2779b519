import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { Hex } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../../cli/exit.ts'
import { supervise } from '../../cli/start-command.ts'
import { rpc } from '../index/support/rpc.ts'
import { type Stage, startStage } from '../index/support/stage.ts'
import { type FakeIndex, startFakeIndex } from './fake-index.ts'
import { type FaultyRpc, startFaultyRpc } from './faulty-rpc.ts'
import { type Started, startWatch } from './watch-support.ts'

let stage: Stage
let index: FakeIndex
let proxy: FaultyRpc
let started: Started | undefined
let dataDir: string
let code: Record<'contract' | 'conviction', Hex>
beforeAll(async () => {
  stage = await startStage()
  index = await startFakeIndex(stage)
  proxy = await startFaultyRpc(stage.rpcUrl)
  const codeAt = async (address: Hex) => (await stage.client.getCode({ address })) as Hex
  code = { contract: await codeAt(stage.contract), conviction: await codeAt(stage.conviction) }
})
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'gainsay-identity-'))
})
afterEach(async () => {
  await started?.stop()
  started = undefined
  proxy.heal()
  await put('contract', code.contract)
  await put('conviction', code.conviction)
})
afterAll(async () => {
  await proxy?.stop()
  await index?.stop()
  await stage?.stop()
})

const put = (which: 'contract' | 'conviction', bytes: Hex) => rpc(stage.rpcUrl, 'anvil_setCode', stage[which], bytes)
const start = async () => {
  started = await startWatch(stage, index, { rpcUrls: [proxy.url], dataDir, env: { GAINSAY_IDENTITY_CHECK_S: '1' } })
  return started
}
async function restart(): Promise<Started> {
  await started?.stop()
  return start()
}

// The same behaviour, and another hash.
const behavingTheSame = (bytes: Hex): Hex => `${bytes}00`

test.each(['contract', 'conviction'] as const)('a watcher ends when the code of the %s changes', async (which) => {
  const { rounds, ended, log } = await start()
  await rounds(2)
  await put(which, behavingTheSame(code[which]))
  await expect(ended).rejects.toMatchObject({
    ...{ name: 'ChainError', kind: 'changed' },
    message: expect.stringMatching(`^The code at ${stage[which]} is not what it was when this journal was begun\\.`),
  })
  // It has looked three times, and said so once.
  expect(log.filter((line) => line.includes('Looking again'))).toHaveLength(1)
})

test('a journal that was begun with other code is refused at the next start', async () => {
  await (await start()).rounds(2)
  await started?.stop()
  await put('contract', behavingTheSame(code.contract))
  await expect((await start()).ended).rejects.toMatchObject({ kind: 'changed' })
})

test('a contract that is gone, or speaks otherwise, ends it as well', async () => {
  for (const [bytes, message] of [
    ['0x', /There is no contract .* any more/],
    ['0x60015f5260205ff3', /does not speak gainsay\/1 any more/],
  ] as const) {
    const { rounds, ended } = await restart()
    await rounds(2)
    await put('contract', bytes)
    await expect(ended).rejects.toThrow(message)
    await put('contract', code.contract)
  }
})

test('a moment of confusion of an endpoint does not', async () => {
  const { rounds, log, it } = await start()
  await rounds(2)
  proxy.lie('eth_getCode', () => '0x', { times: 1 })
  while (!log.join('').includes('Looking again')) await sleep(20)
  await rounds(5)
  expect(log.join('')).toContain('the round works again')
  expect(await it.journal.selectFrom('identity').selectAll().execute()).toEqual([
    {
      ...{ chainId: stage.chainId, contract: stage.contract },
      contractCode: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      seatCode: expect.stringMatching(/^0x[0-9a-f]{64}$/),
    },
  ])
})

test('a conviction contract that is deployed later is taken up, and its code held on to', async () => {
  await put('conviction', '0x')
  const { rounds, it, ended } = await start()
  await rounds(2)
  expect(it.chain.seat?.state).toBe('undeployed')
  await put('conviction', code.conviction)
  while (it.chain.seat?.state !== 'ready') await sleep(20)
  await put('conviction', behavingTheSame(code.conviction))
  await expect(ended).rejects.toMatchObject({ kind: 'changed' })
})

test('the process exits with 78, and nobody starts it again', async () => {
  let starts = 0
  let said = ''
  const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
  const run = (): ChildProcess => {
    starts++
    const child = spawn(process.execPath, [bin, 'watch'], {
      env: {
        ...{ PATH: process.env.PATH, GAINSAY_RPC_URL: proxy.url, GAINSAY_CHAIN_ID: String(stage.chainId) },
        ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_API_URL: index.apiUrl, GAINSAY_POLL_MS: '100' },
        ...{ GAINSAY_DATA_DIR: dataDir, GAINSAY_IDENTITY_CHECK_S: '1' },
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr?.on('data', (text: Buffer) => {
      said += text
    })
    return child
  }
  const before = index.rounds
  const controller = new AbortController()
  const code78 = supervise(run, 'watch', controller.signal, pino({ enabled: false }))
  while (index.rounds < before + 2) await sleep(50)
  await put('contract', behavingTheSame(code.contract))
  expect(await code78).toBe(exitCodes.config)
  expect(starts).toBe(1)
  expect(said).toMatch(/The code at 0x\w+ is not what it was .* Nothing is sent\./)
  expect(said).not.toContain(proxy.secret)
})
