import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exitOf } from '../../cli/index-command.ts'
import { deployGainsay, freePort, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { terms } from '../../demo/terms.ts'
import { layOut } from './dockerignore.ts'

/** What the image holds, in a folder of its own; its packages are this repository's. */
let image: string
let dataDir: string
beforeAll(() => {
  image = mkdtempSync(join(tmpdir(), 'gainsay-image-'))
  dataDir = mkdtempSync(join(tmpdir(), 'gainsay-image-data-'))
  layOut(image)
})
afterAll(() => {
  for (const folder of [image, dataDir]) rmSync(folder, { recursive: true, force: true })
})

/** Runs a file of the image with this environment and nothing else set. */
const run = (file: string, args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; said: string }>((resolve) => {
    const options = { cwd: image, env: { PATH: process.env.PATH, GAINSAY_DATA_DIR: dataDir, ...env }, timeout: 60_000 }
    const child = execFile(process.execPath, [join(image, file), ...args], options, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), said: out + err }),
    )
    child.stdin?.end()
  })

/** Ponder writes its schema there, and does without where it cannot. */
const isMissed = (name: string) => name !== 'generated'

describe('what the image holds', () => {
  // Not `demo`: its models and chain are left out.
  test.each([
    [['--help'], 0],
    [['index'], 78],
    [['watch'], 78],
    [['start'], 78],
    [['status'], 78],
    [['canary', '--once'], 78],
    [['replay', `0x${'00'.repeat(32)}`], 78],
    [['journal', 'list'], 74],
    [['journal', 'backup', '/tmp/none.sqlite'], 74],
    [['resume'], 78],
    [['doctor', '--json'], 2],
    [['model', 'inspect', '/dev/null'], 64],
    [['judge', '--model', '/dev/null'], 64],
  ])('is all that gainsay %j needs to be loaded', async (args, expected) => {
    const { code, said } = await run('cli/gainsay.js', args)
    expect([code, said]).toEqual([expected, expect.not.stringContaining('ERR_MODULE_NOT_FOUND')])
  })

  describe('on a chain', () => {
    let chain: LocalChain
    let env: Record<string, string>
    const running: ChildProcess[] = []
    const start = (command: string) => {
      const child = spawn(process.execPath, [join(image, 'cli/gainsay.js'), command], {
        ...{ cwd: image, env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' as const },
      })
      running.push(child)
      return child
    }
    beforeAll(async () => {
      chain = await startLocalChain({ accounts: 1 })
      const [account] = chain.accounts
      if (!account) throw new Error('no account')
      const { address, blockNumber } = await deployGainsay({ rpcUrl: chain.rpcUrl, account, parameters: terms })
      const [port, metrics] = [await freePort(), await freePort()]
      env = {
        ...{ GAINSAY_RPC_URL: chain.rpcUrl, GAINSAY_CHAIN_ID: String(chain.chainId), GAINSAY_CONTRACT: address },
        ...{ GAINSAY_START_BLOCK: String(blockNumber), GAINSAY_DATA_DIR: dataDir },
        ...{ GAINSAY_PORT: String(port), GAINSAY_METRICS_PORT: String(metrics) },
      }
    })
    afterAll(async () => {
      for (const child of running) child.kill('SIGKILL')
      await chain?.stop()
    })

    test('index and watcher run, write nothing beside the code, and the health check says when they do', async () => {
      const files = () =>
        readdirSync(image)
          .concat(readdirSync(join(image, 'node_modules')))
          .filter(isMissed)
      const before = files()
      const sick = await run('ops/healthcheck.mjs', [], env)
      expect(sick.code).toBe(1)
      expect(sick.said).toContain('index: no answer (ECONNREFUSED); watch: no answer (ECONNREFUSED)')
      const [index, watch] = [start('index'), start('watch')]
      const deadline = Date.now() + 90_000
      let health = sick
      while (health.code !== 0 && Date.now() < deadline) {
        await sleep(500)
        health = await run('ops/healthcheck.mjs', [], env)
      }
      expect(health).toEqual({ code: 0, said: '' })
      index.kill('SIGTERM')
      await exitOf(index)
      expect(await run('ops/healthcheck.mjs', ['watch'], env)).toEqual({ code: 0, said: '' })
      const half = await run('ops/healthcheck.mjs', [], env)
      expect([half.code, half.said.trim()]).toEqual([1, 'index: no answer (ECONNREFUSED)'])
      watch.kill('SIGTERM')
      expect(await exitOf(watch)).toBe(0)
      // The image and the units make the code's folder read-only. `ponder-env.d.ts` leads nowhere there.
      expect(files()).toEqual(before)
    }, 150_000)
  })
})

describe('the health check', () => {
  test.each([
    [200, 'gainsay_last_round_age_seconds 3\n', 0, ''],
    [200, 'gainsay_last_round_age_seconds 121\n', 1, 'watch: no round has ended well for 121 s'],
    [200, 'gainsay_info 1\n', 1, 'watch: no round has ended well yet'],
    [503, 'The journal cannot be read', 1, 'watch: /metrics answers 503'],
  ])('of a watcher whose metrics answer %i %j', async (status, body, code, said) => {
    const server = createServer((_, response) => response.writeHead(status).end(body))
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const health = await run('ops/healthcheck.mjs', ['watch'], { GAINSAY_METRICS_PORT: String(port) })
    server.close()
    expect([health.code, health.said.trim()]).toEqual([code, said])
  })
})
