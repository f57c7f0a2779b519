import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type ContractConstructorArgs,
  createPublicClient,
  createWalletClient,
  type HDAccount,
  http,
  type LocalAccount,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { anvil } from 'viem/chains'
import { gainsayAbi, gainsayBytecode } from '../abis/Gainsay.ts'

/** Thrown when there is no Anvil to start, or it does not come up. */
export class LocalChainError extends Error {
  override name = 'LocalChainError'
}

/** How to start a local chain. */
export interface LocalChainParameters {
  /** seconds between blocks, also a fraction; 1 if not given */
  readonly blockTime?: number
  /** gas that a block holds; Anvil's 30 million if not given */
  readonly gasLimit?: number
  /** how many accounts have money; 20 if not given */
  readonly accounts?: number
  /** what the accounts are derived from; the well-known test phrase if not given. Never one with real money */
  readonly mnemonic?: string
  /** Anvil's own, 31337, if not given */
  readonly chainId?: number
  /** milliseconds to wait for the first answer; 20,000 if not given */
  readonly timeoutMs?: number
}

/** A running local chain. */
export interface LocalChain {
  readonly rpcUrl: string
  readonly port: number
  readonly pid: number
  readonly chainId: number
  /** with 10,000 ether each, in the order of their derivation path */
  readonly accounts: readonly HDAccount[]
  /** Ends the chain and waits for its end. Can be called again. */
  stop(): Promise<void>
}

/** The parameters of the contract's constructor. */
export type GainsayParameters = ContractConstructorArgs<typeof gainsayAbi>[0]

const TEST_MNEMONIC = 'test test test test test test test test test test test junk'

/**
 * Starts Anvil from its npm package on a free port of the loopback interface and waits until it answers. It ends with
 * this process, unless this process is killed without notice.
 *
 * @throws LocalChainError when Anvil is missing, ends at once, or stays silent
 */
export async function startLocalChain({
  blockTime = 1,
  gasLimit = 30_000_000,
  accounts: count = 20,
  mnemonic = TEST_MNEMONIC,
  chainId = anvil.id,
  timeoutMs = 20_000,
}: LocalChainParameters = {}): Promise<LocalChain> {
  const port = await freePort()
  const child = spawn(
    anvilPath(),
    [
      ...['--host', '127.0.0.1', '--port', `${port}`, '--chain-id', `${chainId}`, '--silent'],
      ...['--gas-limit', `${gasLimit}`],
      ...['--block-time', `${blockTime}`, '--accounts', `${count}`, '--mnemonic', mnemonic],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    // Anvil quotes arguments that it does not like.
    said = (said + chunk).slice(-2000).replaceAll(mnemonic, '<mnemonic>')
  })
  const exited = once(child, 'exit').catch(() => {})
  const killWithParent = () => child.kill('SIGKILL')
  process.once('exit', killWithParent)
  const stop = async () => {
    process.off('exit', killWithParent)
    await end(child, exited)
  }

  const rpcUrl = `http://127.0.0.1:${port}`
  const deadline = Date.now() + timeoutMs
  // Its end is looked at first: on its port another chain may answer.
  for (let up = false; !up; ) {
    const ended = child.pid === undefined ? 'not started' : (child.exitCode ?? child.signalCode)
    if (ended === null && Date.now() < deadline) {
      up = await answers(rpcUrl, chainId)
      if (!up) await sleep(50)
      continue
    }
    await stop()
    throw new LocalChainError(
      ended === null ? `Anvil did not answer within ${timeoutMs} ms` : `Anvil ended at once (${ended})\n${said.trim()}`,
    )
  }
  const accounts = Array.from({ length: count }, (_, addressIndex) => mnemonicToAccount(mnemonic, { addressIndex }))
  return { rpcUrl, port, pid: child.pid as number, chainId, accounts, stop }
}

/**
 * Deploys the Gainsay contract alone; `deploy.ts` deploys the whole protocol.
 *
 * @returns its address in lower case and the block it is in, the first one to index
 */
export async function deployGainsay({
  rpcUrl,
  account,
  parameters,
}: {
  rpcUrl: string
  account: LocalAccount
  parameters: GainsayParameters
}): Promise<{ address: `0x${string}`; blockNumber: bigint }> {
  const transport = http(rpcUrl)
  const client = createPublicClient({ chain: anvil, transport, pollingInterval: 100 })
  const wallet = createWalletClient({ account, chain: anvil, transport })
  const hash = await wallet.deployContract({ abi: gainsayAbi, bytecode: gainsayBytecode, args: [parameters] })
  const { contractAddress, blockNumber } = await client.waitForTransactionReceipt({ hash })
  if (!contractAddress) throw new LocalChainError('the contract was not deployed')
  return { address: contractAddress.toLowerCase() as `0x${string}`, blockNumber }
}

/**
 * Path of the Anvil executable that npm installed for this platform.
 *
 * The binary itself, not the package's launcher: signals to the launcher's process reach Anvil late or never.
 *
 * @param from URL of the module that looks for it; this one if not given
 * @throws LocalChainError saying how to get it
 */
export function anvilPath(from: string = import.meta.url): string {
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  const system = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
  try {
    const launcher = createRequire(from).resolve('@foundry-rs/anvil/package.json')
    const ofPlatform = createRequire(launcher).resolve(`@foundry-rs/anvil-${system}/package.json`)
    const path = join(dirname(ofPlatform), 'bin', file)
    if (existsSync(path)) return path
  } catch {
    // Said below.
  }
  throw new LocalChainError(
    `Anvil for ${system} is not installed. It comes with npm: run "npm ci" without --omit=optional.`,
  )
}

/** A port of the loopback interface that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new LocalChainError('no free port')
  return address.port
}

async function answers(rpcUrl: string, chainId: number): Promise<boolean> {
  try {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(rpcUrl, { method: 'POST', headers, body, signal: AbortSignal.timeout(1000) })
    const { result } = (await response.json()) as { result?: unknown }
    return Number(result) === chainId
  } catch {
    return false
  }
}

async function end(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 2000)
  await exited
  clearTimeout(late)
}
