import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPublicClient, createWalletClient, getContractAddress, type Hex, http } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anchorAbi, anchorBytecode } from '../../abis/Anchor.ts'
import { anchor } from '../../cli/anchor-command.ts'
import { type AnchorConfig, parseAnchorConfig } from '../../config/anchor.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import type { Journal } from '../../journal/open.ts'
import { anchorsOnly } from '../../keys/anchor-limits.ts'
import { parseMessage } from '../../protocol/attestation-json.ts'
import { attestationsByResult } from '../../src/api/attestations/read.ts'
import { journalReader } from '../../src/api/journal.ts'
import type { AttestedResult } from '../../watcher/attest.ts'
import { attestMany, newJournal } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'gainsay-anchor-'))
const key = generatePrivateKey()
const account = privateKeyToAccount(key)
let chain: LocalChain
let journal: Journal
let all: AttestedResult[]
let config: AnchorConfig
let client: ReturnType<typeof clientOf>

const clientOf = (url: string) => createPublicClient({ chain: anvil, transport: http(url), pollingInterval: 50 })
beforeAll(async () => {
  chain = await startLocalChain({ blockTime: 1 })
  client = clientOf(chain.rpcUrl)
  const rich = chain.accounts[0]
  if (!rich) throw new Error('no account')
  const wallet = createWalletClient({ account: rich, chain: anvil, transport: http(chain.rpcUrl) })
  await wallet.deployContract({ abi: anchorAbi, bytecode: anchorBytecode })
  const hash = await wallet.sendTransaction({ to: account.address, value: 10n ** 18n })
  await client.waitForTransactionReceipt({ hash })
  const contract = getContractAddress({ from: rich.address, nonce: 0n }).toLowerCase() as Hex
  config = { rpcUrl: chain.rpcUrl, chainId: anvil.id, contract, maxFee: 10n ** 16n, account }
  journal = await newJournal(folder)
  all = await attestMany(journal, 23)
}, 60_000)
afterAll(async () => {
  await journal?.destroy()
  await chain?.stop()
})

const anchorings = () => journal.selectFrom('anchoring').selectAll().execute()
const nonce = () => client.getTransactionCount({ address: account.address })

test('a dry run says what it would do, and writes and sends nothing', async () => {
  for (const dry of [config, { ...config, account: undefined }])
    expect(await anchor(journal, dry, false)).toMatchObject({ state: 'simulated', count: 23 })
  expect([await anchorings(), await nonce()]).toEqual([[], 0])
})

test('one that would cost more than it may is intended and not sent, and goes out once it may', async () => {
  await expect(anchor(journal, { ...config, maxFee: 1n }, true)).rejects.toThrow('GAINSAY_ANCHOR_MAX_FEE')
  expect(await anchorings()).toMatchObject([{ state: 'intended', transactionHash: null }])
  expect(await nonce()).toBe(0)
  // A batch on its way elsewhere must be finished there.
  const elsewhere = anchor(journal, { ...config, account: privateKeyToAccount(generatePrivateKey()) }, true)
  await expect(elsewhere).rejects.toThrow('Finish it')
  expect(await anchor(journal, config, true)).toMatchObject({ state: 'anchored', count: 23 })
  expect(await nonce()).toBe(1)
})

test('what the API then shows is what the contract confirms, for every attestation', async () => {
  const reader = journalReader(join(folder, 'journal.sqlite'))
  const [{ anchoredAt } = { anchoredAt: 0 }] = await anchorings()
  for (const { resultId } of all) {
    const [[shown] = []] = await attestationsByResult(reader, [resultId])
    if (!shown) throw new Error('not attested')
    const { message, anchor: its } = shown
    if (!its) throw new Error('not anchored')
    const args = [its.by, its.root, its.proof, parseMessage(message)] as const
    const at = await client.readContract({ address: its.contract, abi: anchorAbi, functionName: 'anchoredAt', args })
    expect(at).toBe(BigInt(anchoredAt ?? 0))
    expect(at).toBeGreaterThan(0n)
  }
  expect(await anchor(journal, config, true)).toEqual({ state: 'nothing' })
})

test('a batch whose transaction was mined while nobody looked is found, not sent again', async () => {
  await journal.updateTable('anchoring').set({ state: 'sent', blockNumber: null, anchoredAt: null }).execute()
  expect(await anchor(journal, config, true)).toMatchObject({ state: 'anchored', count: 23 })
  expect(await nonce()).toBe(1)
  expect(await anchorings()).toMatchObject([{ state: 'anchored', anchoredAt: expect.any(Number) }])
})

test('the wrong chain, and an address without a contract, are said', async () => {
  await expect(anchor(journal, { ...config, chainId: 5 }, false)).rejects.toThrow('is on chain 31337')
  await expect(anchor(journal, { ...config, contract: account.address }, false)).rejects.toThrow('no contract')
})

test('the key signs anchors and nothing else', async () => {
  const limited = anchorsOnly(account, config)
  const fees = { type: 'eip1559', nonce: 0, gas: 21_000n, maxFeePerGas: 1n, maxPriorityFeePerGas: 0n } as const
  const plain = { ...fees, chainId: anvil.id, to: config.contract, data: '0x', value: 0n } as const
  await expect(limited.signTransaction(plain)).rejects.toThrow('anchors nothing')
  await expect(limited.signTransaction({ ...plain, chainId: 1 })).rejects.toThrow('for chain 1')
  await expect(limited.signMessage({ message: 'x' })).rejects.toThrow('anchors only')
})

test('its configuration names what is missing, and its own variables', () => {
  expect(() => parseAnchorConfig({})).toThrow('GAINSAY_ANCHOR_MAX_FEE: is not set')
  const env = {
    ...{ GAINSAY_ANCHOR_RPC_URL: 'http://a', GAINSAY_ANCHOR_CHAIN_ID: '1', GAINSAY_ANCHOR_MAX_FEE: '1' },
    GAINSAY_ANCHOR_CONTRACT: account.address,
  }
  // The watcher's key is not taken for it.
  expect(parseAnchorConfig({ ...env, GAINSAY_PRIVATE_KEY: key }).account).toBeUndefined()
  expect(() => parseAnchorConfig({ ...env, GAINSAY_ANCHOR_PRIVATE_KEY_FILE: '/nowhere' })).toThrow(
    'GAINSAY_ANCHOR_PRIVATE_KEY_FILE: cannot be read',
  )
})

test('the commands export what they verify, and tell what is forged', { timeout: 120_000 }, async () => {
  const gainsay = async (...args: string[]) => {
    const env = { ...process.env, GAINSAY_DATA_DIR: folder }
    const run = promisify(execFile)(process.execPath, ['cli/gainsay.js', 'attestations', ...args], {
      env,
      maxBuffer: 1 << 26,
    })
    return run.then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }) => ({ code, stdout }),
    )
  }
  const { stdout } = await gainsay('export')
  const lines = stdout.trim().split('\n')
  expect(lines.length).toBe(23)
  const good = join(folder, 'good.jsonl')
  writeFileSync(good, stdout)
  const said = await gainsay('verify', good, '--json')
  expect(said.code).toBe(0)
  expect(
    said.stdout
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line).verdict)
      .filter((v: string) => v === 'invalid').length,
  ).toBe(3)
  const bad = join(folder, 'bad.json')
  const forged = JSON.parse(lines[0] ?? '')
  forged.message.verdict = 2
  writeFileSync(bad, JSON.stringify([JSON.parse(lines[1] ?? ''), forged, 5]))
  const told = await gainsay('verify', bad)
  expect(told.code).toBe(2)
  expect(told.stdout.split('\n').map((line: string) => line.includes('BAD'))).toEqual([false, true, true, false])
  expect((await gainsay('verify', good, '--signer', account.address)).code).toBe(2)
})
