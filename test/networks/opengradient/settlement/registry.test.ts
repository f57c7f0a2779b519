import { createPublicClient, custom, encodeAbiParameters, type Hex, RpcError, toFunctionSelector } from 'viem'
import { expect, it } from 'vitest'
import { teeRegistryAbi } from '../../../../networks/opengradient/abi.ts'
import { registryAt } from '../../../../watcher/audits/registry.ts'

const teeId: Hex = `0x${'11'.repeat(32)}`
const address: Hex = `0x${'22'.repeat(20)}`
const zero: Hex = `0x${'00'.repeat(20)}`

/** What `getTEE` answers about a TEE with this key. */
function teeWith(publicKey: Hex): Hex {
  const none: Hex = '0x'
  const keys = { keyId: 0, kemId: 0, kdfId: 0, aeadId: 0, publicKey: none, keyConfig: none }
  const ohttpConfig = { ...keys, registeredAt: 0n }
  return encodeAbiParameters(teeRegistryAbi[0].outputs, [
    {
      ...{ owner: zero, paymentAddress: zero, endpoint: '', publicKey, tlsCertificate: none, pcrHash: teeId },
      ...{ teeType: 0, enabled: true, registeredAt: 5n, lastHeartbeatAt: 5n, ohttpConfig },
    },
  ])
}

/** What is read of the registry in block 9 by a node that answers so, by block. */
async function read(answer: (block: string) => Hex) {
  const request = async ({ method, params }: { method: string; params: [unknown, string] }) => {
    if (method !== 'eth_call') throw new Error(method)
    return answer(params[1])
  }
  const client = createPublicClient({ transport: custom({ request } as never, { retryCount: 0 }) })
  return (await registryAt(client, address, 9n)([teeId])).get(teeId)
}
const reject = (code: number, message: string, data?: Hex): never => {
  throw Object.assign(new RpcError(new Error(message), { code, shortMessage: message }), { code, data })
}

it('the state of the settlement’s block is what counts', async () => {
  const at = (block: string) => teeWith(block === '0x9' ? '0xaa' : '0xbb')
  expect(await read(at)).toMatchObject({ kind: 'registered', at: 'block', publicKey: '0xaa', registeredAt: 5n })
})

it('a node that has no state so old is asked for the latest, and that is said', async () => {
  const at = (block: string) => (block === '0x9' ? reject(-32000, 'missing trie node 12ab') : teeWith('0xbb'))
  expect(await read(at)).toMatchObject({ kind: 'registered', at: 'latest', publicKey: '0xbb' })
})

it('only the registry’s own error means that it does not know a TEE', async () => {
  const notFound = toFunctionSelector('TEENotFound()')
  expect(await read(() => reject(3, 'execution reverted', notFound))).toEqual({ kind: 'unregistered', at: 'block' })
  expect(await read(() => reject(3, 'execution reverted', '0xdeadbeef'))).toMatchObject({ kind: 'unread' })
  expect(await read(() => '0x')).toMatchObject({
    kind: 'unread',
    reason: expect.stringContaining('OPENGRADIENT_TEE_REGISTRY'),
  })
})

it('what a node says in an error is repeated nowhere: it may hold a key', async () => {
  const it = await read(() => reject(-32603, 'https://rpc.example/v2/s3cret failed'))
  expect(it).toMatchObject({ kind: 'unread' })
  expect(JSON.stringify(it)).not.toContain('s3cret')
})
