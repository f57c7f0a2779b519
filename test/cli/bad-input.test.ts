import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTestClient, encodeAbiParameters, type Hex, http, size, toHex } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deployGainsay, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { terms } from '../../demo/terms.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))

let chain: LocalChain
let good: Record<string, string>

beforeAll(async () => {
  chain = await startLocalChain({ accounts: 2 })
  const [deployer] = chain.accounts
  if (!deployer) throw new Error('no account')
  const { address } = await deployGainsay({ rpcUrl: chain.rpcUrl, account: deployer, parameters: terms })
  good = { GAINSAY_RPC_URL: chain.rpcUrl, GAINSAY_CHAIN_ID: '31337', GAINSAY_CONTRACT: address }
})
afterAll(() => chain?.stop())

/** Runs `gainsay` as a user would, with this environment and nothing else set. */
function gainsay(args: string[], env: Record<string, string>) {
  const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-cli-'))
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [bin, ...args],
      { env: { PATH: process.env.PATH, GAINSAY_DATA_DIR: dataDir, ...env }, timeout: 50_000 },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

/** A contract that answers every call with this string: what another version of the protocol looks like. */
async function contractSaying(version: string): Promise<Hex> {
  const answer = encodeAbiParameters([{ type: 'string' }], [version])
  // PUSH1 size, DUP1, PUSH1 9, PUSH0, CODECOPY, PUSH0, RETURN, then the answer.
  const code = `0x60${toHex(size(answer), { size: 1 }).slice(2)}8060095f395ff3${answer.slice(2)}` as const
  const address = '0x00000000000000000000000000000000000000c1'
  const client = createTestClient({ mode: 'anvil', chain: anvil, transport: http(chain.rpcUrl) })
  await client.setCode({ address, bytecode: code })
  return address
}

describe('gainsay, badly called', () => {
  test('teaches with --help and exits 0', async () => {
    const { code, out } = await gainsay(['--help'], {})
    expect(code).toBe(0)
    for (const word of ['demo', 'doctor', 'start', 'replay', 'GAINSAY_RPC_URL', 'Exit codes'])
      expect(out).toContain(word)
  })

  test.each([
    [['no-such-command']],
    [['demo', '--results', 'many']],
    [['demo', '--results', '0']],
    [['replay']],
    [['replay', '0x12']],
  ])('exits 64 for %j', async (args) => {
    const { code, err } = await gainsay(args, {})
    expect(code).toBe(64)
    expect(err).not.toMatch(/\n\s+at /)
  })

  test.each(['index', 'watch', 'start'])(
    '%s exits 78 without a configuration, and lists what to set',
    async (command) => {
      const { code, err } = await gainsay([command], {})
      expect(code).toBe(78)
      for (const name of ['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID', 'GAINSAY_CONTRACT']) expect(err).toContain(name)
      expect(err).not.toMatch(/\n\s+at /)
    },
  )

  test.each(['index', 'watch', 'start'])(
    '%s exits 69 when no RPC answers, and shows no path or key of its URL',
    async (command) => {
      const { code, err } = await gainsay([command], { ...good, GAINSAY_RPC_URL: 'http://127.0.0.1:1/v3/apikey' })
      expect(code).toBe(69)
      expect(err).toContain('127.0.0.1:1')
      expect(err).not.toContain('apikey')
    },
  )

  test('watch exits 78 on the wrong chain', async () => {
    const { code, err } = await gainsay(['watch'], { ...good, GAINSAY_CHAIN_ID: '1' })
    expect(code).toBe(78)
    expect(err).toMatch(/on chain 31337, but GAINSAY_CHAIN_ID says 1/)
  })

  test('watch exits 78 where there is no contract', async () => {
    const { code, err } = await gainsay(['watch'], { ...good, GAINSAY_CONTRACT: `0x${'12'.repeat(20)}` })
    expect(code).toBe(78)
    expect(err).toMatch(/There is no contract at/)
  })

  test('watch exits 78 for a contract of another version', async () => {
    const { code, err } = await gainsay(['watch'], { ...good, GAINSAY_CONTRACT: await contractSaying('gainsay/9') })
    expect(code).toBe(78)
    expect(err).toMatch(/speaks "gainsay\/9", this software gainsay\/1/)
  })

  test('watch exits 78 for a wrong key and repeats none of it', async () => {
    const wrong = 'deadbeef'.repeat(7)
    const { code, err, out } = await gainsay(['watch'], { ...good, GAINSAY_PRIVATE_KEY: wrong })
    expect(code).toBe(78)
    expect(err).toMatch(/GAINSAY_PRIVATE_KEY: is not a private key/)
    expect(err + out).not.toContain('deadbeef')
  })

  test.each(['watch', 'start'])('%s exits 78 when it is to send but has no key', async (command) => {
    const { code, err } = await gainsay([command], { ...good, GAINSAY_MODE: 'live' })
    expect(code).toBe(78)
    expect(err).toMatch(/GAINSAY_MODE says live, but no key is set\. Set GAINSAY_PRIVATE_KEY_FILE/)
  })

  test('resume exits 66 where no watcher has run', async () => {
    const { code, err } = await gainsay(['resume'], good)
    expect(code).toBe(66)
    expect(err).toMatch(/No watcher has run in/)
  })

  test('watch exits 74 when the journal is no database, and leaves it alone', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'gainsay-cli-'))
    writeFileSync(join(dataDir, 'journal.sqlite'), 'precious text, not a database. '.repeat(100))
    const { code, err } = await gainsay(['watch'], { ...good, GAINSAY_DATA_DIR: dataDir })
    expect(code).toBe(74)
    expect(err).toMatch(/journal .* cannot be used/)
  })

  test('replay exits 69 when no index answers', async () => {
    const { code, err } = await gainsay(['replay', `0x${'ab'.repeat(32)}`], { ...good, GAINSAY_PORT: '1' })
    expect(code).toBe(69)
    expect(err).toMatch(/gainsay index/)
  })
})

describe('gainsay doctor', () => {
  const checksOf = async (env: Record<string, string>) => {
    const { code, out } = await gainsay(['doctor', '--json'], env)
    const checks = JSON.parse(out) as { name: string; state: string; detail: string }[]
    return { code, of: (name: string) => checks.find((check) => check.name === name) }
  }

  test('finds a good machine good; no key and no index yet are warnings', async () => {
    const { code, of } = await checksOf(good)
    expect(code).toBe(0)
    for (const name of ['configuration', 'runtime', 'rpc, chain and contract', 'data folder', 'journal', 'database'])
      expect(of(name), name).toMatchObject({ state: 'ok' })
    for (const name of ['key', 'index']) expect(of(name), name).toMatchObject({ state: 'warning' })
  })

  test('says how much to send to an account without funds', async () => {
    const { code, of } = await checksOf({ ...good, GAINSAY_PRIVATE_KEY: `0x${'11'.repeat(32)}` })
    expect(code).toBe(2)
    expect(of('balance')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/holds 0 ETH.*at least 0\.501 ETH/),
    })
  })

  test('reports every failure at once', async () => {
    const { code, of } = await checksOf({
      ...good,
      GAINSAY_CHAIN_ID: '5',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
      GAINSAY_FILE_ROOTS: '/no/such/folder',
    })
    expect(code).toBe(2)
    for (const name of ['rpc, chain and contract', 'database', 'data folder'])
      expect(of(name), name).toMatchObject({ state: 'failed' })
    expect(of('balance')).toMatchObject({ state: 'skipped' })
  })
})
