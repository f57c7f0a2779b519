import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { Pool } from '../../replay/pool/pool.ts'
import { Signatures } from '../../replay/pool/signatures.ts'
import { readSignature, signatureTensors } from '../../replay/runtime/describe.ts'
import { Folder, watchBatches } from './harness.ts'
import { realModels } from './models.ts'

const folder = new Folder()
let pool: Pool
afterEach(() => pool?.close())
afterAll(() => folder.remove())

describe('Pool.signature', { timeout: 60_000 }, () => {
  it('tells what a model takes and gives, asking a child once', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    const { sent } = watchBatches()
    const { modelHash, modelPath } = folder.job(realModels.silero().model)
    const [first, again] = await Promise.all([
      pool.signature(modelHash, modelPath),
      pool.signature(modelHash.toUpperCase().replace('0X', '0x') as `0x${string}`, modelPath),
    ])
    expect(first).toEqual({
      kind: 'signature',
      signature: {
        inputs: [
          { name: 'input', dtype: 'float32', dims: [null, null] },
          { name: 'state', dtype: 'float32', dims: [2, null, 128] },
          { name: 'sr', dtype: 'int64', dims: [] },
        ],
        outputs: [
          { name: 'output', dtype: 'float32', dims: [null, 1] },
          { name: 'stateN', dtype: 'float32', dims: [null, null, null] },
        ],
      },
    })
    expect(again).toBe(first)
    expect(sent).toHaveLength(1)
  })

  it('says why there is none, and whether to try again', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    const bad = folder.job(Uint8Array.of(1, 2, 3))
    const outcome = await pool.signature(bad.modelHash, bad.modelPath)
    expect(outcome).toMatchObject({ kind: 'failed', retryable: false })
    expect(outcome).toHaveProperty('reason', expect.stringContaining('not an ONNX model'))
    await pool.close()
    const other = folder.job(realModels.ocr_cls().model)
    expect(await pool.signature(other.modelHash, other.modelPath)).toMatchObject({ kind: 'failed', retryable: true })
  })
})

describe('Signatures', () => {
  it('asks again after a failure, and forgets what was used least', async () => {
    let asked = 0
    let fails = true
    const outputs = signatureTensors({ inputs: [], outputs: [] })
    const signatures = new Signatures(async () => {
      asked++
      if (fails) return { kind: 'failed', reason: 'no', retryable: false }
      return { kind: 'outputs', replayed: { outputs, forms: new Map(), scores: new Map() }, runtime: 'none', ms: 0 }
    })
    const of = (number: number) => signatures.of(`0x${number.toString(16).padStart(64, '0')}`, '/model')
    await of(0)
    await of(0)
    expect(asked).toBe(2)
    fails = false
    for (let i = 0; i <= 256; i++) await of(i)
    expect(asked).toBe(2 + 257)
    await of(256)
    expect(asked).toBe(2 + 257)
    await of(0)
    expect(asked).toBe(2 + 258)
  })
})

describe('readSignature', () => {
  it('takes nothing that is not exactly one', () => {
    const tensor = (text: string) => {
      const data = new TextEncoder().encode(text)
      return new Map([['signature', { dtype: 'uint8' as const, dims: [data.length], data }]])
    }
    const signature = { inputs: [], outputs: [{ name: 'y', dtype: 'float32' as const, dims: [null, 3] }] }
    expect(readSignature(signatureTensors(signature))).toEqual(signature)
    for (const text of ['', '{}', 'null', '{"inputs":[],"outputs":[{"name":"y","dtype":"string","dims":[]}]}'])
      expect(readSignature(tensor(text))).toBeUndefined()
    expect(readSignature(new Map())).toBeUndefined()
  })
})
