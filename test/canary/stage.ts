import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Hex } from 'viem'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { identityModel } from '../../cli/identity-model.ts'
import type { Canary, CanarySend } from '../../journal/canary.ts'
import { openJournalReadOnly } from '../../journal/open.ts'
import { type IndexProcess, startIndex } from '../index/support/index-process.ts'
import { type Stage, sha256, startStage } from '../index/support/stage.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))

/** A chain with an index, on which watchers and canaries are run as their own processes. */
export interface CanaryStage {
  stage: Stage
  index: IndexProcess
  modelId: Hex
  folder: string
  /** Starts a live watcher with this account. */
  watch(account: Hex, name?: string): ChildProcess
  /** Starts `gainsay canary` in a data folder of that name, as a user would. */
  canary(name: string, args: string[], env?: Record<string, string>, node?: string[]): ChildProcess
  rows(name: string): Promise<Canary[]>
  sends(name: string): Promise<CanarySend[]>
  log(name: string): string
  /** All that an account has: in its wallet, as bond and as credit. */
  wealthOf(address: Hex): Promise<bigint>
  /** Waits until something is so, letting seconds of chain time pass meanwhile. */
  until(what: string, done: () => Promise<boolean>, seconds?: number): Promise<void>
  stop(): Promise<void>
}

/** The canary's account. */
export const canaryOf = ({ cast }: Stage): Hex => cast.otherNode

/** Starts chain and index, and registers a model that an arbiter rules on. */
export async function startCanaryStage(): Promise<CanaryStage> {
  const stage = await startStage({ seated: false })
  const { cast, move } = stage
  const folder = mkdtempSync(join(tmpdir(), 'gainsay-canary-'))
  const model = identityModel()
  const path = join(folder, 'identity.onnx')
  writeFileSync(path, model)
  const terms = { modelHash: sha256(model), graphRoot: sha256('graph'), uri: pathToFileURL(path).href }
  const modelId = await move(cast.registrant, 'registerModel', [
    { ...terms, precision: 1, tolerance: 10n ** 13n, arbiter: cast.arbiter, rule: 0, lambda: 0 },
  ])
  const keyFile = join(folder, 'canary.key')
  writeFileSync(keyFile, stage.keyOf(canaryOf(stage)), { mode: 0o600 })
  const index = await startIndex(stage)
  const running: ChildProcess[] = []
  const common = {
    ...{ PATH: process.env.PATH as string, GAINSAY_RPC_URL: stage.rpcUrl, GAINSAY_CHAIN_ID: String(stage.chainId) },
    ...{ GAINSAY_CONTRACT: stage.contract, GAINSAY_API_URL: index.apiUrl, GAINSAY_POLL_MS: '100' },
    ...{ GAINSAY_FILE_ROOTS: folder, GAINSAY_ARBITERS: cast.arbiter },
  }
  const start = (name: string, command: string[], env: Record<string, string>, node: string[] = []) => {
    const log = openSync(join(folder, `${name}.log`), 'a')
    const all = { ...common, GAINSAY_DATA_DIR: join(folder, name), ...env }
    const child = spawn(process.execPath, [...node, bin, ...command], { env: all, stdio: ['ignore', log, log] })
    running.push(child)
    return child
  }
  const read = async <T>(name: string, table: 'canary' | 'canarysend'): Promise<T[]> => {
    const journal = openJournalReadOnly(join(folder, name, 'canary.sqlite'))
    const rows = (await journal?.selectFrom(table).selectAll().execute()) ?? []
    await journal?.destroy()
    return rows as T[]
  }
  return {
    ...{ stage, index, modelId, folder },
    watch: (account, name = 'watcher') =>
      start(name, ['watch'], {
        ...{ GAINSAY_MODE: 'live', GAINSAY_PRIVATE_KEY: stage.keyOf(account) },
        GAINSAY_MIN_CHALLENGE_VALUE: String(-(10n ** 18n)),
      }),
    canary: (name, args, env = {}, node = []) =>
      start(
        name,
        ['canary', ...args],
        {
          ...{ GAINSAY_CANARY_CHAIN_ID: String(stage.chainId), GAINSAY_CANARY_MODEL: modelId },
          ...{ GAINSAY_CANARY_MAX_STAKE: String(2n * 10n ** 18n), GAINSAY_CANARY_MAX_COST_PER_DAY: String(10n ** 19n) },
          ...{ GAINSAY_CANARY_WATCHER: cast.watcher, GAINSAY_CANARY_PRIVATE_KEY_FILE: keyFile },
          ...env,
        },
        node,
      ),
    rows: (name) => read<Canary>(name, 'canary'),
    sends: (name) => read<CanarySend>(name, 'canarysend'),
    log: (name) => readFileSync(join(folder, `${name}.log`), 'utf8'),
    async wealthOf(address) {
      const read = { address: stage.contract, abi: gainsayAbi, args: [address] } as const
      const parts = await Promise.all([
        stage.client.getBalance({ address }),
        stage.client.readContract({ ...read, functionName: 'freeBondOf' }),
        stage.client.readContract({ ...read, functionName: 'lockedBondOf' }),
        stage.client.readContract({ ...read, functionName: 'creditOf' }),
      ])
      return parts.reduce((sum, wei) => sum + wei, 0n)
    },
    async until(what, done, seconds = 0) {
      for (const deadline = Date.now() + 90_000; !(await done()); await sleep(200)) {
        if (Date.now() > deadline) throw new Error(`not in time: ${what}`)
        if (seconds > 0) await stage.pass(seconds)
      }
    },
    async stop() {
      for (const child of running) {
        if (child.exitCode !== null || child.signalCode !== null) continue
        child.kill('SIGTERM')
        await once(child, 'exit')
      }
      await index.stop()
      await stage.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
