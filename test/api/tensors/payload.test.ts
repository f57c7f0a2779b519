import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toHex } from 'viem'
import { expect, test } from 'vitest'
import { encodePayload } from '../../../networks/opengradient/payload.ts'
import { encodeTensors, type Tensor } from '../../../protocol/tensor.ts'
import { firstElements } from '../../../src/api/tensors/describe.ts'
import { MOST_BYTES, payloadReaders } from '../../../src/api/tensors/payload.ts'
import { sha256 } from '../../index/support/stage.ts'

const store = mkdtempSync(join(tmpdir(), 'gainsay-payload-'))
const readers = payloadReaders(store)

function archive(hash: string, bytes: Uint8Array): string {
  const digits = hash.slice(2)
  mkdirSync(join(store, digits.slice(0, 2)), { recursive: true })
  const path = join(store, digits.slice(0, 2), digits)
  writeFileSync(path, bytes)
  return path
}

/** What every payload here is, unless a test says otherwise. */
const gainsay = { network: 'gainsay', kind: 'output' } as const

const encoded = (bytes: number, fill: number) => {
  const tensor: Tensor = { dtype: 'uint8', dims: [bytes], data: new Uint8Array(bytes).fill(fill) }
  return encodeTensors(new Map([['x', tensor]]))
}

test('what was sent inline and what is archived is decoded alike', async () => {
  const bytes = encoded(3, 7)
  const hash = sha256(bytes)
  const inline = await readers()({ ...gainsay, hash, inline: toHex(bytes) })
  expect(inline).toMatchObject({ reason: null, byteLength: bytes.length, source: 'inline' })
  expect(inline.tensors?.get('x')?.dims).toEqual([3])
  expect(await readers()({ ...gainsay, hash, inline: null })).toMatchObject({
    tensors: null,
    byteLength: null,
    source: null,
  })
  archive(hash, bytes)
  const archived = await readers()({ ...gainsay, hash, inline: null })
  expect(archived).toMatchObject({ reason: null, source: 'archive' })
  expect(archived.tensors?.get('x')?.data).toEqual(Uint8Array.of(7, 7, 7))
})

test('what has another hash, is no tensor or names no file is not shown, and why', async () => {
  const bytes = encoded(3, 8)
  const hash = sha256(bytes)
  archive(hash, encoded(3, 9))
  expect(await readers()({ ...gainsay, hash, inline: null })).toMatchObject({
    ...{ tensors: null, reason: 'Its bytes have another hash than the one on chain.' },
  })
  expect(await readers()({ ...gainsay, hash: sha256('no tensor'), inline: toHex('no tensor') })).toMatchObject({
    ...{ tensors: null, reason: 'It is no encoding of tensors: does not start with "GST1".', byteLength: 9 },
  })
  for (const odd of ['0x', '0x../../etc/passwd', `0x${'g'.repeat(64)}`])
    expect((await readers()({ ...gainsay, hash: odd, inline: null })).reason).toMatch(/has not archived it/)
})

test('a payload of OpenGradient is shown by its numbers: whole ones in full, others as float32, texts as their bytes', async () => {
  const numbers = [
    { name: 'label', values: [{ value: 2n ** 63n - 1n, decimals: 0n }], shape: [1] },
    { name: 'score', values: [{ value: 1010655425488948822021484375n, decimals: 30n }], shape: [] },
    { name: 'beyond', values: [{ value: 2n ** 63n, decimals: 0n }], shape: [1] },
  ]
  const strings = [{ name: 'word', values: ['é'] }]
  const output = encodePayload('output', {
    numbers,
    strings,
    jsons: [{ name: 'map', value: '{}' }],
    is_simulation_result: false,
  })
  const ref = { network: 'opengradient', kind: 'output', hash: sha256(output), inline: toHex(output) } as const
  const { tensors, reason } = await readers()(ref)
  expect(reason).toBe(null)
  const shown = [...(tensors ?? [])].map(([name, tensor]) => [
    name,
    tensor.dtype,
    tensor.dims,
    firstElements(tensor, 1),
  ])
  expect(shown).toEqual([
    ['label', 'int64', [1], ['9223372036854775807']],
    ['score', 'float32', [], ['0.0010106554']],
    ['beyond', 'float32', [1], ['9223372000000000000']],
    ['word', 'uint8', [6], ['91']],
    ['map', 'uint8', [2], ['123']],
  ])
  const twice = encodePayload('input', { numbers: [numbers[0], numbers[0]] as typeof numbers, strings: [] })
  const read = async (bytes: Uint8Array) =>
    (await readers()({ ...ref, kind: 'input', hash: sha256(bytes), inline: toHex(bytes) })).reason
  expect(await read(twice)).toMatch(/two tensors of one name/)
  expect(await read(output.subarray(0, 40))).toMatch(/no encoding of tensors/)
})

test('what is too large is not read, and one query has only so much decoded', async () => {
  const hash = sha256('large')
  truncateSync(archive(hash, new Uint8Array(0)), MOST_BYTES + 1)
  expect(await readers()({ ...gainsay, hash, inline: null })).toMatchObject({
    ...{ tensors: null, byteLength: MOST_BYTES + 1, reason: expect.stringContaining(String(MOST_BYTES)) },
  })
  const read = readers()
  const reasons: (string | null)[] = []
  for (let fill = 0; fill < 5; fill++) {
    const bytes = encoded(MOST_BYTES - 100, fill)
    archive(sha256(bytes), bytes)
    const { reason } = await read({ ...gainsay, hash: sha256(bytes), inline: null })
    reasons.push(reason)
  }
  expect(reasons.slice(0, 4)).toEqual([null, null, null, null])
  expect(reasons[4]).toMatch(/ask for fewer/)
})
