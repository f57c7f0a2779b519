import { keccak256, stringToBytes, toEventSelector } from 'viem'
import { describe, expect, it } from 'vitest'
import { inferenceHubAbi, inferencePrecompileAbi } from '../../networks/opengradient/abi.ts'
import * as history from '../../networks/opengradient/history-abi.ts'
import {
  eventIdOn,
  inferenceMode,
  isEmptyOutput,
  modelId,
  modelUri,
  recordInference,
} from '../../networks/opengradient/inference.ts'
import { encodePayload } from '../../networks/opengradient/payload.ts'
import { sha256Hex } from '../../protocol/sha256.ts'

const cid = 'QmbbzDwqSxZSgkz1EbsNHp2mb67rYeUYHYWJ4wECE24S7A'
const input = { numbers: [{ name: 'x', values: [{ value: 15n, decimals: 1n }], shape: [1] }], strings: [] }
const output = { numbers: [], strings: [], jsons: [], is_simulation_result: false }
const event = { inferenceID: 'id-1', request: { mode: 0, modelCID: cid, input }, response: output }

describe('recordInference', () => {
  it('keeps what the event says', () => {
    const bytes = encodePayload('input', input)
    expect(recordInference(event, 10740)).toMatchObject({
      externalId: 'id-1',
      mode: 'vanilla',
      modelReference: cid,
      modelUri: `ipfs://${cid}`,
      modelId: keccak256(stringToBytes(`opengradient:10740:${cid}`)),
      input: { bytes, hash: sha256Hex(bytes), size: bytes.length },
      simulation: false,
    })
  })

  it('keeps the hash alone of what is over a mebibyte, and bounds every text, within seconds', () => {
    const long = 'y'.repeat(10 ** 7)
    const start = performance.now()
    const it = recordInference(
      {
        inferenceID: `\0${long}`,
        request: { mode: 255, modelCID: long, input: { numbers: [], strings: [{ name: long, values: [long] }] } },
        response: output,
      },
      1,
    )
    expect(performance.now() - start).toBeLessThan(5000)
    expect(it.input.bytes).toBeNull()
    expect(it.input.hash).toMatch(/^0x[0-9a-f]{64}$/)
    expect(it.input.size).toBeGreaterThan(2 * 10 ** 7)
    expect(it.mode).toBe('unknown')
    expect([it.externalId.length, it.modelReference.length]).toEqual([128, 128])
    expect(it.modelUri.length).toBeLessThan(400)
    // Postgres takes no NUL.
    expect(it.externalId).not.toContain('\0')
    expect(it.modelId).not.toBe(modelId(1, `${long}z`))
  })

  it('names modes', () => {
    expect([0, 1, 2, 3].map(inferenceMode)).toEqual(['vanilla', 'zkml', 'tee', 'unknown'])
  })

  it.each([
    [cid, `ipfs://${cid}`],
    [
      'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
      'ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
    ],
    ['DI1Q8l-B7A0k1IrS5_V5R0aCaqK_RTLSiFlsCFNTwCk', 'walrus://DI1Q8l-B7A0k1IrS5_V5R0aCaqK_RTLSiFlsCFNTwCk'],
    ['', 'unknown:'],
    ['my model', 'unknown:my%20model'],
    ['../../etc/passwd', 'unknown:..%2F..%2Fetc%2Fpasswd'],
    ['http://169.254.169.254/', 'unknown:http%3A%2F%2F169.254.169.254%2F'],
    [`${cid} file:///etc/passwd`, `unknown:${cid}%20file%3A%2F%2F%2Fetc%2Fpasswd`],
    [`${'x'.repeat(127)}😀`, `unknown:${'x'.repeat(127)}%E2%80%A6`],
    ['\ud800', 'unknown:%EF%BF%BD'],
  ])('takes %j for %s', (reference, uri) => {
    expect(modelUri(reference)).toBe(uri)
  })

  it('tells empty outputs, and one inference from another', () => {
    expect(isEmptyOutput(output)).toBe(true)
    expect(isEmptyOutput({ ...output, jsons: [{ name: 'a', value: '1' }] })).toBe(false)
    const hash = `0x${'ab'.repeat(32)}` as const
    expect(eventIdOn(1, hash, 2)).toBe(keccak256(stringToBytes(`opengradient:1:${hash}:2`)))
  })
})

describe('past forms of events', () => {
  it('have topics of their own', () => {
    const past = Object.values(history).map(([event]) => toEventSelector(event))
    const present = [inferencePrecompileAbi[0], inferenceHubAbi[0]].map((event) => toEventSelector(event))
    expect(present).toEqual([
      '0x1b283af3452f3718585ce100f80d9aa81fc60924db4a582a36db6aae3b109d87',
      '0xc1396ff68bc2d8630100df29ce5561fa99078c602e8676ab72a53e37095d7168',
    ])
    expect(new Set([...past, ...present]).size).toBe(6)
  })
})
