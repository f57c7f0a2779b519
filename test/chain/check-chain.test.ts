import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkChain, otherChain } from '../../chain/connect.ts'

// A chain of id 7 that has one block.
let server: Server

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { id, method } = JSON.parse(body)
    const result = { eth_chainId: '0x7', eth_blockNumber: '0x1' }[method as string]
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})

afterAll(() => server.close())

const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret-path`

test('a chain that is followed is checked at the start, and the variable to correct is named', async () => {
  const check = (rpcUrl: string, chainId: number) =>
    checkChain(otherChain({ rpcUrls: [rpcUrl], chainId }), 'OPENGRADIENT')
  expect(await check(url(), 7)).toBe(1n)
  const wrong = check(url(), 8)
  await expect(wrong).rejects.toMatchObject({
    kind: 'wrongChain',
    message: 'The RPC endpoint is on chain 7, but OPENGRADIENT_CHAIN_ID says 8. Correct one of them.',
  })
  const nobody = check('http://127.0.0.1:9/secret-path', 7)
  const error = (await nobody.catch((error: unknown) => error)) as Error
  expect(error).toMatchObject({ kind: 'unreachable' })
  expect(error.message).toContain('Check OPENGRADIENT_RPC_URL')
  expect(error.message).not.toContain('secret-path')
})
