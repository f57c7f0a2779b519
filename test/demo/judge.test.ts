import { describe, expect, it } from 'vitest'
import { withFloats } from '../../demo/distance.ts'
import { type JudgeParameters, judge } from '../../demo/judge.ts'
import { type DemoModel, demoModels, readDemoModel } from '../../demo/models.ts'
import { infer } from '../../node/infer.ts'
import { encodeTensors, type NamedTensors, type Tensor } from '../../protocol/tensor.ts'
import { runModel } from '../../replay/runtime/runtime.ts'

const demoModel = demoModels().find(({ name }) => name === 'hello_deepa') as DemoModel
const model = readDemoModel(demoModel)
const inputs = demoModel.input('judge')

async function revealed(change: Partial<JudgeParameters> = {}, outputs?: NamedTensors): Promise<JudgeParameters> {
  const posted = outputs ?? (await infer({ model, inputs }))
  return {
    model,
    inputBytes: encodeTensors(inputs),
    outputBytes: encodeTensors(posted),
    precision: 'fp32',
    tolerance: 2.5e-5,
    ...change,
  }
}

const off = (by: number) => async () => {
  const honest = await infer({ model, inputs })
  return new Map(
    [...honest].map(([name, tensor]) => [name, withFloats(tensor, Float32Array.of(0.5 + by))] as [string, Tensor]),
  )
}

describe('fp32', () => {
  it('finds an honest result right', async () => {
    expect(await judge(await revealed())).toEqual({ type: 'right', reason: 'distance 0 within 0.000025' })
  })

  it('finds a result wrong that is beyond the tolerance', async () => {
    expect((await judge(await revealed({}, await off(0.1)()))).type).toBe('wrong')
  })

  it.each([
    ['right', 2.4e-5],
    ['wrong', 2.6e-5],
  ])('finds a result %s at a distance of %d', async (type, by) => {
    const honest = await infer({ model, inputs })
    const [[name, tensor]] = [...honest] as [[string, Tensor]]
    const value = new Float32Array(tensor.data.slice().buffer)[0] as number
    const moved = withFloats(tensor, Float32Array.of(value > 0.5 ? value - by : value + by))
    expect((await judge(await revealed({}, new Map([[name, moved]])))).type).toBe(type)
  })

  it('finds NaN and bytes that are not tensors wrong', async () => {
    expect((await judge(await revealed({}, await off(Number.NaN)()))).type).toBe('wrong')
    expect((await judge(await revealed({ outputBytes: new Uint8Array(9) }))).type).toBe('wrong')
  })

  it.each<[string, Partial<JudgeParameters>]>([
    ['the model is not one', { model: new Uint8Array(10) }],
    ['the input is not tensors', { inputBytes: new Uint8Array(10) }],
    ['the input does not fit', { inputBytes: encodeTensors(new Map([['x', [...inputs.values()][0] as Tensor]])) }],
  ])('says nothing when %s: nobody could have answered', async (_, change) => {
    expect((await judge(await revealed(change))).type).toBe('unclear')
  })
})

describe('exact', () => {
  it('takes the bytes of the WASM runtime and no others', async () => {
    const { outputs } = await runModel({ model, inputs, runtime: 'wasm' })
    expect((await judge(await revealed({ precision: 'exact', tolerance: 0 }, outputs))).type).toBe('right')
    const bits = encodeTensors(outputs)
    bits[bits.length - 4] = (bits[bits.length - 4] as number) ^ 1
    expect((await judge(await revealed({ precision: 'exact', tolerance: 0, outputBytes: bits }))).type).toBe('wrong')
  })
})
