import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { type RevealedTrace, revealed } from '../../node/answerer.ts'
import { parseOnnx, withOutputs } from '../../protocol/onnx.ts'
import { EXTRA } from '../../protocol/proof/commit-trace.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { packTrace } from '../../protocol/trace.ts'
import { judge } from '../../replay/judge.ts'
import type { Matter } from '../../replay/matter.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { runModel } from '../../replay/runtime/runtime.ts'
import { checkTrace } from '../../replay/trace.ts'
import { of } from './models.ts'

const pool = new Pool({ workers: 1 })
let folder: string
const matters = new Map<string, Known>()

/** A posted result, and all that the node which posted it has computed. */
interface Known {
  readonly matter: Matter
  readonly model: Uint8Array
  readonly inputs: NamedTensors
  readonly made: NamedTensors
}

/** What a node posts that runs WASM, together with its trace: honest, and a few units in the last place off ours. */
async function knownOf(demo: DemoModel): Promise<Known> {
  const model = readDemoModel(demo)
  const inputs = demo.input('trace')
  const { flat, graph } = committedModel(model)
  const names = graph.names.slice(graph.inputs.length)
  const { outputs: made } = await runModel({ model: withOutputs(flat, names), inputs, runtime: 'wasm', outputs: names })
  const posted = new Map(parseOnnx(model).outputs.map((name) => [name, made.get(name) as Tensor]))
  const modelPath = join(folder, demo.name)
  await writeFile(modelPath, model)
  const rule = { precision: 'fp32', tolerance: 1e-9 } as const
  const input = encodeTensors(inputs)
  const matter = { modelHash: demo.modelHash, modelPath, input, posted: async () => posted, rule }
  return { matter, model, inputs, made }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-trace-'))
  for (const demo of demoModels()) matters.set(demo.name, await knownOf(demo))
})
afterAll(async () => {
  await pool.close()
  await rm(folder, { recursive: true })
})

const about = (name: string) => matters.get(name) as Known
const honest = ({ model, inputs, made }: Known) => revealed({ model, inputs }, made)
const published =
  ({ trace, root }: Pick<RevealedTrace, 'trace' | 'root'>) =>
  async () => ({ root, bytes: packTrace(trace) })
/** The tensors with one element of a float32 tensor moved. */
function moved(made: NamedTensors, name: string, by: number): NamedTensors {
  const tensor = made.get(name) as Tensor
  const values = new Float32Array(new Uint8Array(tensor.data).buffer)
  values[0] = (values[0] as number) + by
  return new Map([...made, [name, of('float32', [...tensor.dims], values)]])
}

it.each(demoModels().map(({ name }) => name))(
  'finds the trace of another honest runtime sound, on %s',
  async (name) => {
    const known = about(name)
    expect(await checkTrace({ ...known.matter, trace: published(honest(known)) }, pool)).toEqual({
      kind: 'sound',
      runtimes: [expect.stringMatching(/^onnxruntime-node .*each operator apart$/)],
    })
  },
)

it('clears with it a node whom a tolerance tighter than honest machines are alike would leave in doubt', async () => {
  const known = about('hello_deepa')
  expect((await judge(known.matter, pool)).verdict).toMatchObject({ kind: 'undetermined', step: 'envelope' })
  expect((await judge({ ...known.matter, trace: published(honest(known)) }, pool)).verdict).toMatchObject({
    kind: 'valid',
    step: 'trace',
  })
})

it('names the operator that lies, though everything after it follows from the lie', async () => {
  const { matter, model, inputs, made } = about('hello_deepa')
  const names = [...made.keys()]
  const lied = names[Math.floor(names.length / 2)] as string
  const lie = revealed({ model, inputs }, moved(made, lied, 0.5))
  const broken = await checkTrace({ ...matter, trace: published(lie) }, pool)
  expect(broken).toMatchObject({ kind: 'broken', where: JSON.stringify(lied) })
})

it('sees a trace that does not end in what was posted', async () => {
  const { matter, model, inputs, made } = about('silero_vad')
  const [output] = (await matter.posted()).keys()
  const lie = revealed({ model, inputs }, moved(made, output as string, 0.1))
  const broken = await checkTrace({ ...matter, trace: published(lie) }, pool)
  expect(broken).toMatchObject({ kind: 'broken', where: expect.stringMatching(/its end/) })
})

it('lets no trace replace the request’s input', async () => {
  const known = about('silero_vad')
  const silence = of('float32', [1, 576], new Float32Array(576))
  const other = revealed({ model: known.model, inputs: new Map([...known.inputs, ['input', silence]]) }, known.made)
  expect(other.root).not.toBe(honest(known).root)
  expect(await checkTrace({ ...known.matter, trace: published(other) }, pool)).toMatchObject({ kind: 'sound' })
})

it.each<[string, (honest: RevealedTrace) => Matter['trace'], RegExp, boolean]>([
  ['another root', ({ trace }) => published({ trace, root: `0x${'11'.repeat(32)}` }), /root on chain/, false],
  ['garbage', () => async () => ({ root: '0x', bytes: new Uint8Array(20) }), /not compressed/, false],
  [
    'a tensor that is missing',
    ({ trace, root }) => published({ trace: trace.slice(1), root }),
    /where the model has/,
    false,
  ],
  [
    'tensors in another order',
    ({ trace, root }) => published({ trace: trace.toReversed(), root }),
    new RegExp(`tensor 0 is ${JSON.stringify(EXTRA[3]).replace('\\', '\\\\')}`),
    false,
  ],
  [
    'a server that is away',
    () => async () => {
      throw Object.assign(new Error('nobody answers'), { retryable: true })
    },
    /nobody answers/,
    true,
  ],
])('cannot use a trace with %s', async (_, trace, reason, retryable) => {
  const known = about('hello_deepa')
  const given = trace(honest(known)) as NonNullable<Matter['trace']>
  expect(await checkTrace({ ...known.matter, trace: given }, pool)).toMatchObject({
    kind: 'unusable',
    retryable,
    reason: expect.stringMatching(reason),
  })
})
