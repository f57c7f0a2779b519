import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { RuntimeKind } from '../runtime/runtime.ts'

/** What a child may use. */
export interface ChildLimits {
  readonly runtime: RuntimeKind
  /** address space in MiB, without what WASM reserves */
  readonly memoryMb: number
  /** CPU time in seconds, for its whole life */
  readonly cpuSeconds: number
  /** does one job: WASM is compiled for a quick start rather than for speed in the long run */
  readonly forOneJob: boolean
}

/** The file descriptor of a child's channel to the pool, and of the file where it notes which job it runs. */
export const CHANNEL_FD = 3
export const PROGRESS_FD = 5

/**
 * Addresses in MiB that a child for WASM gets beside its memory: V8 reserves a memory's maximum, 4 GiB, anew whenever
 * the memory grows. Reserved is not used: a model cannot touch more than the 4 GiB that 32 bits can name.
 */
const WASM_RESERVE_MB = 28 * 1024

/**
 * The limits and the guard, around `exec "$@"`:
 * - address space (`$1`, KiB) and CPU time (`$2`, seconds). The soft CPU limit first, whose SIGXCPU tells it from the
 *   SIGKILL of the system's memory killer; the hard one is for whoever ignores it;
 * - no core dumps; no file over 1 MiB: a child writes none, but tsx may write its cache of compiled sources;
 * - 128 open files. No limit of processes: it would count all of the user's, and Node needs threads;
 * - a background shell that reads the lifeline, a pipe that only the parent holds. When the parent goes away, even by
 *   `kill -9`, it reads the end and kills the child: a child inside native code would not notice by itself.
 */
const SCRIPT = [
  'ulimit -c 0 2>/dev/null',
  'ulimit -f 2048 2>/dev/null',
  'ulimit -n 128 2>/dev/null',
  'ulimit -v "$1" 2>/dev/null',
  'ulimit -S -t "$2" 2>/dev/null && ulimit -H -t "$(($2 + 5))" 2>/dev/null',
  'shift 2',
  '(trap "" INT TERM HUP; exec 3>&- 5>&-; read -r _ <&4 || kill -9 $$) </dev/null >/dev/null 2>&1 &',
  'exec "$@" 4<&-',
].join('\n')

/**
 * Compile a function when it is first called, and only once: of the 14 MB of ONNX Runtime one job calls little. A third of
 * the CPU time of a first replay, and the same bits: WASM's arithmetic is the same however it is compiled.
 */
const QUICK_WASM = ['--wasm-lazy-compilation', '--liftoff-only']

/**
 * The command line of a child.
 *
 * @param isolation what puts it where there is no network, see `isolationCommand`
 */
export function childCommand(limits: ChildLimits, isolation: readonly string[]): [command: string, ...args: string[]] {
  const node: [string, ...string[]] = [
    process.execPath,
    // WASM memories otherwise reserve some 10 GB of addresses each, and Node has several of its own.
    ...(process.allowedNodeEnvironmentFlags.has('--disable-wasm-trap-handler') ? ['--disable-wasm-trap-handler'] : []),
    ...(limits.forOneJob && limits.runtime === 'wasm' ? QUICK_WASM : []),
    // As CommonJS, because that needs no loader thread: 100 ms until the worker runs instead of 230.
    '--require',
    createRequire(import.meta.url).resolve('tsx/cjs'),
    '--eval',
    'require(process.argv[1])',
    fileURLToPath(new URL('./worker.ts', import.meta.url)),
    limits.runtime,
    limits.forOneJob ? 'one' : 'many',
  ]
  if (process.platform === 'win32') return node
  const kib = (limits.memoryMb + (limits.runtime === 'wasm' ? WASM_RESERVE_MB : 0)) * 1024
  const numbers = [kib, Math.ceil(limits.cpuSeconds)].map(String)
  return ['/bin/sh', '-c', SCRIPT, 'gainsay-replay', ...numbers, ...isolation, ...node]
}

/** Nothing of the parent's environment but this: keys live there, and a child runs models of strangers. */
export function childEnvironment(): NodeJS.ProcessEnv {
  // A thread's own heap takes 64 MiB of addresses in glibc, and those are limited: a few heaps do for all threads.
  const env: Record<string, string> = { MALLOC_ARENA_MAX: '2' }
  for (const name of ['PATH', 'TMPDIR', ...(process.platform === 'win32' ? ['SystemRoot', 'TEMP'] : [])]) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  return env as NodeJS.ProcessEnv
}
