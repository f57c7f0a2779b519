import { type Hex, hexToBytes, keccak256, stringToBytes, toHex } from 'viem'
import { describe, expect, it } from 'vitest'
import { auditCall } from '../../../../networks/opengradient/settlement/audit-call.ts'
import { blobIdOf } from '../../../../networks/opengradient/settlement/blob-id.ts'
import { makeTee, registryOf, signedRow } from './tees.ts'

const NOW = 1_790_000_000n
const account = '0x52908400098527886E0F7030069857D2E4169EE7' as const
const tee = makeTee()
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))

async function settledCall() {
  const [teeId, inputHash, outputHash, signature, timestamp] = await signedRow(tee, 1, NOW - 3n)
  const call = { teeId, inputHash, outputHash, signature, timestamp: BigInt(timestamp), account, blockTime: NOW }
  const payload = {
    ...{ input: { prompt: 'hello' }, output: { text: 'world' }, teeId, timestamp, ethAddress: account },
    teeSignature: Buffer.from(hexToBytes(signature)).toString('base64'),
  }
  return { call, payload }
}
const isNamed = async () => true
const registry = registryOf([tee])

describe('a call that was settled by itself', () => {
  it('is audited when its signature is right and what was published says the same', async () => {
    const { call, payload } = await settledCall()
    expect(await auditCall(call, json(payload), isNamed, registry)).toEqual({
      ...{ kind: 'audited', leaves: 1, registryAt: 'block', outputConfirmed: null },
    })
  })

  it('says when the published answer has the hash that was signed', async () => {
    const { call, payload } = await settledCall()
    const output = 'Hello! How can I help?'
    const other = { ...call, outputHash: keccak256(stringToBytes(output)) }
    const it = await auditCall(other, json({ ...payload, output }), isNamed, registry)
    // Its signature is over another hash.
    expect(it).toMatchObject({ kind: 'mismatch', outputConfirmed: true })
  })

  it.each([
    ['teeId', { teeId: `0x${'11'.repeat(32)}` }],
    ['timestamp', { timestamp: '7' }],
    ['signature', { teeSignature: 'AAAA' }],
    ['account', { ethAddress: `0x${'22'.repeat(20)}` }],
  ])('mismatches when its evidence has another %s', async (name, change) => {
    const { call, payload } = await settledCall()
    const evidence = json({ ...payload, ...change })
    expect(await auditCall(call, evidence, isNamed, registry)).toMatchObject({
      kind: 'mismatch',
      findings: [{ kind: 'payload', detail: expect.stringContaining(name) }],
    })
    expect(await auditCall(call, evidence, async () => false, registry)).toMatchObject({
      ...{ kind: 'undetermined', retry: true },
    })
  })

  it('needs no evidence to be shown wrong, and is undetermined without when nothing else is', async () => {
    const { call } = await settledCall()
    const missing = { missing: 'no server has it', retry: true }
    expect(await auditCall(call, missing, isNamed, registry)).toMatchObject({ kind: 'undetermined', retry: true })
    const changed = { ...call, outputHash: call.inputHash }
    expect(await auditCall(changed, missing, isNamed, registry)).toMatchObject({
      kind: 'mismatch',
      findings: [{ kind: 'signature' }],
    })
  })
})

describe('a blob id', () => {
  const id = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk'
  it('is read from the bytes of its text, and from the 32 bytes that it stands for', () => {
    expect(blobIdOf(toHex(id))).toBe(id)
    expect(blobIdOf(toHex(Buffer.from(id, 'base64url')))).toBe(id)
  })
  it.each(['0x', '0x00', toHex(`${id.slice(0, -1)}l`), toHex('../../../etc/passwd'), toHex(`${id}A`)] as Hex[])(
    'is not %s',
    (bytes) => expect(blobIdOf(bytes)).toBeNull(),
  )
})
