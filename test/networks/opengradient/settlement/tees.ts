import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { encodePacked, type Hex, keccak256, toHex } from 'viem'
import type { Registration, Registry } from '../../../../networks/opengradient/settlement/audit.ts'

/** A TEE of a test: a real key, as a gateway makes it. */
export interface Tee {
  readonly id: Hex
  readonly publicKey: Hex
  readonly privateKey: KeyObject
}

/** The values of a leaf as OpenGradient's facilitator gives them to StandardMerkleTree. */
export type Row = [teeId: Hex, inputHash: Hex, outputHash: Hex, signature: Hex, timestamp: string]

const signAsync = promisify(sign)
const encoding = ['bytes32', 'bytes32', 'bytes32', 'bytes', 'uint256']

/** A TEE with an RSA key of its own, registered by the DER of its public half. */
export function makeTee(modulusLength = 2048): Tee {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return { id: keccak256(der), publicKey: toHex(der), privateKey }
}

/** A leaf that this TEE signs, over hashes made of a number. Encoded by viem, not by what is tested. */
export async function signedRow(tee: Tee, number: number, timestamp: bigint): Promise<Row> {
  const hashOf = (what: string): Hex => `0x${createHash('sha256').update(`${what} ${number}`).digest('hex')}`
  const [inputHash, outputHash] = [hashOf('input'), hashOf('output')]
  const message = keccak256(
    encodePacked(['bytes32', 'bytes32', 'uint256'], [inputHash, outputHash, timestamp]),
    'bytes',
  )
  const options = { key: tee.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  const signature = (await signAsync('sha256', message, options)) as Buffer
  return [tee.id, inputHash, outputHash, toHex(signature), String(timestamp)]
}

/** Leaves signed in turn by these TEEs, a second apart and ending at a time. */
export async function signedRows(tees: readonly Tee[], count: number, until: bigint): Promise<Row[]> {
  return Promise.all(
    Array.from({ length: count }, (_, i) => signedRow(tees[i % tees.length] as Tee, i, until - BigInt(i % 3600))),
  )
}

/** The tree over leaves, by OpenZeppelin's own library. */
export function treeOver(rows: readonly Row[]) {
  return StandardMerkleTree.of([...rows], encoding)
}

/** The evidence as the facilitator uploads it. */
export function dumpOf(tree: ReturnType<typeof treeOver>): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(tree.dump()))
}

/** A registry that knows these TEEs as enabled since long ago, but for what is said otherwise. */
export function registryOf(tees: readonly Tee[], otherwise: ReadonlyMap<Hex, Registration> = new Map()): Registry {
  const known = new Map<Hex, Registration>(
    tees.map(({ id, publicKey }) => [
      id,
      { kind: 'registered', at: 'block', publicKey, enabled: true, registeredAt: 1n },
    ]),
  )
  return async (ids) =>
    new Map(ids.map((id) => [id, otherwise.get(id) ?? known.get(id) ?? { kind: 'unregistered', at: 'block' }]))
}
