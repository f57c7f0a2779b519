import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createPublicClient, createWalletClient, type HDAccount, type Hex, http, toHex } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { deployGainsay, freePort, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { terms } from '../../demo/terms.ts'
import { encrypted } from './keystores.ts'

// The CLI with a key from each source, on a chain and an index that give it trouble: the key must do its work and show
// nowhere. What is searched for: everything printed, every file it wrote, and every child's environment and command line.

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const PASSWORD = 'correct-horse-battery-staple'
const CREDENTIAL = 'signer-credential-hunter2'
const RPC_SECRET = 'rpc-secret-3f9a'
const NOTICE_SECRET = 'notice-secret-71c2'

let chain: LocalChain
let contract: Hex
let watcher: HDAccount
let key: string
let rpc: Server
let api: Server
let signer: Server
let running: ChildProcess | undefined
/** How many more broadcasts fail, each in another way. */
let broken = 0

const urlOf = (server: Server) => `127.0.0.1:${(server.address() as AddressInfo).port}`
const folderOf = () => mkdtempSync(join(tmpdir(), 'gainsay-secrecy-'))
const client = () => createPublicClient({ chain: anvil, transport: http(chain.rpcUrl), cacheTime: 0 })

beforeAll(async () => {
  chain = await startLocalChain({ blockTime: 0.5, accounts: 2 })
  const [deployer, account] = chain.accounts as [HDAccount, HDAccount]
  watcher = account
  key = toHex(watcher.getHdKey().privateKey as Uint8Array).slice(2)
  const deployed = await deployGainsay({ rpcUrl: chain.rpcUrl, account: deployer, parameters: terms })
  contract = deployed.address
  rpc = await serve(async (body) => {
    if (body.includes('eth_sendRawTransaction') && broken > 0)
      return [
        { status: 429, text: 'slow down' },
        { status: 500, text: `{"error": ${body}}` },
        { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: -32000, message: body } }) },
      ][--broken % 3]
    const response = await fetch(chain.rpcUrl, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    return { status: 200, text: await response.text() }
  })
  let asked = 0
  api = await serve(async (body) => {
    if (++asked % 7 === 0) return { status: 500, text: 'the index stumbles' }
    if (body.includes('query Requests')) return { status: 200, text: '{"data":{"requests":{"items":[]}}}' }
    const { number, timestamp } = await client().getBlock()
    const head = { blockNumber: String(number), timestamp: String(timestamp), lastEvent: null }
    const index = { chainId: 31337, contract, ...head }
    return { status: 200, text: JSON.stringify({ data: { index, results: { items: [], endCursor: null } } }) }
  })
  let signings = 0
  signer = await serve(async (body) => {
    const { to, data, chainId, nonce, value, gas, maxFeePerGas, maxPriorityFeePerGas } = JSON.parse(body).params[0]
    const asked = { to, data, chainId: Number(chainId), nonce: Number(nonce), value: BigInt(value), gas: BigInt(gas) }
    const fees = { maxFeePerGas: BigInt(maxFeePerGas), maxPriorityFeePerGas: BigInt(maxPriorityFeePerGas) }
    signings++
    if (signings === 1) return { status: 503, text: 'not yet' }
    const value_ = signings === 2 ? 1n : asked.value
    const result = await watcher.signTransaction({ type: 'eip1559', ...asked, ...fees, value: value_ })
    return { status: 200, text: JSON.stringify({ jsonrpc: '2.0', id: 1, result }) }
  })
})
afterAll(async () => {
  for (const server of [rpc, api, signer]) server?.close()
  await chain?.stop()
})
afterEach(async () => {
  running?.kill('SIGKILL')
})

function serve(answer: (body: string) => Promise<{ status: number; text: string } | undefined>): Promise<Server> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', async () => {
      const said = await answer(body).catch(() => undefined)
      response.writeHead(said?.status ?? 500, { 'content-type': 'application/json' }).end(said?.text)
    })
  }).listen(0, '127.0.0.1')
  return new Promise((up) => server.once('listening', () => up(server)))
}

/** Makes the contract owe the watcher something, so that it has a transaction to send. */
async function owe(): Promise<void> {
  const wallet = createWalletClient({ account: watcher, chain: anvil, transport: http(chain.rpcUrl) })
  const call = { address: contract, abi: gainsayAbi } as const
  for (const one of [
    { ...call, functionName: 'bond', value: 10n ** 17n } as const,
    { ...call, functionName: 'unbond', args: [10n ** 17n] } as const,
  ]) {
    const hash = await wallet.writeContract(one as never)
    const { status } = await client().waitForTransactionReceipt({ hash, pollingInterval: 100 })
    expect(status).toBe('success')
  }
}

const credit = () =>
  client().readContract({ address: contract, abi: gainsayAbi, functionName: 'creditOf', args: [watcher.address] })

function start(command: string, env: Record<string, string>, dataDir: string) {
  const printed: Buffer[] = []
  const child = spawn(process.execPath, [bin, command], {
    env: {
      PATH: process.env.PATH,
      // As on the first start, where what compiles the sources is a child process as well.
      TSX_DISABLE_CACHE: '1',
      GAINSAY_RPC_URL: `http://${urlOf(rpc)}/${RPC_SECRET}`,
      GAINSAY_CHAIN_ID: '31337',
      GAINSAY_CONTRACT: contract,
      GAINSAY_DATA_DIR: dataDir,
      GAINSAY_POLL_MS: '200',
      GAINSAY_MODE: 'live',
      LOG_LEVEL: 'trace',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.on('data', (chunk) => printed.push(chunk))
  child.stderr.on('data', (chunk) => printed.push(chunk))
  running = child
  return { child, text: () => Buffer.concat(printed) }
}

/**
 * What every process below another one shows to whoever may look: its first environment and its command line.
 *
 * Between fork and exec a child is still its parent, environment and all, for as long as a busy machine leaves it there.
 * None of Gainsay's processes starts another with its own command line, so whoever shows its parent's is not itself yet;
 * the command line is read first, as what comes after it is then the child's own for certain.
 */
function shownByChildren(pid: number): Map<number, Buffer> {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]))
    } catch {
      // Gone meanwhile.
    }
  const shown = new Map<number, Buffer>()
  const isBelow = (one: number): boolean => one === pid || (parents.has(one) && isBelow(parents.get(one) as number))
  for (const [one, parent] of parents) {
    if (!isBelow(parent)) continue
    try {
      const command = commandOf(one)
      if (command.equals(commandOf(parent))) continue
      shown.set(one, Buffer.concat([command, readFileSync(`/proc/${one}/environ`)]))
    } catch {
      // Gone meanwhile.
    }
  }
  return shown
}

/** For messages: what a process was called with. */
const commandIn = (shown: Buffer) => shown.toString('latin1').split('\0').slice(0, 5).join(' ')

const commandOf = (pid: number) => readFileSync(`/proc/${pid}/cmdline`)

function filesIn(folder: string): Buffer {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Buffer.concat(files.map((entry) => readFileSync(join(entry.parentPath, entry.name))))
}

function expectSecret(where: string, bytes: Buffer): void {
  const lower = Buffer.from(bytes.toString('latin1').toLowerCase(), 'latin1')
  for (const secret of [key, PASSWORD, CREDENTIAL])
    expect(lower.includes(secret.toLowerCase()), `${secret.slice(0, 4)}… in ${where}`).toBe(false)
  expect(bytes.includes(Buffer.from(key, 'hex')), `the key's bytes in ${where}`).toBe(false)
  expect(lower.includes(Buffer.from(key, 'hex').toString('base64').toLowerCase()), `base64 in ${where}`).toBe(false)
}

const secretFile = (text: string) => {
  const path = join(folderOf(), 'secret')
  writeFileSync(path, text, { mode: 0o600 })
  return path
}

const sources: [string, () => Record<string, string>][] = [
  ['a key file', () => ({ GAINSAY_PRIVATE_KEY_FILE: secretFile(key) })],
  ['the environment', () => ({ GAINSAY_PRIVATE_KEY: `0x${key}` })],
  [
    'a keystore',
    () => ({
      GAINSAY_KEYSTORE: secretFile(JSON.stringify(encrypted(key, PASSWORD, { n: 4096 }))),
      GAINSAY_KEYSTORE_PASSWORD_FILE: secretFile(PASSWORD),
    }),
  ],
  [
    'a remote signer',
    () => ({
      GAINSAY_SIGNER_URL: `http://user:${CREDENTIAL}@${urlOf(signer)}/${CREDENTIAL}`,
      GAINSAY_SIGNER_ADDRESS: watcher.address,
    }),
  ],
]

test.each(sources)('a key from %s signs and shows nowhere', async (_, env) => {
  await owe()
  broken = 6
  const dataDir = folderOf()
  const { child, text } = start('watch', { ...env(), GAINSAY_API_URL: `http://${urlOf(api)}` }, dataDir)
  const children = new Map<number, Buffer>()
  const until = Date.now() + 100_000
  while ((await credit()) > 0n) {
    for (const [pid, shown] of shownByChildren(child.pid as number)) children.set(pid, shown)
    if (Date.now() > until || child.exitCode !== null) throw new Error(`nothing was withdrawn: ${text()}`)
    await sleep(100)
  }
  const exited = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  await exited
  expect(broken).toBe(0)
  expect(text().toString()).toContain('a broadcast was refused')
  expect(text().includes(RPC_SECRET)).toBe(false)
  expectSecret('what it printed', text())
  expectSecret('what it wrote', filesIn(dataDir))
  for (const [pid, shown] of children) expectSecret(`child ${pid}, ${commandIn(shown)}`, shown)
})

test('a key in the environment of `start` is in none of its children’s, restarted or not', async () => {
  await owe()
  const dataDir = folderOf()
  const env = {
    ...{ GAINSAY_PRIVATE_KEY: key, GAINSAY_PORT: String(await freePort()), GAINSAY_WEBHOOK_SECRET: NOTICE_SECRET },
    ...{ GAINSAY_WEBHOOK_URL: `http://127.0.0.1:9/${NOTICE_SECRET}` },
    GAINSAY_RELAY_URL: `http://${urlOf(rpc)}/${NOTICE_SECRET}`,
  }
  const { child, text } = start('start', env, dataDir)
  const children = new Map<number, Buffer>()
  const watchers = new Set<number>()
  const until = Date.now() + 150_000
  while ((await credit()) > 0n || watchers.size < 2) {
    for (const [pid, shown] of shownByChildren(child.pid as number)) {
      children.set(pid, shown)
      if (!/gainsay\.js\0watch\0/.test(shown.toString('latin1')) || watchers.has(pid)) continue
      watchers.add(pid)
      // The first one dies, and the next must get the key as well.
      if (watchers.size === 1) process.kill(pid, 'SIGKILL')
    }
    if (Date.now() > until || child.exitCode !== null) throw new Error(`nothing was withdrawn: ${text()}`)
    await sleep(100)
  }
  expect(children.size).toBeGreaterThanOrEqual(3)
  for (const [pid, shown] of children) expectSecret(`child ${pid}, ${commandIn(shown)}`, shown)
  // Where notices and transactions go is the watcher's alone.
  const others = [...children.values()].filter((shown) => !/gainsay\.js\0watch\0/.test(shown.toString('latin1')))
  expect(others.length).toBeGreaterThan(0)
  for (const shown of others) expect(shown.includes(NOTICE_SECRET)).toBe(false)
  const exited = new Promise((done) => child.once('exit', done))
  child.kill('SIGTERM')
  await exited
  expectSecret('what it printed', text())
  expectSecret('what it wrote', filesIn(dataDir))
  expect(text().includes(NOTICE_SECRET)).toBe(false)
})
