import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPublicClient, type Hex, http, toHex, zeroAddress } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gainsayAbi } from '../../abis/Gainsay.ts'
import { readTerms, requireProvable, requireSeat, type TermsOptions, warningsOf } from '../../cli/model-terms.ts'
import { type ArtifactServer, startArtifactServer } from '../../demo/artifact-server.ts'
import { deployGainsay, type LocalChain, startLocalChain } from '../../demo/chain.ts'
import { deployProtocol } from '../../demo/deploy.ts'
import { demoModels } from '../../demo/models.ts'
import { demandTerms, terms as protocolTerms } from '../../demo/terms.ts'
import { rules } from '../../protocol/arithmetic/bounds.ts'
import { committedModel } from '../../protocol/proof/committed-model.ts'
import { sha256Hex } from '../../protocol/sha256.ts'
import { precisions } from '../../protocol/status.ts'
import { rawCid } from '../../replay/artifacts/cid.ts'
import { graph, modelOf, operator, weights } from '../protocol/tiny-onnx.ts'

const bin = fileURLToPath(new URL('../../cli/gainsay.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'gainsay-model-'))
const arbiter = `0x${'ab'.repeat(20)}`

/** A file of a product with `terms` products a sum, and a name to call it by. */
function productOf(terms: number): { path: string; file: Uint8Array } {
  const w = weights('w', [terms, 1], Array(terms).fill(1))
  const file = modelOf(
    graph({ nodes: [operator('MatMul', ['x', 'w'], ['y'])], inputs: ['x'], outputs: ['y'], initializers: [w] }),
  )
  const path = join(folder, `product-${terms}.onnx`)
  writeFileSync(path, file)
  return { path, file }
}

/** Runs `gainsay model` as a user would, with this environment and nothing else set. */
function gainsay(args: string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(
      process.execPath,
      [bin, 'model', ...args],
      { env: { PATH: process.env.PATH, GAINSAY_DATA_DIR: folder, ...env }, timeout: 50_000 },
      (error, out, err) => resolve({ code: Number(error?.code ?? 0), out, err }),
    )
  })
}

const silero = demoModels().find(({ name }) => name === 'silero_vad') as ReturnType<typeof demoModels>[number]

describe('gainsay model inline', () => {
  test('writes the file that the demo registers', async () => {
    const output = join(folder, 'silero.onnx')
    expect(await gainsay(['inline', silero.path, '--set', 'sr=16000', '-o', output])).toMatchObject({
      code: 0,
      err: '',
    })
    expect(sha256Hex(readFileSync(output))).toBe(silero.modelHash)
  })

  test.each([
    [['--set', 'sr=fast'], /takes int64/],
    [['--set', 'rate=1'], /"rate=1" is none/],
  ])('exits 64 for %j', async (args, said) => {
    const { code, err } = await gainsay(['inline', silero.path, ...args, '-o', join(folder, 'never.onnx')])
    expect(code).toBe(64)
    expect(err).toMatch(said)
  })
})

describe('gainsay model inspect', () => {
  test('says what the contract can check, operator by operator, and what the dearest proof takes', async () => {
    const { path } = productOf(1024)
    const { code, out } = await gainsay(['inspect', path])
    expect(code).toBe(0)
    expect(out).toMatch(/1024 terms .* about 560,000 gas/)
    expect(out).toMatch(/MatMul +1 of 1/)
    expect(out).toContain('The contract can check every operator.')
  })

  test('names what it cannot', async () => {
    const { code, out } = await gainsay(['inspect', silero.path])
    expect(code).toBe(0)
    expect(out).toMatch(/If +0 of 1/)
    expect(out).toMatch(/Equal +1 of 1/)
    expect(out).toContain('no sum of products with constant weights')
    expect(out).toMatch(/cannot check all of it:\n +If: /)
  })

  test('says the same as JSON', async () => {
    const { out } = await gainsay(['inspect', productOf(1024).path, '--json'])
    expect(JSON.parse(out)).toMatchObject({
      graphRoot: committedModel(productOf(1024).file).graph.root,
      ...{ provable: true, problems: [], longest: 1024, gas: 140_000 + 410 * 1024 },
      types: { MatMul: { all: 1, provable: 1 } },
    })
    expect(JSON.parse((await gainsay(['inspect', silero.path, '--json'])).out)).toMatchObject({
      ...{ provable: false, longest: 0, gas: null },
      types: { If: { all: 1, provable: 0 } },
    })
  })

  test('exits 64 for what is no model', async () => {
    const path = join(folder, 'no-model.onnx')
    writeFileSync(path, 'no model')
    for (const file of [path, join(folder, 'missing.onnx')]) expect((await gainsay(['inspect', file])).code).toBe(64)
  })
})

describe('terms', () => {
  const fp32 = { precision: 'fp32', tolerance: '1e-4', rule: 'probabilistic' } as const
  const whole = committedModel(productOf(1024).file).graph
  const partly = committedModel(new Uint8Array(readFileSync(silero.path))).graph

  test.each([
    ['1e-4', 10n ** 14n],
    ['0.00002500', 25n * 10n ** 12n],
    ['.5', 5n * 10n ** 17n],
    ['1', 10n ** 18n],
    ['100e-20', 1n],
  ])('a tolerance of %s is registered as it is written', (tolerance, units) => {
    expect(readTerms({ ...fp32, tolerance }).tolerance).toBe(units)
  })

  test.each<[string, Partial<TermsOptions>, RegExp]>([
    ['a tolerance for exact', { precision: 'exact' }, /leave --tolerance out/],
    ['fp32 without a tolerance', { tolerance: undefined as never }, /needs a --tolerance/],
    ['a lambda for another rule', { rule: 'worst-case', lambda: 16 }, /belongs to --rule probabilistic/],
    ['a wrong address', { arbiter: '0x12' }, /takes an address/],
    ...['0', '1.1', '1e-19', '-1e-4', 'small', '', '.', '1e-4x'].map(
      (tolerance) => [`a tolerance of ${JSON.stringify(tolerance)}`, { tolerance }, /takes a number/] as never,
    ),
  ])('%s is refused', (_, options, said) => {
    expect(() => readTerms({ ...fp32, ...options })).toThrow(said)
    expect(() => readTerms({ ...fp32, ...options })).toThrow(expect.objectContaining({ exitCode: 64 }))
  })

  test('a rule for operators that the contract cannot check needs an arbiter', () => {
    expect(() => requireProvable(readTerms(fp32), partly)).toThrow(/cannot check If, .*\n +If: .*\nName an --arbiter/)
    const ruled = readTerms({ ...fp32, arbiter })
    requireProvable(ruled, partly)
    expect(warningsOf(ruled, partly)).toEqual([expect.stringMatching(/cannot check If: that goes to the arbiter/)])
    requireProvable(readTerms({ ...fp32, rule: 'arbiter' }), partly)
    requireProvable(readTerms(fp32), whole)
  })

  test('a rule needs somebody in the seat', () => {
    const address = zeroAddress
    for (const [seat, said] of [
      [undefined, /has no conviction contract/],
      [{ address, state: 'undeployed' }, /nothing is deployed/],
      [{ address, state: 'foreign' }, /of another version/],
    ] as const) {
      expect(() => requireSeat(readTerms({ ...fp32, rule: 'worst-case' }), seat)).toThrow(said)
      requireSeat(readTerms({ ...fp32, rule: 'arbiter' }), seat)
    }
    requireSeat(readTerms(fp32), { address, state: 'ready' })
  })

  test('a lambda that a plain loop over equal products could exceed is warned of, and the next that covers it is not', () => {
    const at = (lambda: number, terms: number) =>
      warningsOf(readTerms({ ...fp32, lambda, arbiter }), committedModel(productOf(terms).file).graph)
    expect(at(8, 1024)).toEqual([])
    expect(at(8, 1025)).toEqual([expect.stringContaining('From --lambda 10 on')])
    expect(at(10, 1025)).toEqual([])
    expect(at(16, 4097)).toEqual([expect.stringContaining('From --lambda 18 on')])
    expect(at(64, 65_537)).toEqual([expect.stringContaining('Only --rule worst-case')])
    expect(warningsOf(readTerms({ ...fp32, rule: 'worst-case', arbiter }), whole)).toEqual([])
  })

  test('a rule without an arbiter is warned of: who answers each demand and publishes nothing wins by it', () => {
    expect(warningsOf(readTerms({ ...fp32, rule: 'worst-case' }), whole)).toEqual([
      expect.stringContaining('GAINSAY_WITHOUT_ARBITER'),
    ])
  })

  test('terms by which nobody can be convicted of anything are warned of', () => {
    expect(warningsOf(readTerms({ ...fp32, rule: 'arbiter' }), whole)).toEqual([
      expect.stringContaining('only silence'),
    ])
    expect(warningsOf(readTerms({ ...fp32, rule: 'arbiter', arbiter }), whole)).toEqual([])
  })
})

describe('gainsay model register', () => {
  let chain: LocalChain
  let artifacts: ArtifactServer
  let env: Record<string, string>
  let key: Hex
  const { path, file } = productOf(1024)
  let uri: string

  beforeAll(async () => {
    ;[chain, artifacts] = await Promise.all([
      startLocalChain({ blockTime: 0.2, gasLimit: 60_000_000 }),
      startArtifactServer(),
    ])
    const [account, registrant] = chain.accounts
    if (!account || !registrant) throw new Error('no account')
    const { gainsay: contract } = await deployProtocol({
      ...{ rpcUrl: chain.rpcUrl, account, demandTerms },
      parameters: protocolTerms,
    })
    key = toHex(registrant.getHdKey().privateKey as Uint8Array)
    const keyFile = join(folder, 'key')
    writeFileSync(keyFile, key)
    env = {
      ...{ GAINSAY_RPC_URL: chain.rpcUrl, GAINSAY_CHAIN_ID: String(chain.chainId), GAINSAY_CONTRACT: contract },
      ...{ GAINSAY_PRIVATE_KEY_FILE: keyFile, GAINSAY_ALLOW_PRIVATE_HOSTS: '1' },
    }
    uri = await artifacts.publish(file)
  })
  afterAll(() => Promise.all([chain?.stop(), artifacts?.stop()]))

  const register = async (args: string[], more: Record<string, string> = {}) => {
    const outcome = await gainsay(['register', ...args], { ...env, ...more })
    expect(outcome.out + outcome.err).not.toContain(key.slice(2))
    expect(outcome.err).not.toMatch(/\n\s+at /)
    return outcome
  }
  const modelOfId = (id: Hex) =>
    createPublicClient({ chain: anvil, transport: http(chain.rpcUrl) }).readContract({
      ...{ address: env.GAINSAY_CONTRACT as Hex, abi: gainsayAbi, functionName: 'modelOf', args: [id] },
    })

  test('simulates, registers, and says so when it is registered already', async () => {
    const rule = ['--rule', 'probabilistic', '--lambda', '16']
    const args = [path, '--uri', uri, '--tolerance', '2.5e-5', ...rule, '--arbiter', arbiter]
    const dry = await register([...args, '--dry-run', '--json'], { GAINSAY_PRIVATE_KEY_FILE: '' })
    expect(dry).toMatchObject({ code: 0, err: '' })
    const { modelId, state } = JSON.parse(dry.out) as { modelId: Hex; state: string }
    expect(state).toBe('simulated')
    expect((await modelOfId(modelId)).modelHash).toMatch(/^0x0{64}$/)

    const first = await register(args)
    expect(first.code).toBe(0)
    expect(first.out).toContain(modelId)
    expect(first.out).toMatch(/Registered in block \d+ by 0x/)
    expect(await modelOfId(modelId)).toEqual({
      ...{ modelHash: sha256Hex(file), graphRoot: committedModel(file).graph.root, uri },
      ...{ precision: precisions.indexOf('fp32'), tolerance: 25n * 10n ** 12n },
      ...{ rule: rules.indexOf('probabilistic'), lambda: 16, arbiter: expect.stringMatching(/^0x(ab){20}$/i) },
    })

    const again = await register(args)
    expect(again.code).toBe(0)
    expect(again.out).toContain('registered already')
    expect(again.err).not.toContain('sent')
    expect(JSON.parse((await register([...args, '--json'])).out)).toMatchObject({ modelId, state: 'known' })
  })

  test('registers exact and worst-case terms too', async () => {
    const { code, out } = await register([
      ...[path, '--uri', `ipfs://${rawCid(sha256Hex(file))}`, '--precision', 'exact', '--rule', 'worst-case', '--json'],
      ...['--arbiter', arbiter],
    ])
    expect(code).toBe(0)
    const { modelId, state, warnings } = JSON.parse(out)
    expect(state).toBe('registered')
    expect(await modelOfId(modelId)).toMatchObject({ precision: 0, tolerance: 0n, rule: 1, lambda: 0 })
    expect(warnings).toEqual([expect.stringContaining('not checked')])
  })

  test('asks the URI for the very file, as a watcher would', async () => {
    const other = await artifacts.publish(file.slice(0, -1))
    const longer = await artifacts.publish(new Uint8Array(file.length + 1))
    const terms = ['--tolerance', '1e-3', '--dry-run']
    const at = (address: string, more?: Record<string, string>) => register([path, '--uri', address, ...terms], more)
    expect(await at(other)).toMatchObject({ code: 64, err: expect.stringContaining('does not have the hash') })
    expect(await at(`${uri} ${longer}`)).toMatchObject({ code: 64, err: expect.stringContaining('serves more than') })
    const stray = await at(`ipfs://${rawCid(sha256Hex(file.slice(1)))}`)
    expect(stray).toMatchObject({ code: 64, err: expect.stringContaining('by its CID') })
    expect(await at(`${uri}0`)).toMatchObject({ code: 69, err: expect.stringContaining('404') })
    const strict = await at(uri, { GAINSAY_ALLOW_PRIVATE_HOSTS: '' })
    expect(strict).toMatchObject({ code: 64, err: expect.stringContaining('private address') })
    expect(await register([path, '--uri', other, ...terms, '--no-check'])).toMatchObject({ code: 0 })
  })

  test.each<[string, string[], RegExp]>([
    ['a lambda below 6', ['--tolerance', '1e-4', '--lambda', '5'], /from 6 to 64/],
    ['a lambda above 64', ['--tolerance', '1e-4', '--lambda', '65'], /from 6 to 64/],
    ['equal bits', ['--tolerance', '1e-4', '--rule', 'equal-bits'], /No model can be registered with that rule yet/],
    ['an unknown rule', ['--tolerance', '1e-4', '--rule', 'trust'], /Allowed choices/],
    ['a tolerance for exact', ['--tolerance', '1e-4', '--precision', 'exact'], /leave --tolerance out/],
    ['fp32 without a tolerance', [], /needs a --tolerance/],
    ['a URI that is too long', ['--tolerance', '1e-4', '--uri', `ipfs://${'a'.repeat(2048)}`], /at most 2048/],
  ])('exits 64 for %s', async (_, args, said) => {
    const { code, err } = await register([path, '--uri', uri, ...args])
    expect(code).toBe(64)
    expect(err).toMatch(said)
  })

  test('exits 64 for a rule that nobody can carry out', async () => {
    const unchecked = await register([silero.path, '--uri', uri, '--tolerance', '1e-4'])
    expect(unchecked).toMatchObject({ code: 64, err: expect.stringMatching(/cannot check If,/) })
    const [, , account] = chain.accounts
    if (!account) throw new Error('no account')
    const bare = await deployGainsay({ rpcUrl: chain.rpcUrl, account, parameters: protocolTerms })
    const empty = { GAINSAY_CONTRACT: bare.address }
    const args = [path, '--uri', uri, '--tolerance', '1e-4']
    const unseated = await register(args, empty)
    expect(unseated).toMatchObject({ code: 64, err: expect.stringContaining('has no conviction contract') })
    const arbitrated = await register([...args, '--rule', 'arbiter', '--arbiter', arbiter], empty)
    expect(arbitrated).toMatchObject({ code: 0, out: expect.stringContaining('Registered in block') })
  })

  test('exits 78 without a key and without money, 69 without a chain, and shows no path of its URL', async () => {
    const args = [path, '--uri', uri, '--tolerance', '1e-5']
    expect(await register(args, { GAINSAY_PRIVATE_KEY_FILE: '' })).toMatchObject({ code: 78 })
    const poor = { GAINSAY_PRIVATE_KEY_FILE: '', GAINSAY_PRIVATE_KEY: `0x${'11'.repeat(32)}` }
    const { code, out, err } = await register(args, poor)
    expect(code).toBe(78)
    expect(err).toContain('too little money')
    expect(out + err).not.toContain('1111')
    const dead = await register(args, { GAINSAY_RPC_URL: 'http://127.0.0.1:1/v3/apikey' })
    expect(dead.code).toBe(69)
    expect(dead.err).not.toContain('apikey')
  })
})
