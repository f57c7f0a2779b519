import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Logger } from 'pino'
import { type HDAccount, toHex } from 'viem'
import { environmentOf, withoutKeys } from '../../cli/index-command.ts'
import { spawnGainsay, supervise } from '../../cli/start-command.ts'
import type { Config } from '../../config/config.ts'
import { childrenOf } from '../replay/processes.ts'

/** What of the watcher's memory is in use, in bytes, once garbage is collected. */
export interface Memory {
  rss: number
  heapUsed: number
  external: number
}

/** The index and the watcher of a chaos run, as processes that are started again when they die. */
export interface Processes {
  /** aborts when one of them ended in a way that a restart cannot help */
  readonly failed: AbortSignal
  /** how often each was started */
  readonly starts: Readonly<Record<'index' | 'watcher', number>>
  readonly watcherPid: number
  /** Tells the watcher's preload. */
  tell(control: { wallOffsetMs?: number; full?: boolean }): void
  /** Collects garbage in the watcher. @returns what is left */
  memory(): Promise<Memory>
  /** Kills all processes that replay. @returns how many */
  killReplayers(): number
  /** Kills the index without notice. */
  killIndex(): void
  /** Ends both, the watcher first. */
  stop(): Promise<void>
}

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const preload = new URL('./preload.mjs', import.meta.url).href

/** Starts both. @param folder where logs and what the preload is told are, on a disk that is never full */
export function startProcesses(parameters: {
  config: Config
  indexConfig: Config
  watcher: HDAccount
  folder: string
  log: Logger
}): Processes {
  const { config, indexConfig, folder, log } = parameters
  const path = (name: string) => join(folder, name)
  const control = path('control.json')
  writeFileSync(path('watcher.key'), toHex(parameters.watcher.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
  const base = withoutKeys(process.env)
  const env = {
    ...{ ...base, ...environmentOf(config), GAINSAY_PRIVATE_KEY_FILE: path('watcher.key') },
    GAINSAY_CHAOS_CONTROL: control,
  }
  const logs = { index: openSync(path('index.log'), 'a'), watcher: openSync(path('watcher.log'), 'a') }
  const starts = { index: 0, watcher: 0 }
  const running: { index?: ChildProcess; watcher?: ChildProcess } = {}
  let told: { wallOffsetMs?: number; full?: boolean; gc?: number } = {}
  const write = () => writeFileSync(control, JSON.stringify(told))
  const startIndex = () => {
    starts.index++
    running.index = spawnGainsay('index', { ...base, ...environmentOf(indexConfig) }, logs.index)
    return running.index
  }
  const startWatcher = () => {
    starts.watcher++
    const args = ['--expose-gc', '--import', preload, bin, 'watch']
    running.watcher = spawn(process.execPath, args, { env, stdio: ['ignore', logs.watcher, logs.watcher] })
    return running.watcher
  }
  const failed = new AbortController()
  const stops = { index: new AbortController(), watcher: new AbortController() }
  const keep = (name: 'index' | 'watcher', start: () => ChildProcess) => {
    const kept = supervise(start, name, stops[name].signal, log)
    kept.then(
      (code) => code !== 0 && failed.abort(new Error(`the ${name} ended with exit code ${code}`)),
      (error: unknown) => failed.abort(error),
    )
    return kept
  }
  const kept = { index: keep('index', startIndex), watcher: keep('watcher', startWatcher) }
  return {
    ...{ failed: failed.signal, starts },
    get watcherPid() {
      return running.watcher?.pid ?? -1
    },
    tell(next) {
      told = { ...told, ...next }
      write()
    },
    async memory() {
      told = { ...told, gc: (told.gc ?? 0) + 1 }
      write()
      for (let tries = 0; tries < 200; tries++) {
        await sleep(50)
        const seen = measured(`${control}.memory`)
        if (seen && seen.asked === told.gc) return seen
      }
      throw new Error('the watcher does not say how much memory it takes')
    },
    killReplayers() {
      const pids = childrenOf(running.watcher?.pid)
      for (const pid of pids) kill(pid)
      return pids.length
    },
    killIndex() {
      // The command and Ponder below it, as the machine would end both.
      const pid = running.index?.pid
      if (pid === undefined) return
      for (const child of ponderOf(pid)) kill(child)
      kill(pid)
    },
    async stop() {
      stops.watcher.abort()
      await kept.watcher
      stops.index.abort()
      await kept.index
      closeSync(logs.index)
      closeSync(logs.watcher)
    },
  }
}

function measured(path: string): (Memory & { asked: number }) | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // Not there yet, or half written.
    return undefined
  }
}

function ponderOf(parent: number): number[] {
  try {
    const list = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8').trim()
    return list === '' ? [] : list.split(' ').map(Number)
  } catch {
    return []
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
