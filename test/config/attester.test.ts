import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { digestOf, signerOf, typedDataOf } from '../../attestations/digest.ts'
import { parseConfig } from '../../config/config.ts'
import { attesterOf } from '../../keys/attester.ts'
import { remoteAccount, SignerError } from '../../keys/remote-signer.ts'
import { limitSpending } from '../../keys/spend-limits.ts'
import { attestationOf } from '../../protocol/attestation.ts'

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const stranger = privateKeyToAccount(`0x${'43'.repeat(32)}`)
const hash = `0x${'ab'.repeat(32)}`
const message = attestationOf(
  {
    ...{ network: 'opengradient', chainId: 10740, blockHash: hash, transactionHash: hash, logIndex: 1, resultId: hash },
    ...{ modelHash: hash, inputHash: hash, outputHash: hash, verdict: 'valid', precision: 'exact', tolerance: null },
    ...{ distance: 0, runtimes: [], judgedAt: 1_700_000_000_000 },
  },
  'gainsay 0.1.0',
)

type Call = { method: string; params: [string, ReturnType<typeof typedDataOf>] }
let server: Server
let url: string
let calls: Call[]
/** What the signer answers, to be set by a test. */
let answer: (call: Call) => unknown
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', async () => {
      const call = JSON.parse(text) as Call
      calls.push(call)
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...((await answer(call)) as object) }))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((up) => server.once('listening', up))
  url = `http://user:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/secret`
})
afterAll(() => server?.close())
beforeEach(() => {
  calls = []
})

const remote = () => attesterOf(remoteAccount(url, account.address))
async function refusal(): Promise<string> {
  const error = await remote()
    .sign(message)
    .then(
      () => undefined,
      (e: unknown) => e,
    )
  expect(error).toBeInstanceOf(SignerError)
  const { message: said, stack, cause } = error as Error
  expect(`${said} ${stack} ${String(cause)} ${JSON.stringify(error)}`).not.toMatch(/hunter2|secret/)
  return said
}

test('a key of ours signs an attestation', async () => {
  const attester = attesterOf(account)
  expect(attester.address).toBe(account.address.toLowerCase())
  expect(await signerOf(message, await attester.sign(message))).toBe(account.address)
})

test('a remote signer is asked for typed data, and gives the very signature', async () => {
  answer = async ({ params: [, { domain, types, primaryType, message }] }) => ({
    // As a signer computes it: from what came over the wire, its own type of the domain included.
    result: await account.signTypedData({ domain, types, primaryType, message }),
  })
  expect(await remote().sign(message)).toBe(await account.signTypedData(typedDataOf(message)))
  expect(calls.map(({ method }) => method)).toEqual(['eth_signTypedData_v4'])
  const [{ params }] = calls as [Call]
  expect(params[0]).toBe(account.address)
  expect(params[1]).toMatchObject({
    ...{ primaryType: 'Attestation', domain: { name: 'Gainsay', version: '1' } },
    types: {
      EIP712Domain: [
        { name: 'name', type: 'string' },
        { name: 'version', type: 'string' },
      ],
    },
  })
  expect(digestOf(message)).toMatch(/^0x[0-9a-f]{64}$/)
})

test('the other name of the method is tried where the first is unknown, and nothing where it is refused', async () => {
  const unknown = { error: { code: -32601, message: 'method not found' } }
  answer = async ({ method }) =>
    method === 'eth_signTypedData' ? { result: await account.signTypedData(typedDataOf(message)) } : unknown
  await remote().sign(message)
  expect(calls.map(({ method }) => method)).toEqual(['eth_signTypedData_v4', 'eth_signTypedData'])
  answer = () => unknown
  expect(await refusal()).toContain('signs no typed data')
  calls = []
  answer = () => ({ error: { code: -32000, message: 'not by policy' } })
  expect(await refusal()).toContain('refuses (-32000: not by policy)')
  expect(calls.length).toBe(1)
})

test('a signature by another key, of something else, or of another form is not used', async () => {
  answer = async () => ({ result: await stranger.signTypedData(typedDataOf(message)) })
  expect(await refusal()).toContain(`signed for ${stranger.address}`)
  answer = async () => ({ result: await account.signTypedData(typedDataOf({ ...message, verdict: 2 })) })
  expect(await refusal()).toContain('or something else than the attestation')
  // The same signature with a high s: a contract refuses it.
  const good = await account.signTypedData(typedDataOf(message))
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const high = (order - BigInt(`0x${good.slice(66, 130)}`)).toString(16).padStart(64, '0')
  answer = () => ({ result: `${good.slice(0, 66)}${high}${good.endsWith('1b') ? '1c' : '1b'}` })
  expect(await refusal()).toContain('low s')
  answer = () => ({ result: '0x1234' })
  expect(await refusal()).toContain('65 bytes')
})

test('neither a remote account nor one behind the limits signs any other typed data', async () => {
  const types = { Permit: [{ name: 'value', type: 'uint256' }] } as const
  const permit = { domain: { name: 'Token' }, types, primaryType: 'Permit', message: { value: 1n } } as const
  answer = () => ({ result: '0x' })
  await expect(remoteAccount(url, account.address).signTypedData(permit)).rejects.toThrow(SignerError)
  const limits = { chainId: 1, contract: account.address, conviction: undefined, maxValue: 0n, maxPerDay: 0n }
  const limited = limitSpending(account, { ...limits, spent: async () => 0n })
  await expect(limited.signTypedData(typedDataOf(message))).rejects.toThrow('its own moves only')
  expect(calls).toEqual([])
})

test('nothing is attested unless somebody says so', () => {
  const env = { GAINSAY_RPC_URL: 'http://a', GAINSAY_CHAIN_ID: '1', GAINSAY_CONTRACT: `0x${'00'.repeat(20)}` }
  expect(parseConfig(env).attest).toEqual({ on: false, depth: 30 })
  const on = { ...env, GAINSAY_ATTEST: '1', GAINSAY_ATTEST_DEPTH: '5' }
  expect(parseConfig(on).attest).toEqual({ on: true, depth: 5 })
  expect(() => parseConfig({ ...env, GAINSAY_ATTEST: 'yes' })).toThrow('GAINSAY_ATTEST')
})
