import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  type Account,
  createPublicClient,
  createTestClient,
  createWalletClient,
  decodeEventLog,
  type HDAccount,
  type Hex,
  http,
  parseEther,
  toHex,
} from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { identityModel } from '../../cli/identity-model.ts'
import { deployGainsay, freePort, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { terms } from '../../demo/terms.ts'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { askIndex } from '../../watcher/index-client.ts'

// A whole `gainsay start` against what strangers may put on chain. Only one of these results may be challenged.

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-hostile-'))
const models = mkdtempSync(join(tmpdir(), 'gainsay-models-'))
const sha256 = (bytes: Uint8Array): Hex => `0x${createHash('sha256').update(bytes).digest('hex')}`
const floats = (name: string, ...values: number[]): NamedTensors =>
  new Map([[name, { dtype: 'float32', dims: [values.length], data: new Uint8Array(Float32Array.from(values).buffer) }]])
const inline = (bytes: Uint8Array) => ({ hash: sha256(bytes), uri: '', data: toHex(bytes) })

let chain: LocalChain
let contract: Hex
let gainsay: ChildProcess
let liar: Server
/** whether the server of the late input answers by now */
let isBack = false
let apiUrl: string
let watcher: HDAccount
let requester: HDAccount
let node: HDAccount
const results = new Map<string, Hex>()

const client = () =>
  createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), pollingInterval: 100, cacheTime: 0 })

async function send(account: Account, functionName: string, args: readonly unknown[], value = 0n) {
  const wallet = createWalletClient({ account, chain: anvil, transport: http(chain.rpcUrl) })
  const call = { address: contract, abi: gainsayAbi, functionName, args, value } as never
  const hash = await wallet.writeContract(call)
  const receipt = await client().waitForTransactionReceipt({ hash })
  expect(receipt.status).toBe('success')
  // The ids that its first event names.
  const [log] = receipt.logs
  if (!log) throw new Error(`${functionName} emitted nothing`)
  return decodeEventLog({ abi: gainsayAbi, ...log }).args as { modelId: Hex; requestId: Hex; resultId: Hex }
}

async function register(uri: string, modelHash: Hex): Promise<Hex> {
  const model = {
    modelHash,
    graphRoot: toHex(0, { size: 32 }),
    uri,
    precision: 1,
    tolerance: 10n ** 13n,
    arbiter: requester.address,
    rule: 0,
    lambda: 0,
  }
  return (await send(requester, 'registerModel', [model])).modelId
}

async function post(name: string, modelId: Hex, input: object, output: object): Promise<void> {
  const { timestamp } = await client().getBlock()
  const { requestId } = await send(requester, 'request', [modelId, node.address, input, timestamp + 600n], 1n)
  results.set(name, (await send(node, 'post', [requestId, output])).resultId)
}

interface Replay {
  verdict: string
  reason: string | null
  retryAt: string | null
  step: string | null
  evidence: { kind: string; envelope: number | null } | null
}

async function verdictOf(name: string): Promise<Replay> {
  const query =
    'query ($id: Hex!) { result(id: $id) { replay { verdict step reason retryAt evidence { kind envelope } } } }'
  for (;;) {
    // The index is still starting, or has not come to it yet.
    const response = await fetch(`${apiUrl}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { id: results.get(name) } }),
    }).catch(() => null)
    const body = (await response?.json()) as { data: { result: { replay: Replay | null } | null } } | undefined
    if (body?.data.result?.replay) return body.data.result.replay
    await sleep(200)
  }
}

beforeAll(async () => {
  chain = await startLocalChain({ accounts: 4 })
  const [deployer, ...others] = chain.accounts as [HDAccount, HDAccount, HDAccount, HDAccount]
  ;[watcher, requester, node] = others as [HDAccount, HDAccount, HDAccount]
  const longWindow = { ...terms, challengeWindow: 3600n }
  const deployed = await deployGainsay({ rpcUrl: chain.rpcUrl, account: deployer, parameters: longWindow })
  contract = deployed.address
  const port = await freePort()
  apiUrl = `http://127.0.0.1:${port}`
  // No money at first: a watcher that cannot pay must say so, live on, and challenge once it can.
  await createTestClient({ mode: 'anvil', chain: anvil, transport: http(chain.rpcUrl) }).setBalance({
    address: watcher.address,
    value: 0n,
  })
  gainsay = spawn(process.execPath, [bin, 'start'], {
    env: {
      PATH: process.env.PATH,
      GAINSAY_RPC_URL: chain.rpcUrl,
      GAINSAY_CHAIN_ID: '31337',
      GAINSAY_ARBITERS: requester.address,
      GAINSAY_CONTRACT: contract,
      GAINSAY_DATA_DIR: dataDir,
      GAINSAY_PORT: String(port),
      GAINSAY_POLL_MS: '250',
      GAINSAY_FILE_ROOTS: models,
      GAINSAY_ALLOW_PRIVATE_HOSTS: '1',
      GAINSAY_MODE: 'live',
      GAINSAY_PRIVATE_KEY: toHex(watcher.getHdKey().privateKey as Uint8Array),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  gainsay.stderr?.on('data', (text: Buffer) => writeFileSync(join(dataDir, 'log'), text, { flag: 'a' }))
  liar = createServer((request, response) => {
    if (request.url !== '/late') return response.end('something else')
    if (!isBack) return response.writeHead(503).end()
    return response.end(encodeTensors(floats('x', 2.5)))
  }).listen(0, '127.0.0.1')
  await once(liar, 'listening')

  const model = identityModel()
  const file = join(models, 'identity.onnx')
  writeFileSync(file, model)
  const text = join(models, 'text.onnx')
  writeFileSync(text, 'this is not a model')
  const identity = await register(pathToFileURL(file).href, sha256(model))
  const notOnnx = await register(pathToFileURL(text).href, sha256(readFileSync(text)))
  const unreachable = await register('http://127.0.0.1:1/model.onnx', sha256(Buffer.from('nowhere')))
  const outside = await register('file:///etc/passwd', sha256(readFileSync('/etc/passwd')))
  const { port: liarPort } = liar.address() as AddressInfo
  const lying = await register(`http://127.0.0.1:${liarPort}/model.onnx`, sha256(Buffer.from('what was promised')))

  await send(node, 'bond', [], parseEther('20'))
  const x = inline(encodeTensors(floats('x', 1.5)))
  const y = inline(encodeTensors(floats('y', 1.5)))
  const garbage = inline(Uint8Array.of(1, 2, 3, 4, 5))
  await post('an unreachable model', unreachable, x, y)
  await post('a lying model URI', lying, x, y)
  await post('a file of ours as model', outside, x, y)
  await post('a model that is not ONNX', notOnnx, x, y)
  await post('an input of the wrong shape', identity, inline(encodeTensors(floats('x', 1, 2, 3))), y)
  await post('an input of another name', identity, inline(encodeTensors(floats('__proto__', 1))), y)
  await post('garbage as input', identity, garbage, y)
  await post('garbage as output', identity, x, garbage)
  const late = { hash: sha256(encodeTensors(floats('x', 2.5))), uri: `http://127.0.0.1:${liarPort}/late`, data: '0x' }
  await post('an input whose server is away', identity, late, inline(encodeTensors(floats('y', 2.5))))
  await post('an honest result', identity, x, y)
  await post('a wrong result', identity, x, inline(encodeTensors(floats('y', 1.6))))
}, 180_000)

afterAll(async () => {
  liar?.close()
  if (gainsay && gainsay.exitCode === null) {
    gainsay.kill('SIGTERM')
    await once(gainsay, 'exit')
  }
  await chain?.stop()
})

describe('what strangers put on chain', () => {
  test.each([
    ['an unreachable model', /model could not be had/],
    ['a lying model URI', /model could not be had.*sha256|model could not be had.*hash/],
    ['a file of ours as model', /model could not be had/],
    ['a model that is not ONNX', /ONNX/],
    ['an input of the wrong shape', /input "x" is float32\[3\]/],
    ['an input of another name', /input/],
    ['garbage as input', /input is not a set of tensors/],
    ['garbage as output', /output is not a set of tensors/],
  ])('%s is undetermined, with a sentence', async (name, reason) => {
    const verdict = await verdictOf(name)
    expect(verdict.verdict).toBe('undetermined')
    expect(verdict.reason).toMatch(reason)
  })

  test('is judged later, when a server comes back', async () => {
    const before = await verdictOf('an input whose server is away')
    expect(before).toMatchObject({
      verdict: 'undetermined',
      reason: expect.stringMatching(/input could not be had.*503/),
    })
    expect(Number(before.retryAt)).toBeGreaterThan(Date.now() - 60_000)
    isBack = true
    while ((await verdictOf('an input whose server is away')).verdict !== 'valid') await sleep(500)
  })

  test('delays nobody else: an honest result is valid, a wrong one invalid', async () => {
    expect(await verdictOf('an honest result')).toMatchObject({ verdict: 'valid', step: 'bytes', evidence: null })
    const wrong = { verdict: 'invalid', step: 'second', evidence: { kind: 'distance', envelope: expect.any(Number) } }
    expect(await verdictOf('a wrong result')).toMatchObject(wrong)
  })

  test('leads to one challenge, once the watcher has money, and to no other', async () => {
    const log = () => readFileSync(join(dataDir, 'log'), 'utf8')
    while (!log().includes('too little for bond and gas')) await sleep(200)
    const test = createTestClient({ mode: 'anvil', chain: anvil, transport: http(chain.rpcUrl) })
    await test.setBalance({ address: watcher.address, value: parseEther('1') })
    let challenged: { args: { resultId?: Hex; challenger?: Hex } }[] = []
    while (challenged.length === 0) {
      await sleep(200)
      challenged = await client().getContractEvents({
        address: contract,
        abi: gainsayAbi,
        eventName: 'Challenged',
        fromBlock: 0n,
      })
    }
    // Some more rounds, in which nothing else may be sent.
    await sleep(3000)
    challenged = await client().getContractEvents({
      address: contract,
      abi: gainsayAbi,
      eventName: 'Challenged',
      fromBlock: 0n,
    })
    expect(challenged.map(({ args }) => args.resultId)).toEqual([results.get('a wrong result')])
    const view = await askIndex(apiUrl, { status: ['challenged'] })
    expect(view.results.map(({ id }) => id)).toEqual([results.get('a wrong result')])
    expect(gainsay.exitCode).toBeNull()
  })

  test('leaves no key in any log', () => {
    const key = Buffer.from(watcher.getHdKey().privateKey as Uint8Array).toString('hex')
    expect(readFileSync(join(dataDir, 'log'), 'utf8')).not.toContain(key)
    expect(readFileSync(join(dataDir, 'journal.sqlite')).includes(key)).toBe(false)
  })
})
