import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { parseConfig } from '../config/config.ts'
import { accountFor } from '../config/key.ts'
import { environment } from './environment.js'
import { exitCodes } from './exit.ts'
import { checkChains, exitOf, withoutKeys } from './index-command.ts'
import { environmentWithHandedKey, handKey, takeKey } from './key-input.ts'
import { createLog } from './log.ts'
import { shutdownSignal } from './shutdown.ts'

/** Exit codes after which starting the same thing again cannot help. */
const hopeless = new Set<number>([exitCodes.usage, exitCodes.io, exitCodes.config, exitCodes.locked])

/** `gainsay start`: index, API and watcher for what is configured, each its own process, restarted when it dies. */
export async function runStart(): Promise<number> {
  const config = parseConfig(environment)
  accountFor(config, environment)
  const key = takeKey(environment)
  await checkChains(config)
  const log = createLog('gainsay', config.logLevel)
  const signal = shutdownSignal()
  // The watcher of a dead index only waits, so one failing for good ends both.
  const both = new AbortController()
  const stop = AbortSignal.any([signal, both.signal])
  const codes = await Promise.all(
    [
      { command: 'index', env: withoutKeys(environment), key: undefined },
      { command: 'watch', env: environmentWithHandedKey(environment, key), key },
    ].map(({ command, env, key }) =>
      supervise(() => spawnGainsay(command, env, 'inherit', key), command, stop, log).finally(() => both.abort()),
    ),
  )
  return codes.find((code) => code !== 0) ?? 0
}

/**
 * Starts `gainsay <command>` as a child process.
 *
 * @param key written to its standard input; its environment must say that it reads it there
 */
export function spawnGainsay(
  command: string,
  env: NodeJS.ProcessEnv,
  stdio: 'inherit' | number = 'inherit',
  key?: string,
): ChildProcess {
  const bin = fileURLToPath(new URL('./gainsay.js', import.meta.url))
  const child = spawn(process.execPath, [bin, command], {
    env,
    stdio: [key === undefined ? 'ignore' : 'pipe', stdio, stdio],
  })
  if (key !== undefined) handKey(child, key)
  return child
}

/**
 * Keeps a child process running until `stop` aborts: restarted at once when it dies, then with growing pauses (at most
 * 30 s) while it keeps dying young.
 *
 * @returns 0 when stopped, else the exit code after which a restart cannot help
 */
export async function supervise(
  start: () => ChildProcess | Promise<ChildProcess>,
  name: string,
  stop: AbortSignal,
  log: Logger,
): Promise<number> {
  let pauseMs = 0
  while (!stop.aborted) {
    const startedAt = performance.now()
    const child = await start()
    const kill = () => child.kill('SIGTERM')
    stop.addEventListener('abort', kill, { once: true })
    const code = await exitOf(child)
    stop.removeEventListener('abort', kill)
    if (stop.aborted) return 0
    if (hopeless.has(code)) return code
    pauseMs = performance.now() - startedAt > 60_000 ? 0 : Math.min(30_000, pauseMs * 2 + 250)
    log.warn({ process: name, code, signal: child.signalCode, pauseMs }, 'a process ended; starting it again')
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return 0
}
