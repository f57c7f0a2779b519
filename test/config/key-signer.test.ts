import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { remoteAccount, SignerError } from '../../keys/remote-signer.ts'

const account = privateKeyToAccount(`0x${'42'.repeat(32)}`)
const stranger = privateKeyToAccount(`0x${'43'.repeat(32)}`)
const transaction = {
  type: 'eip1559',
  chainId: 31337,
  nonce: 0,
  to: '0x00000000000000000000000000000000000000aa',
  data: '0x1234',
  value: 5n,
  gas: 21_000n,
  maxFeePerGas: 7n,
  maxPriorityFeePerGas: 0n,
} as const

type Asked = { from: Hex; nonce: Hex; chainId: Hex; gas: Hex }
let server: Server
let url: string
let last: { request: IncomingMessage; body: { method: string; params: [Asked] } }
/** What the signer answers, to be set by a test. */
let answer: (asked: Asked) => Promise<unknown> | unknown
let isSilent = false
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', async () => {
      const body = JSON.parse(text)
      last = { request, body }
      if (isSilent) return
      const said = await answer(body.params[0])
      response.end(typeof said === 'string' ? said : JSON.stringify({ jsonrpc: '2.0', id: 1, ...(said as object) }))
    })
  }).listen(0, '127.0.0.1')
  await new Promise((up) => server.once('listening', up))
  url = `http://user:hunter2@127.0.0.1:${(server.address() as AddressInfo).port}/secret`
})
afterAll(() => server?.close())
beforeEach(() => {
  isSilent = false
})

const signed = async (change: object, by = account) => by.signTransaction({ ...transaction, ...change })
const signer = (timeoutMs?: number) => remoteAccount(url, account.address, timeoutMs ? { timeoutMs } : {})
async function refusal(sign = () => signer().signTransaction(transaction)): Promise<string> {
  const error = await sign().then(
    () => undefined,
    (e: unknown) => e,
  )
  expect(error).toBeInstanceOf(SignerError)
  const { message, stack, cause } = error as Error
  expect(`${message} ${stack} ${String(cause)} ${JSON.stringify(error)}`).not.toMatch(/hunter2|secret/)
  return message
}

test('asks for exactly the transaction, with the URL’s credentials in a header, and gives its bytes', async () => {
  answer = async () => ({ result: await signed({}) })
  expect(await signer().signTransaction(transaction)).toBe(await signed({}))
  expect(last.body).toMatchObject({
    method: 'eth_signTransaction',
    params: [{ from: account.address, nonce: '0x0', value: '0x5', gas: '0x5208', chainId: '0x7a69', data: '0x1234' }],
  })
  expect(last.request.headers.authorization).toBe(`Basic ${Buffer.from('user:hunter2').toString('base64')}`)
  expect(last.request.url).toBe('/secret')
})

test('takes an object with the bytes, as geth gives it', async () => {
  answer = async () => ({ result: { raw: await signed({}), tx: {} } })
  expect(await signer().signTransaction(transaction)).toBe(await signed({}))
})

test.each([
  ['to', { to: stranger.address }],
  ['value', { value: 6n }],
  ['data', { data: '0x1235' }],
  ['nonce', { nonce: 1 }],
  ['gas', { gas: 21_001n }],
  ['maxFeePerGas', { maxFeePerGas: 8n }],
  ['maxPriorityFeePerGas', { maxPriorityFeePerGas: 1n }],
  ['chainId', { chainId: 1 }],
  ['access list', { accessList: [{ address: stranger.address, storageKeys: [] }] }],
  ['type', { type: 'legacy', gasPrice: 7n, maxFeePerGas: undefined, maxPriorityFeePerGas: undefined }],
])('uses no transaction that differs from the one asked for: %s', async (_, change) => {
  answer = async () => ({ result: await signed(change) })
  expect(await refusal()).toMatch(/signed another transaction than it was asked to|something else/)
})

test('uses nothing that another key signed', async () => {
  answer = async () => ({ result: await signed({}, stranger) })
  expect(await refusal()).toContain(`signed for ${stranger.address}`)
})

test.each<[string, unknown, RegExp]>([
  ['an error', { error: { code: -32000, message: 'Signing private key not available' } }, /refuses \(-32000: Signing/],
  ['no JSON', '<html>', /no JSON-RPC/],
  ['garbage', { result: '0xdeadbeef' }, /something else than a signed transaction/],
  ['nothing', {}, /refuses \(200: no reason\)/],
  ['two megabytes', 'x'.repeat(2 ** 21), /does not answer/],
])('says what is wrong when the signer answers with %s', async (_, said, reason) => {
  answer = () => said
  expect(await refusal()).toMatch(reason)
})

test('does not wait for ever, and says what to check', async () => {
  isSilent = true
  expect(await refusal(() => signer(100).signTransaction(transaction))).toMatch(
    /within 100 ms. Check GAINSAY_SIGNER_URL/,
  )
  expect(
    await refusal(() => remoteAccount('http://127.0.0.1:1/secret', account.address).signTransaction(transaction)),
  ).toMatch(/127\.0\.0\.1:1 does not answer at all/)
})

test('signs no message, typed data, delegation or anything but EIP-1559 transactions', async () => {
  const one = signer()
  for (const sign of [
    () => one.signMessage({ message: 'hello' }),
    () => one.sign?.({ hash: `0x${'12'.repeat(32)}` }) as Promise<Hex>,
    () => one.signTypedData({ domain: {}, types: { A: [] }, primaryType: 'A', message: {} } as never),
    () => one.signAuthorization?.({ contractAddress: stranger.address, chainId: 1, nonce: 0 }) as never,
    () => one.signTransaction({ ...transaction, type: 'legacy' } as never),
    () => one.signTransaction({ ...transaction, to: undefined } as never),
    () => one.signTransaction({ ...transaction, authorizationList: [] } as never),
  ])
    expect(await refusal(sign as never)).toMatch(/asked for transactions only/)
})
