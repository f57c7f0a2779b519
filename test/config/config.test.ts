import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '../../config/config.ts'
import { accountFor, loadAccount } from '../../config/key.ts'
import { policyEnvironment } from '../../config/policy.ts'

const good = {
  GAINSAY_RPC_URL: 'http://127.0.0.1:8545, https://rpc.example/v1?key=secret',
  GAINSAY_CHAIN_ID: '31337',
  GAINSAY_CONTRACT: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
}

describe('parseConfig', () => {
  test('takes the three that must be set and fills in the rest', () => {
    const config = parseConfig(good)
    expect(config.gainsay).toEqual({
      rpcUrls: ['http://127.0.0.1:8545', 'https://rpc.example/v1?key=secret'],
      ...{ chainId: 31337, contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3', startBlock: 0 },
      conviction: undefined,
    })
    expect(config).toMatchObject({ port: 42069, allowPrivateHosts: false, fileRoots: [], opengradient: undefined })
    expect(config.apiUrl).toBe('http://127.0.0.1:42069')
    expect(config).toMatchObject({ artifactBudgetBytes: 20 * 2 ** 30, artifactMirrors: [] })
    expect(config.ipfsGateways).toBeUndefined()
    expect(config.walrusShards).toBe(1000)
  })

  test('takes places to look for artifacts in, private ones too, without slashes at the end', () => {
    const config = parseConfig({
      ...good,
      GAINSAY_IPFS_GATEWAYS: 'http://127.0.0.1:8080/, https://ipfs.io',
      GAINSAY_WALRUS_AGGREGATORS: 'https://aggregator.example',
      GAINSAY_ARTIFACT_MIRRORS: 'https://user:secret@mirror.example/models//',
      GAINSAY_ARTIFACT_BUDGET_BYTES: '1000000',
    })
    expect(config).toMatchObject({
      ipfsGateways: ['http://127.0.0.1:8080', 'https://ipfs.io'],
      walrusAggregators: ['https://aggregator.example'],
      artifactMirrors: ['https://user:secret@mirror.example/models'],
      artifactBudgetBytes: 1_000_000,
    })
  })

  test.each([
    ['GAINSAY_IPFS_GATEWAYS', 'ftp://example.org'],
    ['GAINSAY_IPFS_GATEWAYS', 'ipfs.io'],
    ['GAINSAY_WALRUS_AGGREGATORS', 'https://aggregator.example/?token=1'],
    ['GAINSAY_ARTIFACT_MIRRORS', 'https://mirror.example/#x'],
    ['GAINSAY_ARTIFACT_BUDGET_BYTES', '0'],
    ['GAINSAY_WALRUS_SHARDS', '0'],
    ['GAINSAY_WALRUS_SHARDS', '70000'],
    ['GAINSAY_ARTIFACT_BUDGET_BYTES', '20GB'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => parseConfig({ ...good, [name]: value })).toThrow(name)
  })

  test('takes a conviction contract, in any spelling, or leaves it to the chain', () => {
    expect(parseConfig(good).gainsay?.conviction).toBeUndefined()
    const conviction = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    const { gainsay } = parseConfig({ ...good, GAINSAY_CONVICTION: conviction })
    expect(gainsay?.conviction).toBe(conviction.toLowerCase())
    expect(() => parseConfig({ ...good, GAINSAY_CONVICTION: 'none' })).toThrow('GAINSAY_CONVICTION')
  })

  test('names every problem at once', () => {
    const parse = () => parseConfig({ GAINSAY_RPC_URL: 'ftp://x', GAINSAY_CONTRACT: '0x12', GAINSAY_PORT: '0' })
    expect(parse).toThrow(ConfigError)
    for (const name of ['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID: is not set', 'GAINSAY_CONTRACT', 'GAINSAY_PORT'])
      expect(parse).toThrow(name)
  })

  test('counts an empty string as not set, as compose files write it', () => {
    expect(parseConfig({ ...good, DATABASE_URL: '', GAINSAY_PORT: '' }).databaseUrl).toBeUndefined()
  })
})

describe('loadAccount', () => {
  const key = 'ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'

  test('is undefined without a key', () => {
    expect(loadAccount({})).toBeUndefined()
  })

  test('reads a key with or without 0x, from the environment or a file', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'gainsay-')), 'key')
    writeFileSync(file, `0x${key}\n`)
    const address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'
    expect(loadAccount({ GAINSAY_PRIVATE_KEY: key })?.address).toBe(address)
    expect(loadAccount({ GAINSAY_PRIVATE_KEY_FILE: file })?.address).toBe(address)
  })

  test.each([
    ['too short', key.slice(2)],
    ['zero', '0'.repeat(64)],
    ['beyond the curve order', 'f'.repeat(64)],
    ['a sentence', 'correct horse battery staple'],
  ])('refuses a key that is %s without repeating any of it', (_, wrong) => {
    let message = ''
    try {
      loadAccount({ GAINSAY_PRIVATE_KEY: wrong })
    } catch (error) {
      message = `${(error as Error).stack} ${JSON.stringify(error)} ${String((error as Error).cause)}`
    }
    expect(message).toContain('GAINSAY_PRIVATE_KEY')
    expect(message).not.toContain(wrong.slice(0, 8))
  })

  test('says when the key file cannot be read', () => {
    expect(() => loadAccount({ GAINSAY_PRIVATE_KEY_FILE: '/nowhere/key' })).toThrow(/GAINSAY_PRIVATE_KEY_FILE.*ENOENT/)
  })
})

describe('the policy', () => {
  const id = `0x${'aB'.repeat(32)}`

  test('sends nothing, limits nothing and checks everything unless told otherwise', () => {
    const { policy } = parseConfig(good)
    expect(policy).toMatchObject({ mode: 'shadow', sampleFloor: 1_000_000n, minChallengeValue: 0n, replayWeiPerMs: 0n })
    expect(policy.modelModes.size).toBe(0)
    expect([policy.maxBondAtRisk, policy.maxGasPerDay, policy.maxChallengesPerHour]).toEqual(Array(3).fill(undefined))
  })

  test('is the same again in a child process', () => {
    const { policy } = parseConfig({
      ...{ ...good, GAINSAY_MODE: 'watch', GAINSAY_MODEL_MODES: `${id}=live, 0x${'12'.repeat(32)}=shadow` },
      ...{
        GAINSAY_SHADOW_ADDRESS: `0x${'Ab'.repeat(20)}`,
        GAINSAY_SAMPLE_FLOOR: '0.25',
        GAINSAY_MAX_DISAGREEMENT: '0.05',
      },
      ...{ GAINSAY_MIN_CHALLENGE_VALUE: '-5', GAINSAY_MAX_BOND_AT_RISK: '90000000000000000001' },
      ...{ GAINSAY_MAX_GAS_PER_DAY: '0', GAINSAY_MAX_CHALLENGES_PER_HOUR: '7', GAINSAY_MAX_INDEX_LAG_S: '30' },
    })
    expect(policy).toMatchObject({
      sampleFloor: 250_000n,
      maxDisagreement: 50_000n,
      maxBondAtRisk: 90000000000000000001n,
    })
    expect(policy.modelModes.get(id.toLowerCase())).toBe('live')
    expect(parseConfig({ ...good, ...policyEnvironment(policy) }).policy).toEqual(policy)
    const { policy: byDefault } = parseConfig(good)
    expect(parseConfig({ ...good, ...policyEnvironment(byDefault) }).policy).toEqual(byDefault)
  })

  test.each([
    ['GAINSAY_MODE', 'on'],
    ['GAINSAY_MODEL_MODES', '0x12=live'],
    ['GAINSAY_MODEL_MODES', `${id}=on`],
    ['GAINSAY_SAMPLE_FLOOR', '1.5'],
    ['GAINSAY_SAMPLE_FLOOR', '0.1234567'],
    ['GAINSAY_MAX_BOND_AT_RISK', '1 ether'],
    ['GAINSAY_MAX_BOND_AT_RISK', '1e18'],
    ['GAINSAY_MAX_GAS_PER_DAY', '-1'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => parseConfig({ ...good, [name]: value })).toThrow(name)
  })

  test('wants a key as soon as anything is live, and names the variable that says so', () => {
    expect(accountFor(parseConfig(good), {})).toBeUndefined()
    expect(() => accountFor(parseConfig({ ...good, GAINSAY_MODE: 'live' }), {})).toThrow(/GAINSAY_MODE says live/)
    const one = parseConfig({ ...good, GAINSAY_MODEL_MODES: `${id}=live` })
    expect(() => accountFor(one, {})).toThrow(ConfigError)
    expect(() => accountFor(one, {})).toThrow(/GAINSAY_MODEL_MODES says live/)
    expect(accountFor(one, { GAINSAY_PRIVATE_KEY: '1'.repeat(64) })?.address).toMatch(/^0x/)
  })
})
