import type { ReadableStream } from 'node:stream/web'
import {
  type Address,
  type Hex,
  isHex,
  type LocalAccount,
  numberToHex,
  parseTransaction,
  recoverTransactionAddress,
} from 'viem'
import { z } from 'zod'
import type { SignedAttestation } from '../protocol/attestation-json.ts'
import { type PlainTransaction, transactionsOnly } from './only-transactions.ts'

/** Thrown when a remote signer does not sign what it was asked to; the message says what to look at. */
export class SignerError extends Error {
  override name = 'SignerError'
  /** JSON-RPC's, when the signer gave one */
  readonly code: number | undefined
  constructor(message: string, code?: number) {
    super(message)
    this.code = code
  }
}

const TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 1024 * 1024

const answerSchema = z.object({
  // Web3signer gives the bytes; geth and Clef an object with them.
  result: z.union([z.string(), z.object({ raw: z.string() }).transform(({ raw }) => raw)]).optional(),
  error: z.object({ code: z.number().optional(), message: z.string().optional() }).nullish(),
})

/**
 * An account whose key is elsewhere: a signer that speaks JSON-RPC's `eth_signTransaction`, as Web3signer does. It is not
 * trusted with more than the key: what comes back must be the very transaction that was asked for, signed by the address.
 *
 * @param url http(s); errors name its host only, as path and user may be secret
 * @throws SignerError from its signing
 */
export function remoteAccount(
  url: string,
  address: Address,
  { timeoutMs = TIMEOUT_MS }: { timeoutMs?: number } = {},
): RemoteAccount {
  const host = new URL(url).host
  const signer: Signer = { url, host, address, timeoutMs }
  const account = transactionsOnly(
    address,
    async (transaction) => {
      const raw = await ask(signer, 'eth_signTransaction', [parametersOf(address, transaction)])
      await check(raw, host, address, transaction)
      return raw
    },
    (what) => new SignerError(`The signer at ${host} is asked for transactions only, not for ${what}.`),
  )
  const signAttestation: RemoteAccount['signAttestation'] = (form) => askForAttestation(signer, form)
  return { ...account, signAttestation }
}

/** What is signed of an attestation, in JSON. */
export type AttestationForm = Pick<SignedAttestation, 'domain' | 'types' | 'primaryType' | 'message'>

/** An account elsewhere. Of typed data it signs attestations alone: anything else could give its money away. */
export type RemoteAccount = LocalAccount & {
  /** @throws SignerError when the signer refuses or knows no typed data. What it gives must still be checked. */
  signAttestation(form: AttestationForm): Promise<Hex>
}

/** Where a signer is, and for whom. */
interface Signer {
  url: string
  /** for people: nothing else of the URL is shown */
  host: string
  address: Address
  timeoutMs: number
}

/** Names of the same: MetaMask's, which most have; Web3signer's. */
const TYPED_DATA_METHODS = ['eth_signTypedData_v4', 'eth_signTypedData']
/** JSON-RPC 2.0, section 5.1, and what EIP-1474 says of a method that is known and not served. */
const UNKNOWN_METHOD = new Set([-32601, -32004])

async function askForAttestation(signer: Signer, { types, ...form }: AttestationForm): Promise<Hex> {
  // Signers hash the domain by the type given, which viem adds by itself.
  const EIP712Domain = [
    { name: 'name', type: 'string' },
    { name: 'version', type: 'string' },
  ]
  const params = [signer.address, { ...form, types: { EIP712Domain, ...types } }]
  for (const method of TYPED_DATA_METHODS)
    try {
      return await ask(signer, method, params)
    } catch (error) {
      if (!(error instanceof SignerError) || !UNKNOWN_METHOD.has(error.code ?? 0)) throw error
    }
  throw new SignerError(
    `The signer at ${signer.host} signs no typed data (${TYPED_DATA_METHODS.join(', ')}). Attestations need one that does: use another, or set GAINSAY_ATTEST=0.`,
  )
}

function parametersOf(from: Address, transaction: PlainTransaction) {
  const { to, data } = transaction
  return {
    ...{ from, to, data, type: '0x2' },
    chainId: numberToHex(transaction.chainId),
    nonce: numberToHex(transaction.nonce),
    value: numberToHex(transaction.value),
    gas: numberToHex(transaction.gas),
    maxFeePerGas: numberToHex(transaction.maxFeePerGas),
    maxPriorityFeePerGas: numberToHex(transaction.maxPriorityFeePerGas),
  }
}

async function ask(
  { url, host, address, timeoutMs }: Signer,
  method: string,
  params: readonly unknown[],
): Promise<Hex> {
  let text: string
  let status: number
  try {
    const { user, password, plainUrl } = credentialsOf(url)
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (user || password) headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const response = await fetch(plainUrl, {
      method: 'POST',
      headers,
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      // A redirect would show the transaction, and the credentials, to whoever it leads to.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    })
    status = response.status
    text = await limitedText(response)
  } catch (error) {
    const why = (error as Error).name === 'TimeoutError' ? `within ${timeoutMs} ms` : 'at all'
    // No cause: it quotes the URL.
    throw new SignerError(`The signer at ${host} does not answer ${why}. Check GAINSAY_SIGNER_URL and that it runs.`)
  }
  const parsed = answerSchema.safeParse(jsonOf(text))
  if (!parsed.success)
    throw new SignerError(
      `The signer at ${host} answered with HTTP ${status} and no JSON-RPC. Check GAINSAY_SIGNER_URL.`,
    )
  const { result, error } = parsed.data
  if (!isHex(result))
    throw new SignerError(
      `The signer at ${host} refuses (${error?.code ?? status}: ${(error?.message ?? 'no reason').slice(0, 200)}). Check that it has the key of ${address} for this chain, GAINSAY_SIGNER_ADDRESS.`,
      error?.code,
    )
  return result
}

async function check(raw: Hex, host: string, address: Address, asked: PlainTransaction): Promise<void> {
  let signed: ReturnType<typeof parseTransaction>
  let signer: Address
  try {
    signed = parseTransaction(raw)
    signer = await recoverTransactionAddress({ serializedTransaction: raw as `0x02${string}` })
  } catch {
    throw new SignerError(`The signer at ${host} answered with something else than a signed transaction.`)
  }
  if (signer.toLowerCase() !== address.toLowerCase())
    throw new SignerError(`The signer at ${host} signed for ${signer}, not for GAINSAY_SIGNER_ADDRESS ${address}.`)
  const differs = (Object.keys(asked) as (keyof PlainTransaction)[]).find(
    (name) => text(name, signed[name as keyof typeof signed]) !== text(name, asked[name]),
  )
  if (differs || signed.type !== 'eip1559' || (signed.accessList?.length ?? 0) > 0)
    throw new SignerError(
      `The signer at ${host} signed another transaction than it was asked to (${differs ?? 'type or access list'} differs). It is not used; look at that machine.`,
    )
}

/** A field as it can be compared: nothing stands for zero in a signed transaction. */
function text(name: keyof PlainTransaction, value: unknown): string {
  if (value === undefined) return name === 'data' ? '0x' : '0'
  return String(value).toLowerCase()
}

function credentialsOf(url: string) {
  const parsed = new URL(url)
  const [user, password] = [decodeURIComponent(parsed.username), decodeURIComponent(parsed.password)]
  parsed.username = ''
  parsed.password = ''
  return { user, password, plainUrl: parsed.href }
}

async function limitedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body as ReadableStream<Uint8Array> | null) ?? []) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error('too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
