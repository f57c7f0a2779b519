import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { encodeFunctionData, type Hex, parseAbi, toHex } from 'viem'
import { settlementRelayAbi } from '../../../../networks/opengradient/abi.ts'
import { rpc } from '../../../index/support/rpc.ts'
import type { Tee } from './tees.ts'

const relay: Hex = '0xf1dc0d5dcf2a01924fac78185b9227cf3ec839a5'
const registry: Hex = '0x4e72238852f3c918f4e4e57aec9280ddb0c80248'
const registering = parseAbi(['function register(bytes32, bytes)', 'function setEnabled(bytes32, bool)'])

/** Puts doubles of the relay and of the registry of TEEs where OpenGradient has them. */
export async function placeDoubles(rpcUrl: string): Promise<void> {
  const code = compiled()
  await rpc(rpcUrl, 'anvil_setCode', relay, code.RelayDouble)
  await rpc(rpcUrl, 'anvil_setCode', registry, code.RegistryDouble)
}

/** What is done on such a chain; each a transaction of its own, mined when it returns. */
export function settling(rpcUrl: string, from: Hex) {
  const send = async (to: Hex, data: Hex): Promise<Hex> => {
    const hash = (await rpc(rpcUrl, 'eth_sendTransaction', { from, to, data, gas: toHex(5_000_000) })) as Hex
    for (;;) {
      const receipt = (await rpc(rpcUrl, 'eth_getTransactionReceipt', hash)) as { status: Hex } | null
      if (receipt?.status === '0x0') throw new Error('a transaction to a double reverted')
      if (receipt) return hash
    }
  }
  return {
    batch: (root: Hex, size: number, blobId: Hex) =>
      send(
        relay,
        encodeFunctionData({
          abi: settlementRelayAbi,
          functionName: 'batchSettle',
          args: [root, BigInt(size), blobId],
        }),
      ),
    single: (args: [Hex, Hex, Hex, bigint, Hex, Hex, Hex]) =>
      send(relay, encodeFunctionData({ abi: settlementRelayAbi, functionName: 'settleIndividual', args })),
    register: ({ id, publicKey }: Tee) =>
      send(registry, encodeFunctionData({ abi: registering, functionName: 'register', args: [id, publicKey] })),
    setEnabled: ({ id }: Tee, enabled: boolean) =>
      send(registry, encodeFunctionData({ abi: registering, functionName: 'setEnabled', args: [id, enabled] })),
  }
}

/** A Walrus aggregator that has what it is given, under whatever id. */
export async function startAggregator() {
  const blobs = new Map<string, Uint8Array>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const id = request.url?.replace('/v1/blobs/', '') ?? ''
    asked.push(id)
    const bytes = blobs.get(id)
    response.writeHead(bytes ? 200 : 404).end(bytes ?? 'no such blob')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    blobs,
    asked,
    async stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function compiled(): Record<'RelayDouble' | 'RegistryDouble', Hex> {
  const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string }
  const content = readFileSync(new URL('doubles.sol', import.meta.url), 'utf8')
  const output = JSON.parse(
    solc.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: { 'doubles.sol': { content } },
        settings: { evmVersion: 'paris', outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } } },
      }),
    ),
  )
  const failures = (output.errors ?? []).filter((one: { severity: string }) => one.severity === 'error')
  if (failures.length > 0)
    throw new Error(failures.map((one: { formattedMessage: string }) => one.formattedMessage).join('\n'))
  const codeOf = (name: string): Hex => `0x${output.contracts['doubles.sol'][name].evm.deployedBytecode.object}`
  return { RelayDouble: codeOf('RelayDouble'), RegistryDouble: codeOf('RegistryDouble') }
}
