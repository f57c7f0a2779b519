import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import type { Writable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { AnswerMessage, JobMessage } from './job.ts'
import { quote } from './quote.ts'
import type { RuntimeKind } from './runtime.ts'

/** How a job ended: with the child's answer, or without one. */
export type ChildResult =
  | Exclude<AnswerMessage, 'ready'>
  | { kind: 'timedOut' }
  /** `reason` says by which signal or code. `killed`: by SIGKILL from outside, as the system does when memory is short. */
  | { kind: 'died'; reason: string; killed: boolean }

/** Longest time a child may take until it can take a job; long, since a busy machine is no reason to give up. */
const START_TIMEOUT_MS = 60_000

/** One child process that runs models. Created, it starts at once; dead, it stays dead. */
export class Child {
  /** Model and runtime of the last job, for affinity; undefined until the first. */
  lastKey: string | undefined
  #process: ChildProcess
  #errors = ''
  #exited: string | undefined
  #killed = false
  #ready = false
  #settle: ((result: ChildResult) => void) | undefined
  #onReady: (() => void) | undefined

  /** The one runtime it is for: the two need very different limits. */
  readonly runtime: RuntimeKind

  /**
   * @param options.memoryMb limit of its address space in MiB
   * @param options.forOneJob compile WASM for a quick start rather than for speed in the long run
   */
  constructor({ runtime, memoryMb, forOneJob }: { runtime: RuntimeKind; memoryMb: number; forOneJob: boolean }) {
    this.runtime = runtime
    this.#process = start(memoryMb, forOneJob)
    const child = this.#process
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000)
    })
    child.on('message', (message: AnswerMessage) => {
      if (message !== 'ready') return this.#finish(message)
      this.#ready = true
      this.#onReady?.()
    })
    child.once('error', (error) => this.#end(`it could not be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      this.#killed = signal === 'SIGKILL'
      this.#end(signal ?? `exit code ${code}`)
      // A line, then the end: tells the guard that nothing is left to kill.
      lifelineOf(child).end('done\n')
    })
    // A message that no longer reaches a dead child ends in 'exit', not in an exception here.
    lifelineOf(child).on('error', () => {})
    // Idle children do not keep the watcher alive; a running job's timer does.
    child.unref()
    child.channel?.unref()
    for (const stream of [child.stderr, lifelineOf(child)]) (stream as unknown as { unref?(): void })?.unref?.()
  }

  get alive(): boolean {
    return this.#exited === undefined
  }

  /** Runs one job; kills the process when it takes longer than `timeoutMs`, counted from when it was ready for it. */
  run(job: JobMessage, timeoutMs: number): Promise<ChildResult> {
    return new Promise((resolve) => {
      let timer = setTimeout(() => this.#expire(), this.#ready ? timeoutMs : START_TIMEOUT_MS)
      this.#settle = (result) => {
        clearTimeout(timer)
        this.#settle = undefined
        this.#onReady = undefined
        resolve(result)
      }
      if (this.#exited !== undefined) return this.#finish(this.#death())
      const send = () => {
        clearTimeout(timer)
        timer = setTimeout(() => this.#expire(), timeoutMs)
        this.#process.send(job, () => {})
      }
      if (this.#ready) send()
      else this.#onReady = send
    })
  }

  /** Ends the process, whatever it is doing; SIGKILL, because native code that loops hears nothing else. */
  kill(): Promise<void> {
    if (!this.alive) return Promise.resolve()
    return new Promise((resolve) => {
      this.#process.ref()
      this.#process.once('exit', () => resolve())
      this.#process.kill('SIGKILL')
    })
  }

  #expire(): void {
    const settle = this.#settle
    this.#settle = undefined
    void this.kill()
    settle?.({ kind: 'timedOut' })
  }

  #finish(result: ChildResult): void {
    this.#settle?.(result)
  }

  #end(how: string): void {
    this.#exited ??= how
    this.#finish(this.#death())
  }

  #death(): ChildResult {
    const said = this.#errors.trim().split('\n').at(-1)
    const reason = `${this.#exited}${said ? `, having said ${quote(said)}` : ''}`
    return { kind: 'died', reason, killed: this.#killed }
  }
}

/**
 * The limits and the guard, around `exec "$@"`:
 * - address space (`$GAINSAY_KB`), no core dumps;
 * - a background shell that reads the lifeline, a pipe that only the parent holds. When the parent goes away, even by
 *   `kill -9`, it reads the end and kills the child: a child inside native code would not notice by itself.
 */
const SCRIPT = [
  'ulimit -c 0 2>/dev/null',
  'ulimit -v "$1" 2>/dev/null',
  'shift',
  '(trap "" INT TERM HUP; exec 3>&-; read -r _ <&4 || kill -9 $$) </dev/null >/dev/null 2>&1 &',
  'exec "$@" 4<&-',
].join('\n')

/**
 * Compile a function when it is first called, and only once: of the 14 MB of ONNX Runtime one job calls little. A third of
 * the CPU time of a first replay, and the same bits: WASM's arithmetic is the same however it is compiled.
 */
const QUICK_WASM = ['--wasm-lazy-compilation', '--liftoff-only']

function start(memoryMb: number, forOneJob: boolean): ChildProcess {
  const require = createRequire(import.meta.url)
  const node = [
    process.execPath,
    // WASM memories otherwise reserve some 10 GB of addresses each, and Node has several of its own.
    ...(process.allowedNodeEnvironmentFlags.has('--disable-wasm-trap-handler') ? ['--disable-wasm-trap-handler'] : []),
    ...(forOneJob ? QUICK_WASM : []),
    '--import',
    pathToFileURL(require.resolve('tsx/esm')).href,
    fileURLToPath(new URL('./worker.ts', import.meta.url)),
  ]
  const windows = process.platform === 'win32'
  const [command, ...args] = windows
    ? (node as [string, ...string[]])
    : (['/bin/sh', '-c', SCRIPT, 'gainsay-replay', String(memoryMb * 1024), ...node] as [string, ...string[]])
  // Nothing of the parent's environment but this: keys live there, and this process runs models of strangers.
  const env: Record<string, string> = {}
  for (const name of ['PATH', 'TMPDIR', ...(windows ? ['SystemRoot', 'TEMP'] : [])]) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return spawn(command, args, {
    env: env as NodeJS.ProcessEnv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
  })
}

function lifelineOf(child: ChildProcess): Writable {
  return child.stdio[4] as Writable
}
