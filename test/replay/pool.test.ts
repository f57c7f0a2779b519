import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { encodeTensors, type NamedTensors } from '../../protocol/tensor.ts'
import { Artifacts } from '../../replay/artifacts/artifacts.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { deadly, endless, float32, of, perturbed, realModels, square } from './models.ts'
import { childrenOf, isAlive, until } from './processes.ts'

let folder: string
let artifacts: Artifacts
let pool: Pool

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gainsay-pool-'))
  artifacts = new Artifacts({ directory: folder })
})
afterEach(() => pool.close())
afterAll(() => rm(folder, { recursive: true }))

const x = (...values: number[]): NamedTensors => new Map([['x', float32([values.length], (i) => values[i] as number)]])
async function replay(model: Uint8Array, inputs = x(3), how: { runtime?: 'native' | 'wasm'; fresh?: boolean } = {}) {
  const modelHash = await artifacts.put(model)
  return pool.replay({
    modelHash,
    modelPath: artifacts.pathOf(modelHash),
    input: encodeTensors(inputs),
    runtime: 'native',
    ...how,
  })
}
const nine = {
  kind: 'outputs',
  replayed: {
    outputs: new Map([['y', of('float32', [1], Float32Array.of(9))]]),
    forms: new Map([['y', { kind: 'linear' }]]),
    scores: new Map(),
  },
  encoded: expect.any(Uint8Array),
  runtime: expect.any(String),
  ms: expect.any(Number),
}

describe('Pool', { timeout: 60_000 }, () => {
  it.each(['native', 'wasm'] as const)('runs models on the %s runtime and names it', async (runtime) => {
    pool = new Pool({ spare: false, workers: 1 })
    const outcome = await replay(square(), x(3), { runtime })
    expect(outcome).toEqual(nine)
    expect(outcome).toHaveProperty(
      'runtime',
      expect.stringMatching(runtime === 'native' ? /^onnxruntime-node 1\./ : /^onnxruntime-web 1\./),
    )
  })

  it('keeps a child for the next job, and uses a new one for a fresh job', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    await replay(square())
    const before = childrenOf()
    expect(before).toHaveLength(1)
    await replay(square())
    expect(childrenOf()).toEqual(before)
    const fresh = replay(square(), x(3), { fresh: true })
    await until(() => childrenOf().some((pid) => !before.includes(pid)), 'a new child')
    expect(await fresh).toEqual(nine)
    await until(() => childrenOf().length === 1, 'the fresh child gone')
    expect(childrenOf()).toEqual(before)
  })

  it.each(['native', 'wasm'] as const)('kills an endless %s replay and serves the jobs behind it', async (runtime) => {
    pool = new Pool({ spare: false, workers: 1, timeoutMs: 5000 })
    const [hung, next] = await Promise.all([replay(endless(), x(3), { runtime }), replay(square(), x(3), { runtime })])
    expect(hung).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/did not finish within 5000 ms/),
      retryable: true,
    })
    expect(next).toEqual(nine)
  })

  it('survives a model that kills its process, and says how it died', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    const [crashed, next] = await Promise.all([replay(deadly(), x(-(2 ** 31))), replay(square())])
    expect(crashed).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/died \(SIGFPE/), retryable: false })
    expect(next).toEqual(nine)
    expect(await replay(deadly(), x(8))).toMatchObject({ kind: 'outputs' })
  })

  it('tries a job again when its child is killed from outside', async () => {
    pool = new Pool({ spare: false, workers: 1, timeoutMs: 3000 })
    const job = replay(endless())
    await until(() => childrenOf().length === 1, 'a child')
    const [first] = childrenOf()
    process.kill(first as number, 'SIGKILL')
    await until(() => childrenOf().some((pid) => pid !== first), 'another child')
    expect(await job).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/did not finish/) })
  })

  it.each<[string, () => Uint8Array, NamedTensors, RegExp]>([
    ['a file that is no model', () => Buffer.from('not a model'), x(3), /not an ONNX model/],
    ['a missing input', square, new Map(), /the input "x" is missing/],
    ['an unknown input', square, new Map([...x(3), ['z', float32([1])]]), /no input named "z"/],
    ['another dtype', square, new Map([['x', of('float64', [1], Float64Array.of(1))]]), /"x" is float64\[1\]/],
    [
      'another shape',
      () => realModels.hello_deepa().model,
      new Map([['onnx::Flatten_0', float32([1, 96])]]),
      /\[1,25,96\]/,
    ],
  ])('answers %s with a sentence', async (_, model, inputs, reason) => {
    pool = new Pool({ spare: false, workers: 1 })
    for (const runtime of ['native', 'wasm'] as const)
      expect(await replay(model(), inputs, { runtime })).toMatchObject({
        kind: 'failed',
        reason: expect.stringMatching(reason),
        retryable: false,
      })
  })

  it('does not run a stored model that changed on disk', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    const modelHash = await artifacts.put(square())
    const modelPath = join(folder, 'other')
    await writeFile(modelPath, deadly())
    expect(await pool.replay({ modelHash, modelPath, input: encodeTensors(x(3)), runtime: 'native' })).toMatchObject({
      kind: 'failed',
      reason: expect.stringMatching(/does not have its hash/),
    })
  })

  it('gives the same bits every time, from every child', async () => {
    pool = new Pool({ spare: false, workers: 2 })
    const { model, inputs } = realModels.silero()
    const [first, ...rest] = await Promise.all([1, 2, 3, 4].map((i) => replay(model, inputs, { fresh: i === 4 })))
    for (const other of rest) expect({ ...other, ms: 0 }).toEqual({ ...first, ms: 0 })
    expect({ ...(await replay(model, perturbed(inputs, 0.5, 400))), ms: 0 }).not.toEqual({ ...first, ms: 0 })
  })

  it.skipIf(process.platform !== 'linux')('hands none of the parent’s environment to its children', async () => {
    process.env.GAINSAY_PRIVATE_KEY = '0xsecret'
    pool = new Pool({ spare: false, workers: 1 })
    await replay(square())
    delete process.env.GAINSAY_PRIVATE_KEY
    const [pid] = childrenOf()
    const environment = execFileSync('cat', [`/proc/${pid}/environ`], { encoding: 'utf8' })
    expect(environment).toContain('PATH=')
    expect(environment).not.toContain('secret')
  })

  it.skipIf(process.platform !== 'linux')('limits the address space of its children', async () => {
    pool = new Pool({ spare: false, workers: 1, memoryMb: 3000 })
    await replay(square())
    const limits = execFileSync('cat', [`/proc/${childrenOf()[0]}/limits`], { encoding: 'utf8' })
    expect(limits).toMatch(new RegExp(`Max address space +${3000 * 2 ** 20} `))
    expect(limits).toMatch(/Max core file size +0 /)
  })

  it('ends its children and its waiting jobs when it is closed', async () => {
    pool = new Pool({ spare: false, workers: 1 })
    const jobs = [replay(endless()), replay(square())]
    await until(() => childrenOf().length === 1, 'a child')
    const [pid] = childrenOf()
    await pool.close()
    expect(isAlive(pid as number)).toBe(false)
    for (const job of jobs) expect(await job).toMatchObject({ kind: 'failed', reason: 'the pool is closed' })
  })

  it('leaves no child behind when the parent is killed in the middle of an endless replay', async () => {
    pool = new Pool()
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm')).href
    const script = fileURLToPath(new URL('./parent.ts', import.meta.url))
    const parent = spawn(process.execPath, ['--import', tsx, script, folder], { stdio: 'ignore' })
    await until(() => childrenOf(parent.pid).length === 1, 'a child of the parent')
    const [child] = childrenOf(parent.pid) as [number]
    const cpuSeconds = () => {
      const time = execFileSync('ps', ['-o', 'time=', '-p', String(child)], { encoding: 'utf8' })
      return time
        .trim()
        .split(/[:-]/)
        .reduce((sum, part) => sum * 60 + Number(part), 0)
    }
    // Busy inside native code by now: starting takes less.
    await until(() => cpuSeconds() >= 3, 'the child busy')
    parent.kill('SIGKILL')
    await until(() => !isAlive(child), 'the child gone')
  })
})
