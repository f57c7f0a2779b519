import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { type HDAccount, toHex } from 'viem'
import { environmentOf, startPonder, withoutKeys } from '../cli/index-command.ts'
import { spawnGainsay, supervise } from '../cli/start-command.ts'
import type { Config } from '../config/config.ts'

/** Gainsay's own processes in a demo. */
export interface GainsayProcesses {
  /** aborts when one of them ended in a way that a restart cannot help; the reason says which */
  failed: AbortSignal
  stop(): Promise<void>
}

/**
 * Starts index, API and watcher as a user would, each its own process, restarted when it dies. Their logs, the watcher's
 * pid and key file are in the data folder; the key is one of Anvil's.
 */
export function startGainsay(config: Config, watcher: HDAccount, log: Logger): GainsayProcesses {
  const inData = (name: string) => join(config.dataDir, name)
  const keyFile = inData('watcher.key')
  writeFileSync(keyFile, toHex(watcher.getHdKey().privateKey as Uint8Array), { mode: 0o600 })
  const env = { ...withoutKeys(process.env), ...environmentOf(config), GAINSAY_PRIVATE_KEY_FILE: keyFile }
  const logs = [openSync(inData('index.log'), 'a'), openSync(inData('watcher.log'), 'a')] as const

  const stop = new AbortController()
  const failed = new AbortController()
  const startWatcher = () => {
    const child = spawnGainsay('watch', env, logs[1])
    writeFileSync(inData('watcher.pid'), String(child.pid))
    return child
  }
  const running = [
    supervise(() => startPonder(config, logs[0]), 'index', stop.signal, log),
    supervise(startWatcher, 'watcher', stop.signal, log),
  ]
  for (const one of running)
    one.then(
      (code) => code !== 0 && failed.abort(new Error(`a process of Gainsay ended with exit code ${code}`)),
      (error: unknown) => failed.abort(error),
    )
  return {
    failed: failed.signal,
    async stop() {
      stop.abort()
      await Promise.allSettled(running)
      for (const file of logs) closeSync(file)
    },
  }
}
