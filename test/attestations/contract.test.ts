import fc from 'fast-check'
import { createPublicClient, createWalletClient, getContractAddress, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anchorAbi, anchorBytecode } from '../../abis/Anchor.ts'
import { batchOf } from '../../attestations/batch.ts'
import { digestOf, isCanonical, signerOf, typedDataOf } from '../../attestations/digest.ts'
import { type LocalChain, startLocalChain } from '../../demo/chain.ts'
import type { Attestation } from '../../protocol/attestation.ts'
import { anyAttestation } from './any-attestation.ts'

let chain: LocalChain
let anchor: { address: Hex; abi: typeof anchorAbi }
let client: ReturnType<typeof clientOf>

beforeAll(async () => {
  chain = await startLocalChain({ blockTime: 1 })
  client = clientOf(chain.rpcUrl)
  const account = chain.accounts[0]
  if (!account) throw new Error('no account')
  const wallet = createWalletClient({ account, chain: anvil, transport: http(chain.rpcUrl) })
  const hash = await wallet.deployContract({ abi: anchorAbi, bytecode: anchorBytecode })
  await client.waitForTransactionReceipt({ hash })
  anchor = { address: getContractAddress({ from: account.address, nonce: 0n }), abi: anchorAbi }
}, 60_000)
afterAll(() => chain?.stop())

const clientOf = (url: string) =>
  createPublicClient({ chain: anvil, transport: http(url, { batch: { batchSize: 100 } }), pollingInterval: 50 })

test('digests and signers are the same in TypeScript and in Solidity, a thousand times', {
  timeout: 120_000,
}, async () => {
  const all = fc.sample(fc.tuple(anyAttestation, fc.integer({ min: 1, max: 1e9 })), 1000)
  for (let i = 0; i < all.length; i += 100)
    await Promise.all(
      all.slice(i, i + 100).map(async ([it, key]) => {
        const account = privateKeyToAccount(`0x${key.toString(16).padStart(64, '0')}`)
        const signature = await account.signTypedData(typedDataOf(it))
        expect(isCanonical(signature)).toBe(true)
        const [digest, signer] = await Promise.all([
          client.readContract({ ...anchor, functionName: 'digestOf', args: [it] }),
          client.readContract({ ...anchor, functionName: 'signerOf', args: [it, signature] }),
        ])
        expect([digest, signer]).toEqual([digestOf(it), account.address])
        expect(await signerOf(it, signature)).toBe(account.address)
      }),
    )
})

test('what is anchored is found with its proof, and since when', { timeout: 60_000 }, async () => {
  const [account] = chain.accounts
  if (!account) throw new Error('no account')
  const wallet = createWalletClient({ account, chain: anvil, transport: http(chain.rpcUrl) })
  const all = fc.sample(anyAttestation, 37) as Attestation[]
  const batch = batchOf(all.map(digestOf))
  const hash = await wallet.writeContract({ ...anchor, functionName: 'anchor', args: [batch.root, 37n] })
  const { blockNumber } = await client.waitForTransactionReceipt({ hash })
  const { timestamp } = await client.getBlock({ blockNumber })
  for (const it of all) {
    const proof = batch.proofOf(digestOf(it)) ?? []
    const args = [account.address, batch.root, proof, it] as const
    expect(await client.readContract({ ...anchor, functionName: 'anchoredAt', args })).toBe(timestamp)
    const other = [account.address, batch.root, proof, { ...it, verdict: 3 - it.verdict }] as const
    expect(await client.readContract({ ...anchor, functionName: 'anchoredAt', args: other })).toBe(0n)
  }
})
