import { setTimeout as sleep } from 'node:timers/promises'
import { type AbiParameter, encodeAbiParameters, encodeEventTopics, type Hex, numberToHex, toHex } from 'viem'
import {
  inferenceHubAbi,
  inferencePrecompileAbi,
  taskSchedulerAbi,
  workflowAbi,
} from '../../networks/opengradient/abi.ts'
import { inferenceWithoutPayloadAbi } from '../../networks/opengradient/history-abi.ts'
import type { InferenceEvent, ModelOutput, NumberTensor } from '../../networks/opengradient/types.ts'
import { rpc } from '../index/support/rpc.ts'
import type { Stage } from '../index/support/stage.ts'
import { hubCode, repeating, schedulerCode, workflowCode } from '../opengradient/callers.ts'
import { emission, emitterCode, inferenceEmission } from '../opengradient/precompile.ts'
import { inputOfFloat32, outputOfFloat } from '../opengradient/sdk-numbers.ts'
import { evil, megabyte } from './wares.ts'

const PRECOMPILE = '0x00000000000000000000000000000000000000f4'
const HUB = '0x8383c9bd7462f12eb996dd02f78234c0421a6fae'
const SCHEDULER = '0x7179724de4e7ff9271fa40c0337c7f90c0508ef6'

/** Workflows, each with a task of its own. */
export const workflows = {
  running: '0x00000000000000000000000000000000000f10e5',
  stopped: '0x00000000000000000000000000000000000f10e6',
  over: '0x00000000000000000000000000000000000f10e7',
  absurd: '0x00000000000000000000000000000000000f10e8',
} as const satisfies Record<string, Hex>

const MODEL = 'Bk7vR2mQxJ5tYw9LhN3pCzA8sDfGe1uVoKiTbXy4n0E'
const DAY = 86_400n
const HUGE = 2n ** 256n - 1n
const NOTHING: ModelOutput = { numbers: [], strings: [], jsons: [], is_simulation_result: false }

/** Plays what OpenGradient's contracts emit, on the stage's own chain, before an index starts: inferences, echoes, tasks. */
export async function playOpenGradient(stage: Stage): Promise<void> {
  const { rpcUrl, cast } = stage
  // A text of a megabyte takes more gas than a block of the default has.
  await rpc(rpcUrl, 'evm_setBlockGasLimit', '0x40000000')
  await stage.mine(1)
  const codes = { [PRECOMPILE]: emitterCode, [HUB]: hubCode, [SCHEDULER]: schedulerCode }
  for (const [address, code] of Object.entries(codes)) await rpc(rpcUrl, 'anvil_setCode', address, code)
  for (const address of Object.values(workflows)) await rpc(rpcUrl, 'anvil_setCode', address, workflowCode)
  const emit = (event: InferenceEvent) => say(stage, PRECOMPILE, inferenceEmission(event))
  const schedule = (
    eventName: 'TaskRegistered' | 'TaskUpdated' | 'TaskStopped',
    { of, by, terms = [] }: { of: keyof typeof workflows; by: Hex; terms?: bigint[] },
  ) => {
    const args = { user: by, contractAddress: workflows[of] }
    const topics = encodeEventTopics({ abi: taskSchedulerAbi, eventName, args }) as Hex[]
    const words = [...topics, ...terms.map((one) => numberToHex(one, { size: 32 }))]
    return say(stage, SCHEDULER, `0x${words.map((one) => one.slice(2)).join('')}`)
  }

  const now = await stage.now()
  await schedule('TaskRegistered', { of: 'over', by: cast.stranger, terms: [now + 60n, 30n] })
  await schedule('TaskRegistered', { of: 'absurd', by: cast.stranger, terms: [HUGE, HUGE] })
  await schedule('TaskRegistered', { of: 'stopped', by: cast.otherRequester, terms: [now + 30n * DAY, DAY] })
  await schedule('TaskUpdated', { of: 'stopped', by: cast.otherRequester, terms: [now + 60n * DAY, DAY / 2n] })
  await schedule('TaskStopped', { of: 'stopped', by: cast.otherRequester })
  await schedule('TaskRegistered', { of: 'running', by: cast.requester, terms: [now + 30n * DAY, 3600n] })

  // What the workflow says that it was given: the inference's output, another one, nothing, and of no inference at all.
  for (const [i, said] of [forecast(1), forecast(9), NOTHING, forecast(4)].entries()) {
    await stage.pass(3600)
    await runOnce(stage, 'running', { of: inference(`scheduled ${i}`, forecast(i + 1)), said })
  }
  await stage.pass(3600)
  await runOnce(stage, 'running', { said: forecast(5) })

  await emit({ ...inference('zkml', forecast(2)), ...inMode(1) })
  await emit({ ...inference('tee', forecast(2)), ...inMode(2) })
  const [past] = encodeEventTopics({ abi: inferenceWithoutPayloadAbi, eventName: 'ModelInferenceEvent' })
  const pastData = encodeAbiParameters(inferenceWithoutPayloadAbi[0].inputs, ['past', 0, `Qm${'a'.repeat(44)}`])
  await say(stage, PRECOMPILE, emission(past as Hex, pastData))
  const [topic] = encodeEventTopics({ abi: inferencePrecompileAbi, eventName: 'ModelInferenceEvent' })
  await say(stage, PRECOMPILE, emission(topic as Hex, toHex(`malformed ${evil.name}`)))
  await emit(inference('texts', texts()))
  await emit(hostile())
  const unfilled = { ...NOTHING, numbers: [{ name: evil.name, values: [], shape: [7] }] }
  await emit({ ...hostile(), inferenceID: 'unfilled', response: unfilled })
  const repeated = inferenceEmission(inference('repeated', forecast(3)))
  await say(stage, HUB, repeating(repeated, hubTopics, hubSays(forecast(3))))
}

/** Runs a workflow: it asks for an inference, or for none, and says what it was given. */
export function runOnce(
  stage: Stage,
  workflow: keyof typeof workflows,
  { of, said }: { of?: InferenceEvent; said: ModelOutput },
): Promise<void> {
  return say(stage, workflows[workflow], repeating(of ? inferenceEmission(of) : '0x', ran(), emitted(said)))
}

/** Sends calldata to a double, and waits until it is in a block. */
async function say({ rpcUrl, cast }: Stage, to: Hex, data: Hex): Promise<void> {
  const call = { from: cast.stranger, to, data, gas: '0xc000000' }
  const hash = await rpc(rpcUrl, 'eth_sendTransaction', call)
  for (;;) {
    const receipt = (await rpc(rpcUrl, 'eth_getTransactionReceipt', hash)) as { status: Hex } | null
    if (receipt?.status === '0x0') throw new Error('a transaction to a double reverted')
    if (receipt) return
    await sleep(2)
  }
}

function ran(): Hex[] {
  return encodeEventTopics({
    ...{ abi: workflowAbi, eventName: 'InferenceResultEmitted', args: { caller: SCHEDULER } },
  }) as Hex[]
}

function emitted(said: ModelOutput): Hex {
  const [, output] = workflowAbi.find(({ name }) => name === 'InferenceResultEmitted')?.inputs ?? []
  return encodeAbiParameters([{ ...output } as AbiParameter], [said])
}

const hubTopics = encodeEventTopics({ abi: inferenceHubAbi, eventName: 'InferenceResult' }) as Hex[]
const hubSays = (it: ModelOutput) => encodeAbiParameters(inferenceHubAbi[0].inputs, [it])

/** An inference of an ordinary model on ordinary numbers. */
export function inference(inferenceID: string, response: ModelOutput): InferenceEvent {
  const candles = numbers('open_high_low_close', [10, 4], (i) =>
    inputOfFloat32(Math.fround(2400 + 9 * Math.sin(i / 3))),
  )
  const input = { numbers: [candles], strings: [] }
  return { inferenceID, request: { mode: 0, modelCID: MODEL, input }, response }
}

const inMode = (mode: number) => ({ request: { ...inference('', NOTHING).request, mode } })

/** A forecast of ten numbers, told apart by another number. */
export function forecast(seed: number): ModelOutput {
  return { ...NOTHING, numbers: [numbers('volatility', [1, 10], (i) => outputOfFloat(volatility(seed, i)))] }
}

/** Elements of a forecast, as float32 has them. */
export const volatility = (seed: number, i: number) => Math.fround(0.02 + 0.004 * Math.sin(i + seed))

function texts(): ModelOutput {
  return {
    ...forecast(2),
    strings: [{ name: 'label', values: ['buy', 'hold'] }],
    jsons: [{ name: 'probabilities', value: '{"buy": 0.71, "hold": 0.29}' }],
  }
}

/** An inference whose every text is hostile, one of them of nearly a megabyte: more than 2^20 bytes are not kept. */
function hostile(): InferenceEvent {
  const { request } = inference('', NOTHING)
  const named = numbers(evil.name, [3], (i) => inputOfFloat32(i))
  return {
    inferenceID: evil.name,
    request: { ...request, modelCID: evil.name, input: { numbers: [named], strings: [] } },
    response: {
      ...NOTHING,
      strings: [{ name: `${evil.name} 1`, values: [megabyte.slice(0, 900_000)] }],
      jsons: [{ name: `${evil.name} 2`, value: `{"${evil.name}": "${evil.uri}"}` }],
    },
  }
}

function numbers(
  name: string,
  shape: number[],
  value: (index: number) => NumberTensor['values'][number],
): NumberTensor {
  const count = shape.reduce((product, dim) => product * dim, 1)
  return { name, shape, values: Array.from({ length: count }, (_, i) => value(i)) }
}
