import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Writable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { Child } from '../../replay/pool/child.ts'
import { isolationCommand, networkIsolation } from '../../replay/pool/isolation.ts'
import { childCommand, childEnvironment } from '../../replay/pool/limits.ts'
import { Pool } from '../../replay/pool/pool.ts'
import { Folder, firstOf, watchBatches } from './harness.ts'
import { deadly, endless, square } from './models.ts'
import { childrenOf, until } from './processes.ts'

const folder = new Folder()
let pool: Pool | undefined
afterEach(async () => {
  await pool?.close()
  pool = undefined
  expect(childrenOf()).toEqual([])
  vi.restoreAllMocks()
})
afterAll(() => folder.remove())

const isolated = await networkIsolation()
const limits = { runtime: 'native', memoryMb: 4096, cpuSeconds: 600, forOneJob: true } as const

/** What a script prints that runs in place of a child's worker, under the same limits. */
async function inChild(script: string, isolation: readonly string[], how = {}): Promise<string> {
  const [command, ...args] = childCommand({ ...limits, ...how }, isolation)
  args[args.indexOf('require(process.argv[1])')] = script
  const child = spawn(command, args, { env: childEnvironment(), stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (said += text))
  child.once('exit', () => (child.stdio[4] as Writable).end('done\n'))
  return new Promise((resolve) => child.once('close', (_, signal) => resolve(said + (signal ?? ''))))
}

describe('limits of children', { timeout: 60_000 }, () => {
  it.skipIf(process.platform === 'win32')('ends a process that has used up its CPU time', async () => {
    const child = new Child({ ...limits, cpuSeconds: 2 }, [])
    const { modelHash, modelPath, input } = folder.job(endless())
    const result = await child.run({
      message: { modelHash, modelPath, variant: 'canonical', inputs: [null], hold: false },
      blobs: [input as Uint8Array],
      expected: [],
      timeoutMs: 30_000,
      onOutcome: () => {},
    })
    expect(result).toMatchObject({ kind: 'died', at: 0, reason: expect.stringMatching(/^SIGXCPU/), killed: false })
  })

  it.skipIf(process.platform !== 'linux')(
    'lets children write no large file, dump no core, open few files',
    async () => {
      const said = await inChild("console.log(require('fs').readFileSync('/proc/self/limits', 'utf8'))", [])
      expect(said).toMatch(/Max file size +1048576 /)
      expect(said).toMatch(/Max core file size +0 +0 /)
      expect(said).toMatch(/Max open files +128 /)
      expect(said).toMatch(/Max cpu time +600 +605 /)
      expect(await inChild("require('fs').writeFileSync('/dev/shm/gainsay-large', Buffer.alloc(2 ** 21))", [])).toMatch(
        /EFBIG/,
      )
    },
  )

  describe('the network', () => {
    const ask = (port: number) =>
      `fetch('http://127.0.0.1:${port}').then((it) => it.text(), (error) => error.cause.code).then(console.log).finally(process.exit)`
    async function withServer<T>(use: (port: number) => Promise<T>): Promise<T> {
      const server = createServer((_, response) => response.end('hello'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      try {
        return await use((server.address() as AddressInfo).port)
      } finally {
        server.close()
      }
    }

    it('is there without isolation, which shows that the next test would notice', async () => {
      expect(await withServer((port) => inChild(ask(port), []))).toMatch(/^hello/)
    })

    it.skipIf(!isolated)('is not there for a child, where the system has namespaces', async () => {
      const isolation = await isolationCommand()
      expect(await withServer((port) => inChild(ask(port), isolation))).toMatch(/^(ENETUNREACH|EADDRNOTAVAIL)/)
    })

    it.skipIf(!isolated)('is not there for the children of a pool', async () => {
      pool = new Pool({ workers: 1, spare: false })
      expect(firstOf(await pool.replay(folder.job(square())))).toBe(9)
      const devices = readFileSync(`/proc/${childrenOf()[0]}/net/dev`, 'utf8')
      expect(devices.match(/^\s*\w+:/gm)).toEqual([expect.stringMatching(/lo:/)])
    })
  })

  it('runs side by side only what fits into the memory there is', async () => {
    const most = async (totalMemoryMb: number) => {
      const watched = watchBatches()
      pool = new Pool({ workers: 2, spare: false, timeoutMs: 1000, totalMemoryMb })
      const outcomes = await Promise.all(
        [endless(), square(), deadly()].map((model) => pool?.replay(folder.job(model))),
      )
      expect(outcomes.map((outcome) => outcome?.kind)).toEqual(['failed', 'outputs', 'outputs'])
      await pool.close()
      vi.restoreAllMocks()
      return watched.mostAtOnce()
    }
    expect(await most(4096)).toBe(2)
    expect(await most(250)).toBe(1)
    // Less than anything takes: one job at a time always may run.
    expect(await most(1)).toBe(1)
  })

  it('leaves the memory of the parent as it was', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    pool = new Pool({ workers: 1, spare: false })
    const job = { ...folder.job(square()), input: folder.job(square(), Array(1000).fill(3)).input }
    const run = async (count: number) => {
      await Promise.all(Array.from({ length: count }, () => pool?.replay(job)))
      // Twice, since what backs an array goes a while after the array.
      for (let i = 0; i < 2; i++) {
        await new Promise((resolve) => setTimeout(resolve, 100))
        collect()
      }
      const { heapUsed, external, arrayBuffers } = process.memoryUsage()
      return (heapUsed + external + arrayBuffers) / 2 ** 20
    }
    await run(500)
    const before = await run(100)
    // 1,000 jobs have 8 MB of inputs and outputs.
    expect((await run(1000)) - before).toBeLessThan(2)
  })
})

describe('fresh jobs and the spare', { timeout: 60_000 }, () => {
  it('never runs a fresh job in a process that has run another', async () => {
    const { sent } = watchBatches()
    pool = new Pool({ workers: 1 })
    const wasm = { runtime: 'wasm', fresh: true } as const
    for (const how of [{}, wasm, {}, wasm, { fresh: true }, { runtime: 'wasm' } as const, wasm])
      expect(firstOf(await pool.replay(folder.job(square(), [3], how)))).toBe(9)
    const fresh = sent.filter((_, i) => [1, 3, 4, 6].includes(i))
    expect(fresh.every(({ used }) => !used)).toBe(true)
    expect(new Set(fresh.map(({ pid }) => pid)).size).toBe(4)
    for (const { pid } of fresh) expect(sent.filter((one) => one.pid === pid)).toHaveLength(1)
  })

  it('keeps a spare after the first job, takes it for a fresh WASM job, and starts another', async () => {
    const { sent } = watchBatches()
    pool = new Pool({ workers: 1 })
    await pool.replay(folder.job(square()))
    const others = (...known: unknown[]) => childrenOf().filter((pid) => !known.includes(pid))
    await until(() => others(sent[0]?.pid).length === 1, 'a spare')
    const [first] = others(sent[0]?.pid)
    expect(firstOf(await pool.replay(folder.job(square(), [3], { runtime: 'wasm', fresh: true })))).toBe(9)
    expect(sent[1]?.pid).toBe(first)
    await until(() => others(sent[0]?.pid, first).length === 1, 'the next spare')
    // It is no worker: the kept child goes on beside it.
    await pool.replay(folder.job(square()))
    expect(sent[2]?.pid).toBe(sent[0]?.pid)
  })

  it('keeps no spare where memory is short', async () => {
    pool = new Pool({ workers: 1, totalMemoryMb: 200 })
    await pool.replay(folder.job(square()))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(childrenOf()).toHaveLength(1)
    expect(firstOf(await pool.replay(folder.job(square(), [3], { runtime: 'wasm', fresh: true })))).toBe(9)
  })

  it('does without the spare when that has died', async () => {
    const { sent } = watchBatches()
    pool = new Pool({ workers: 1 })
    await pool.replay(folder.job(square()))
    await until(() => childrenOf().length === 2, 'a spare')
    for (const pid of childrenOf()) if (pid !== sent[0]?.pid) process.kill(pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(firstOf(await pool.replay(folder.job(square(), [3], { runtime: 'wasm', fresh: true })))).toBe(9)
  })
})
