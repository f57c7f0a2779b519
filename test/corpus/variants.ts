import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { InferenceSession } from 'onnxruntime-node'
import { loadOrt } from '../../replay/runtime/ort.ts'
import type { OldAnswer, OldRequest } from './old-runtime.ts'
import { type Opened, type Ort, open } from './ort.ts'

/** One of the ways in which an honest node may run a model. */
export interface Variant {
  readonly name: string
  /** npm package of the runtime */
  readonly runtime: string
  readonly options: InferenceSession.SessionOptions
}

const [native, wasm] = ['onnxruntime-node', 'onnxruntime-web']
const levels = ['disabled', 'basic', 'extended', 'all'] as const
const noPrepacking = { session: { disable_prepacking: '1' } }

/**
 * Every honest variant a machine can give. The first is what a watcher's own first replay is. Other instruction sets
 * take an emulator: see `masked.ts`.
 */
export const variants: readonly Variant[] = [
  ...levels.flatMap((level) => [1, 2].map((threads) => variant(native, level, threads))),
  variant(native, 'disabled', 1, 'no prepacking', { extra: noPrepacking }),
  variant(native, 'all', 1, 'no prepacking', { extra: noPrepacking }),
  variant(native, 'all', 1, 'denormals as zero', { extra: { session: { set_denormal_as_zero: '1' } } }),
  variant(wasm, 'disabled', 1),
  variant(wasm, 'all', 1),
  ...['onnxruntime-node-1.14', 'onnxruntime-node-1.16'].flatMap((old) => [
    variant(old, 'disabled', 1),
    variant(old, 'all', 1),
    variant(old, 'all', 2),
  ]),
]

/** The first replay's way: native, one thread, optimisation disabled. */
export const [canonical] = variants as readonly [Variant]

function variant(
  runtime: string,
  graphOptimizationLevel: (typeof levels)[number],
  intraOpNumThreads: number,
  note = '',
  more: InferenceSession.SessionOptions = {},
): Variant {
  const short = runtime.replace('onnxruntime-', '')
  const threads = intraOpNumThreads === 1 ? '' : `, ${intraOpNumThreads} threads`
  return {
    ...{ name: `${short} ${graphOptimizationLevel}${threads}${note && `, ${note}`}`, runtime },
    options: { graphOptimizationLevel, intraOpNumThreads, ...more },
  }
}

/** Loads a model the way a variant says. @throws whatever the runtime throws, e.g. for an operator set it does not know */
export async function openVariant({ runtime, options }: Variant, model: Uint8Array): Promise<Opened> {
  if (runtime === native) return open(createRequire(import.meta.url)(native) as Ort, model, options)
  if (runtime === wasm) return open((await loadOrt('wasm')) as Ort, model, { ...options, executionProviders: ['wasm'] })
  return openOld(oldRuntime(runtime), model, options)
}

/** Ends the processes of older runtimes, if any were started. */
export async function closeVariants(): Promise<void> {
  const running = [...oldRuntimes.values()]
  oldRuntimes.clear()
  for (const { process: child } of running) {
    const exited = child.exitCode === null ? once(child, 'exit') : undefined
    child.kill()
    await exited
  }
}

interface OldRuntime {
  readonly process: ChildProcess
  ask(request: DistributiveOmit<OldRequest, 'id'>): Promise<OldAnswer>
}
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

const oldRuntimes = new Map<string, OldRuntime>()

function oldRuntime(packageName: string): OldRuntime {
  const known = oldRuntimes.get(packageName)
  if (known) return known
  const child = fork(fileURLToPath(new URL('old-runtime.ts', import.meta.url)), [packageName], {
    ...{ serialization: 'advanced', execArgv: ['--import', 'tsx'] },
    // Older versions warn of each unused initializer, whatever log level a session asks for.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const waiting = new Map<number, { resolve: (answer: OldAnswer) => void; reject: (error: Error) => void }>()
  child.on('message', (answer: OldAnswer) => {
    const { resolve, reject } = waiting.get(answer.id) ?? {}
    waiting.delete(answer.id)
    if ('error' in answer) reject?.(new Error(`${packageName}: ${answer.error}`))
    else resolve?.(answer)
  })
  child.on('exit', (code, signal) => {
    oldRuntimes.delete(packageName)
    for (const { reject } of waiting.values()) reject(new Error(`${packageName} ended: ${signal ?? code}`))
  })
  let next = 0
  const runtime: OldRuntime = {
    process: child,
    ask: (request) =>
      new Promise((resolve, reject) => {
        const id = next++
        waiting.set(id, { resolve, reject })
        child.send({ ...request, id } as OldRequest)
      }),
  }
  oldRuntimes.set(packageName, runtime)
  return runtime
}

async function openOld(
  { ask }: OldRuntime,
  model: Uint8Array,
  options: InferenceSession.SessionOptions,
): Promise<Opened> {
  const answer = await ask({ open: { model, options } })
  const session = (answer as { session: number }).session
  return {
    run: async (inputs) =>
      ((await ask({ run: { session, inputs } })) as Extract<OldAnswer, { outputs: unknown }>).outputs,
    release: async () => {
      await ask({ release: { session } })
    },
  }
}
