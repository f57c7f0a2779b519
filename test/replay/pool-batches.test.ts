import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeTensors } from '../../protocol/tensor.ts'
import { AnswerReader } from '../../replay/pool/answer.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Folder, firstOf, type Sent, watchBatches } from './harness.ts'
import { deadly, endlessUnlessZero, float32, label, realModels, square, throwing, unopenable } from './models.ts'
import { childrenOf, until } from './processes.ts'

const folder = new Folder()
let pool: Pool
let sent: Sent[]

beforeEach(() => {
  sent = watchBatches().sent
})
afterEach(async () => {
  await pool.close()
  expect(childrenOf()).toEqual([])
  vi.restoreAllMocks()
})
afterAll(() => folder.remove())

const sizes = () => sent.map(({ batch }) => batch.message.inputs.length)
const pids = () => new Set(sent.map(({ pid }) => pid))

describe('batches', { timeout: 60_000 }, () => {
  it('sends many jobs of one model in few messages, and answers each with its own outputs', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => pool.replay(folder.job(square(), [i]))))
    expect(outcomes.map(firstOf)).toEqual(Array.from({ length: 100 }, (_, i) => i * i))
    expect(sizes()).toEqual([32, 32, 32, 4])
    expect(pids().size).toBe(1)
  })

  it('takes inputs as bytes and as files, mixed', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const jobs = Array.from({ length: 20 }, (_, i) => {
      const job = folder.job(square(), [i])
      return i % 3 === 0 ? { ...job, input: folder.file(`input-${i}`, job.input as Uint8Array) } : job
    })
    jobs.push({ ...folder.job(square()), input: `${folder.path}/absent` })
    const outcomes = (await Promise.all(jobs.map((job) => pool.replay(job)))).map(firstOf)
    expect(outcomes.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, i) => i * i))
    expect(outcomes[20]).toMatch(/the stored input cannot be read: ENOENT/)
    expect(sizes()).toEqual([21])
  })

  it('reads input files of more than a MiB', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const input = folder.file('large', encodeTensors(new Map([['x', float32([400_000], (i) => i % 7)]])))
    const outcome = await pool.replay({ ...folder.job(square()), input })
    expect(outcome.kind === 'outputs' && outcome.replayed.outputs.get('y')?.dims).toEqual([400_000])
  })

  it('leaves large outputs in the child when they are what was posted, and fetches them when they are not', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const size = 20_000
    const outputOf = (factor: number) =>
      encodeTensors(new Map([['y', float32([size], (i) => (factor * (i % 7)) ** 2)]]))
    const jobs = Array.from({ length: 6 }, (_, i) => {
      const factor = i + 1
      const bytes = outputOf(i % 2 ? factor : factor + 1)
      const hash = `0x${createHash('sha256').update(bytes).digest('hex')}`
      const input = encodeTensors(new Map([['x', float32([size], (at) => factor * (at % 7))]]))
      return { ...folder.job(square()), input, expected: hash }
    })
    const took = vi.spyOn(AnswerReader.prototype, 'read')
    const outcomes = await Promise.all(jobs.map((job) => pool.replay(job)))
    for (const [i, outcome] of outcomes.entries()) {
      expect(outcome).toMatchObject({
        kind: i % 2 ? 'equal' : 'outputs',
        runtime: expect.stringMatching(/^onnx.*-node/),
      })
      if (outcome.kind === 'outputs')
        expect(Buffer.compare(encodeTensors(outcome.replayed.outputs), outputOf(i + 1))).toBe(0)
    }
    const blobs = took.mock.calls.flatMap(([frame]) => frame.blobs)
    expect(blobs.length).toBe(3)
    expect(sizes()).toEqual([6])
    expect(JSON.stringify(sent.map(({ batch }) => batch.message))).not.toContain(jobs[0]?.expected)
  })

  it('tries a job that kills its process twice, and lets no other suffer', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const jobs = Array.from({ length: 100 }, (_, i) =>
      folder.job(i % 2 ? square() : deadly(), [i === 50 ? -(2 ** 31) : i + 1]),
    )
    const outcomes = (await Promise.all(jobs.map((job) => pool.replay(job)))).map(firstOf)
    for (const [i, outcome] of outcomes.entries()) {
      if (i === 50) expect(outcome).toMatch(/the process that ran the model died \(SIGFPE/)
      else expect(outcome).toBe(i % 2 ? (i + 1) ** 2 : i + 1)
    }
    const deaths = sent.filter(({ result }) => result?.kind === 'died')
    expect(deaths.map(({ batch }) => batch.message.inputs.length)).toEqual([32, 1])
    // The one before its own, its own, and one for those that came after.
    expect(pids().size).toBe(3)
  })

  it('does not try a job again that killed a process which had run nothing else', async () => {
    pool = new Pool({ workers: 1, spare: false })
    expect(firstOf(await pool.replay(folder.job(deadly(), [-(2 ** 31)])))).toMatch(/died \(SIGFPE/)
    expect(sent).toHaveLength(1)
  })

  it('blames the right job without a file to note it in', async () => {
    vi.stubEnv('TMPDIR', '/nonexistent')
    pool = new Pool({ workers: 1, spare: false })
    const jobs = [1, 2, -(2 ** 31), 4].map((x) => folder.job(deadly(), [x]))
    const outcomes = (await Promise.all(jobs.map((job) => pool.replay(job)))).map(firstOf)
    vi.unstubAllEnvs()
    expect(outcomes).toEqual([1, 2, expect.stringMatching(/SIGFPE/), 4])
    expect(sent.map(({ result }) => result?.kind)).toEqual(['died', 'died', 'done'])
  })

  it('gives each job of a batch its own time, and only the one that hangs is late', async () => {
    pool = new Pool({ workers: 1, spare: false, timeoutMs: 1500 })
    const jobs = Array.from({ length: 10 }, (_, i) => folder.job(endlessUnlessZero(), [i === 4 ? 1 : 0]))
    const outcomes = await Promise.all(jobs.map((job) => pool.replay(job)))
    for (const [i, outcome] of outcomes.entries()) {
      if (i === 4) expect(outcome).toMatchObject({ reason: expect.stringMatching(/did not finish/), retryable: true })
      else expect(firstOf(outcome)).toBe(0)
    }
    // Answers that had waited for company went down with the process: those jobs run again.
    expect(sizes()).toEqual([10, expect.toBeOneOf([5, 6, 7, 8, 9])])
  })

  it('goes on in the same process after models that the runtime does not open, but not for ever', async () => {
    pool = new Pool({ workers: 1, spare: false })
    for (let i = 0; i < 60; i++)
      expect(firstOf(await pool.replay(folder.job(unopenable())))).toMatch(/the runtime refused: .*MatMul/)
    expect(pids().size).toBe(2)
    expect(sent.filter(({ pid }) => pid === sent[0]?.pid)).toHaveLength(50)
  })

  it('trusts no process in which a running model threw, and runs the rest of its batch in another', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const jobs = [[1, 2, 3], [1], [4, 5, 6]].map((values) => folder.job(throwing(), values))
    const outcomes = (await Promise.all(jobs.map((job) => pool.replay(job)))).map(firstOf)
    expect(outcomes).toEqual([1, expect.stringMatching(/the runtime refused: .*Reshape/), 4])
    expect(sizes()).toEqual([3, 1])
    expect(pids().size).toBe(2)
  })

  it('runs the most urgent jobs first, whatever came first', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const order: string[] = []
    const models = { square: square(), deadly: deadly(), label: label() }
    const ask = async (name: keyof typeof models, priority: number) => {
      await pool.replay(folder.job(models[name], [3], { priority }))
      order.push(`${name} ${priority}`)
    }
    await Promise.all([ask('square', 9), ask('deadly', 5), ask('label', 1), ask('deadly', 2), ask('square', 0)])
    expect(order).toEqual(['square 0', 'square 9', 'label 1', 'deadly 2', 'deadly 5'])
  })

  it('gives the scores behind a label, and how to compare it', async () => {
    pool = new Pool({ workers: 1, spare: false })
    for (const runtime of ['native', 'wasm'] as const) {
      const outcome = await pool.replay(folder.job(label(), [3, 8, 5], { runtime }))
      if (outcome.kind !== 'outputs') throw new Error(outcome.kind)
      const { outputs, forms, scores } = outcome.replayed
      expect([...outputs.keys()]).toEqual(['y'])
      expect(forms.get('y')).toEqual({ kind: 'label', axis: 0, largest: true })
      expect(new Float32Array(scores.get('y')?.data.slice().buffer ?? [])).toEqual(Float32Array.of(9, 64, 25))
    }
  })

  it('runs variants apart from each other, and names them', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const { model, inputs } = realModels.hello_deepa()
    const job = { ...folder.job(model), input: encodeTensors(inputs) }
    const variants = [undefined, 'basic', 'all', 'noPrepacking'] as const
    const outcomes = await Promise.all(variants.map((variant) => pool.replay({ ...job, variant })))
    expect(outcomes.map((outcome) => outcome.kind === 'outputs' && outcome.runtime.replace(/ [\d.]+/, ''))).toEqual([
      'onnxruntime-node',
      'onnxruntime-node, optimisation basic',
      'onnxruntime-node, optimisation all',
      'onnxruntime-node, no prepacking',
    ])
    expect(sizes()).toEqual([1, 1, 1, 1])
  })

  it('tries a job that was killed from outside once more, then says that it may be tried later', async () => {
    pool = new Pool({ workers: 1, spare: false })
    const outcome = pool.replay(folder.job(endlessUnlessZero(), [1]))
    const killed: number[] = []
    for (let i = 0; i < 2; i++) {
      await until(() => childrenOf().some((pid) => !killed.includes(pid)), 'a child')
      // Long enough that it runs the model by now.
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const [pid] = childrenOf().filter((one) => !killed.includes(one))
      killed.push(pid as number)
      process.kill(pid as number, 'SIGKILL')
    }
    expect(await outcome).toMatchObject({ reason: expect.stringMatching(/died \(SIGKILL/), retryable: true })
    expect(sent).toHaveLength(2)
  })
})

it('runs each operator apart on the tensors it is given', async () => {
  pool = new Pool({ workers: 1, spare: false })
  // By the model, scores = x·x and y is where they are largest; here the scores are said to be others.
  const given = new Map([
    ['x', float32([3], (i) => i)],
    ['scores', float32([3], (i) => -i)],
    ['y', float32([1])],
  ])
  const outcome = await pool.replay({ ...folder.job(label()), input: encodeTensors(given), variant: 'cut' })
  if (outcome.kind !== 'outputs') throw new Error(outcome.kind)
  const { outputs } = outcome.replayed
  expect(outcome.runtime).toMatch(/^onnxruntime-node .*, each operator apart$/)
  expect([...outputs.keys()]).toEqual(['scores', 'y'])
  expect(new Float32Array(outputs.get('scores')?.data.slice().buffer ?? [])).toEqual(Float32Array.of(0, 1, 4))
  expect(outputs.get('y')?.data[0]).toBe(0)
})
