import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { inferTrace } from '../../node/infer.ts'
import { parseOnnx, traceNames, withOutputs } from '../../protocol/onnx.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { encodeTrace, type Trace, traceRoot, withTensors } from '../../protocol/trace.ts'
import { judge } from '../../replay/judge.ts'
import type { Matter } from '../../replay/matter.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { checkTrace } from '../../replay/trace.ts'
import { of } from './models.ts'

const pool = new Pool({ workers: 1 })
let folder: string
const matters = new Map<string, { matter: Matter; trace: Trace }>()

/** What a node posts that runs WASM, together with its trace: honest, and a few units in the last place off ours. */
async function matterOf(demo: DemoModel): Promise<{ matter: Matter; trace: Trace }> {
  const model = readDemoModel(demo)
  const inputs = demo.input('trace')
  const parsed = parseOnnx(model)
  const { outputs: all } = await runModel({ model: withOutputs(model, traceNames(parsed)), inputs, runtime: 'wasm' })
  const posted = new Map(parsed.outputs.map((name) => [name, all.get(name) as Tensor]))
  const names = (await inferTrace({ model, inputs })).map(({ name }) => name)
  const modelPath = join(folder, demo.name)
  await writeFile(modelPath, model)
  const rule = { precision: 'fp32', tolerance: 1e-9 } as const
  const matter = {
    modelHash: demo.modelHash,
    modelPath,
    input: encodeTensors(inputs),
    posted: async () => posted,
    rule,
  }
  return { matter, trace: names.map((name) => ({ name, tensor: all.get(name) as Tensor })) }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-trace-'))
  for (const demo of demoModels()) matters.set(demo.name, await matterOf(demo))
})
afterAll(async () => {
  await pool.close()
  await rm(folder, { recursive: true })
})

const about = (name: string) => matters.get(name) as { matter: Matter; trace: Trace }
const revealed =
  (trace: Trace, root = traceRoot(trace)) =>
  async () => ({ root, bytes: encodeTrace(trace) })
/** The trace with one element of a float32 tensor moved. */
function moved(trace: Trace, name: string, by: number): Trace {
  const tensor = trace.find((entry) => entry.name === name)?.tensor as Tensor
  const values = new Float32Array(new Uint8Array(tensor.data).buffer)
  values[0] = (values[0] as number) + by
  return withTensors(trace, new Map([[name, of('float32', [...tensor.dims], values)]]) as NamedTensors)
}

it.each(demoModels().map(({ name }) => name))(
  'finds the trace of another honest runtime sound, on %s',
  async (name) => {
    const { matter, trace } = about(name)
    expect(await checkTrace({ ...matter, trace: revealed(trace) }, pool)).toEqual({
      kind: 'sound',
      runtimes: [expect.stringMatching(/^onnxruntime-node .*each operator apart$/)],
    })
  },
)

it('clears with it a node whom a tolerance tighter than honest machines are alike would leave in doubt', async () => {
  const { matter, trace } = about('hello_deepa')
  expect((await judge(matter, pool)).verdict).toMatchObject({ kind: 'undetermined', step: 'envelope' })
  expect((await judge({ ...matter, trace: revealed(trace) }, pool)).verdict).toMatchObject({
    kind: 'valid',
    step: 'trace',
  })
})

it('names the operator that lies, though everything after it follows from the lie', async () => {
  const { matter, trace } = about('hello_deepa')
  const names = trace.map(({ name }) => name)
  const lied = names[Math.floor(names.length / 2)] as string
  const broken = await checkTrace({ ...matter, trace: revealed(moved(trace, lied, 0.5)) }, pool)
  expect(broken).toMatchObject({ kind: 'broken', where: JSON.stringify(lied) })
})

it('sees a trace that does not end in what was posted', async () => {
  const { matter, trace } = about('silero_vad')
  const [output] = (await matter.posted()).keys()
  const broken = await checkTrace({ ...matter, trace: revealed(moved(trace, output as string, 0.1)) }, pool)
  expect(broken).toMatchObject({ kind: 'broken', where: expect.stringMatching(/its end/) })
})

it('lets no trace replace the request’s input', async () => {
  const { matter, trace } = about('silero_vad')
  const silence = of('float32', [1, 576], new Float32Array(576))
  const extra = [...trace, { name: 'input', tensor: silence }]
  expect(await checkTrace({ ...matter, trace: revealed(extra) }, pool)).toMatchObject({ kind: 'sound' })
})

it.each<[string, (trace: Trace) => Matter['trace'], RegExp, boolean]>([
  ['another root', (trace) => revealed(trace, `0x${'11'.repeat(32)}`), /root on chain/, false],
  ['garbage', () => async () => ({ root: '0x', bytes: new Uint8Array(20) }), /GSR1/, false],
  ['a tensor that is missing', (trace) => revealed(trace.slice(1)), /not a graph input/, false],
  [
    'a server that is away',
    () => async () => {
      throw Object.assign(new Error('nobody answers'), { retryable: true })
    },
    /nobody answers/,
    true,
  ],
])('cannot use a trace with %s', async (_, trace, reason, retryable) => {
  const { matter, trace: honest } = about('hello_deepa')
  const given = trace(honest) as NonNullable<Matter['trace']>
  expect(await checkTrace({ ...matter, trace: given }, pool)).toMatchObject({
    kind: 'unusable',
    retryable,
    reason: expect.stringMatching(reason),
  })
})
