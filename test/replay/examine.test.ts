import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { type Claim, examine } from '../../replay/examine.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import type { Rule } from '../../verdict/verdict.ts'
import { deadly, endless, float32, perturbed, realModels, toyModel } from './models.ts'

const fp32: Rule = { precision: 'fp32', tolerance: 1e-4 }
const exact: Rule = { precision: 'exact', tolerance: 0 }

let folder: string
let artifacts: Artifacts
let pool: Pool

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-examine-'))
  artifacts = new Artifacts({ directory: folder, timeoutMs: 5000 })
  pool = new Pool({ workers: 1, timeoutMs: 20_000 })
})
afterAll(async () => {
  await pool.close()
  await rm(folder, { recursive: true })
})

async function inline(bytes: Uint8Array): Promise<Claim['input']> {
  return { hash: await new Artifacts({ directory: join(folder, 'hashes') }).put(bytes), uri: '', data: bytes }
}

/** A claim whose model is in the store and whose tensors are inline. */
async function claimOf(
  model: Uint8Array,
  inputs: NamedTensors | Uint8Array,
  outputs: NamedTensors | Uint8Array,
  rule = fp32,
): Promise<Claim> {
  return {
    model: { hash: await artifacts.put(model), uri: '' },
    input: await inline(inputs instanceof Uint8Array ? inputs : encodeTensors(inputs)),
    output: await inline(outputs instanceof Uint8Array ? outputs : encodeTensors(outputs)),
    rule,
  }
}

const judge = async (claim: Claim) => (await examine(claim, { artifacts, pool })).verdict

describe('examine', { timeout: 60_000 }, () => {
  describe.each(Object.entries(realModels))('on %s', (_, load) => {
    const { model, inputs } = load()

    it('finds honest results valid, from either runtime, in one replay', async () => {
      for (const runtime of ['native', 'wasm'] as const) {
        const { outputs } = await runModel({ model, inputs, runtime })
        const verdict = await judge(await claimOf(model, inputs, outputs))
        expect(verdict).toMatchObject({ kind: 'valid', runtimes: [expect.stringMatching(/^onnxruntime-node 1\./)] })
      }
    })

    it('finds a wrong result invalid, by two runtimes', async () => {
      const { outputs } = await runModel({ model, inputs, runtime: 'native' })
      const verdict = await judge(await claimOf(model, inputs, perturbed(outputs, 0.01)))
      if (verdict.kind !== 'invalid') throw new Error(`it is ${verdict.kind}`)
      expect(verdict.evidence.distance).toBeGreaterThan(0.0099)
      expect(verdict.evidence.envelope).toBeLessThan(1e-5)
      expect(verdict).toMatchObject({
        kind: 'invalid',
        step: 'second',
        evidence: {
          output: outputs.keys().next().value,
          kind: 'logit',
          posted: expect.any(String),
          envelope: expect.any(Number),
          at: 0,
          runtimes: [
            expect.stringMatching(/^onnxruntime-node 1\./),
            expect.stringMatching(/^onnxruntime-web 1\..*fresh/),
          ],
        },
      })
    })

    it('in the exact class, takes the canonical bits and finds one changed bit invalid', async () => {
      const { outputs } = await runModel({ model, inputs, runtime: 'wasm' })
      expect(await judge(await claimOf(model, inputs, outputs, exact))).toMatchObject({
        kind: 'valid',
        runtimes: [expect.stringMatching(/^onnxruntime-web 1\./)],
      })
      const [[name, tensor] = []] = outputs
      const data = tensor?.data.slice() as Uint8Array
      data[0] = (data[0] as number) ^ 1
      const posted = new Map(outputs).set(name as string, { ...(tensor as NonNullable<typeof tensor>), data })
      expect(await judge(await claimOf(model, inputs, posted, exact))).toMatchObject({
        kind: 'invalid',
        evidence: {
          kind: 'bits',
          at: 0,
          runtimes: [expect.stringMatching(/^onnxruntime-web/), expect.stringMatching(/^onnxruntime-web.*fresh/)],
        },
      })
    })
  })

  it('finds another request’s output invalid', async () => {
    const { model, inputs } = realModels.silero()
    const { outputs } = await runModel({ model, inputs: perturbed(inputs, 0.9, 100), runtime: 'native' })
    expect(await judge(await claimOf(model, inputs, outputs))).toMatchObject({ kind: 'invalid' })
  })

  it('calls nothing invalid that honest machines differ by, however tight the tolerance', async () => {
    // The model's native and WASM outputs are a few ulp apart, and the tolerance asks for none.
    const { model, inputs } = realModels.hello_deepa()
    const strict: Rule = { precision: 'fp32', tolerance: 0 }
    const { outputs } = await runModel({ model, inputs, runtime: 'wasm' })
    const claim = await claimOf(model, inputs, outputs, strict)
    expect(await judge(claim)).toMatchObject({
      kind: 'undetermined',
      step: 'envelope',
      retryable: false,
      reason: expect.stringMatching(/not beyond what honest machines differ by/),
    })
    const wrong = await claimOf(model, inputs, perturbed(outputs, -0.1), strict)
    expect(await judge(wrong)).toMatchObject({ kind: 'invalid', evidence: { tolerance: 8e-6 } })
  })

  it('calls nothing invalid of a model that blows rounding up, though the runtimes at hand round alike', async () => {
    // A dot product that cancels, times a million: nothing is left of it but rounding.
    const half = Float32Array.from({ length: 256 }, (_, i) => 1000 * Math.sin(i + 1))
    const weights = Float32Array.of(...half, ...half.map((value) => -value))
    const model = toyModel(
      [
        { opType: 'MatMul', input: ['x', 'w'], output: ['a'] },
        { opType: 'Mul', input: ['a', 'c'], output: ['y'] },
      ],
      {
        initializer: [
          { name: 'w', dataType: 1, dims: [512n, 1n], rawData: new Uint8Array(weights.buffer) },
          { name: 'c', dataType: 1, rawData: new Uint8Array(Float32Array.of(1e6).buffer) },
        ],
      },
    )
    const inputs = new Map([['x', float32([1, 512], (i) => 1.1 + Math.sin((i % 256) * 0.7))]])
    const { outputs } = await runModel({ model, inputs, runtime: 'native' })
    expect(await judge(await claimOf(model, inputs, outputs))).toMatchObject({ kind: 'valid', step: 'bytes' })
    // Another machine's rounding: the same order of magnitude, other values.
    const other = perturbed(outputs, 500)
    expect(await judge(await claimOf(model, inputs, other))).toMatchObject({ kind: 'undetermined', step: 'envelope' })
  })

  it('needs no output at all when the chain has the hash of the replay’s own', async () => {
    for (const { model, inputs } of [realModels.hello_deepa(), realModels.silero()]) {
      const { outputs } = await runModel({ model, inputs, runtime: 'native' })
      const claim = await claimOf(model, inputs, outputs)
      const nowhere = { ...claim, output: { hash: claim.output.hash, uri: 'http://127.0.0.1:1/gone' } }
      expect(await judge(nowhere)).toMatchObject({ kind: 'valid', step: 'bytes' })
      const wrong = { ...nowhere, output: { ...nowhere.output, hash: `0x${'12'.repeat(32)}` as const } }
      expect(await judge(wrong)).toMatchObject({
        kind: 'undetermined',
        reason: expect.stringMatching(/output could not/),
      })
    }
  })

  describe('is undetermined, with the reason', () => {
    const good = realModels.hello_deepa()
    const output: NamedTensors = new Map([['39', float32([1, 1])]])
    const noHash: Hex = `0x${'ab'.repeat(32)}`

    it.each<[string, () => Promise<Claim>, RegExp]>([
      [
        'for an input of the wrong shape',
        () => claimOf(good.model, new Map([['onnx::Flatten_0', float32([1, 24, 96])]]), output),
        /could not be run: the input "onnx::Flatten_0" is float32\[1,24,96\]/,
      ],
      ['for a model that is not ONNX', () => claimOf(Buffer.from('hello'), good.inputs, output), /not an ONNX model/],
      [
        'for an output of garbage bytes',
        () => claimOf(good.model, good.inputs, Buffer.from('xx')),
        /the output is not/,
      ],
      ['for an input of garbage bytes', () => claimOf(good.model, Buffer.from('xx'), output), /the input is not/],
      [
        'for a random operator',
        () => claimOf(toyModel([{ opType: 'RandomUniformLike', input: ['x'], output: ['y'] }]), good.inputs, output),
        /"RandomUniformLike" draws random/,
      ],
      [
        'for a model that kills the runtime',
        () => claimOf(deadly(), new Map([['x', float32([1], () => -(2 ** 31))]]), output),
        /died \(SIGFPE/,
      ],
      [
        'for a tolerance of NaN',
        async () => ({ ...(await claimOf(good.model, good.inputs, output)), rule: { ...fp32, tolerance: Number.NaN } }),
        /tolerance/,
      ],
      [
        'for a file outside the roots',
        async () => ({
          ...(await claimOf(good.model, good.inputs, output)),
          model: { hash: noHash, uri: pathToFileURL('/etc/hostname').href },
        }),
        /model could not be had: .*(fileRoots|not there)/,
      ],
      [
        'for a private address',
        async () => ({
          ...(await claimOf(good.model, good.inputs, output)),
          input: { hash: noHash, uri: 'http://localhost:1/' },
        }),
        /input could not be had: .*private address/,
      ],
      [
        'for a hash that is none',
        async () => ({ ...(await claimOf(good.model, good.inputs, output)), output: { hash: '0x12', uri: '' } }),
        /output could not be had: .*not a sha256/,
      ],
    ])('%s', async (_, claim, reason) => {
      expect(await judge(await claim())).toMatchObject({ kind: 'undetermined', reason: expect.stringMatching(reason) })
    })

    it('for a model that never ends', async () => {
      const impatient = new Pool({ workers: 1, timeoutMs: 2000 })
      const claim = await claimOf(endless(), new Map([['x', float32([1])]]), output)
      const { verdict } = await examine(claim, { artifacts, pool: impatient })
      await impatient.close()
      expect(verdict).toMatchObject({
        kind: 'undetermined',
        reason: expect.stringMatching(/did not finish within 2000 ms/),
      })
    })

    it('for a server that lies, and for one that is gone', async () => {
      const server = createServer((_, response) => response.end('another model'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.onnx`
      const trusting = new Artifacts({ directory: folder, allowPrivateHosts: true, timeoutMs: 5000 })
      const claim = { ...(await claimOf(good.model, good.inputs, output)), model: { hash: noHash, uri } }
      const lying = await examine(claim, { artifacts: trusting, pool })
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      const gone = await examine(claim, { artifacts: trusting, pool })
      expect(lying.verdict).toMatchObject({
        kind: 'undetermined',
        reason: expect.stringMatching(/model could not be had: .*does not have the hash/),
      })
      expect(gone.verdict).toMatchObject({
        kind: 'undetermined',
        reason: expect.stringMatching(/model could not be had: .*could not be downloaded/),
      })
    })
  })
})
