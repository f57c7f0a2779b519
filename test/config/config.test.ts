import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '../../config/config.ts'
import { loadAccount } from '../../config/key.ts'

const good = {
  GAINSAY_RPC_URL: 'http://127.0.0.1:8545, https://rpc.example/v1?key=secret',
  GAINSAY_CHAIN_ID: '31337',
  GAINSAY_CONTRACT: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
}

describe('parseConfig', () => {
  test('takes the three that must be set and fills in the rest', () => {
    const config = parseConfig(good)
    expect(config.rpcUrls).toEqual(['http://127.0.0.1:8545', 'https://rpc.example/v1?key=secret'])
    expect(config.contract).toBe('0x5fbdb2315678afecb367f032d93f642f64180aa3')
    expect(config).toMatchObject({ chainId: 31337, port: 42069, allowPrivateHosts: false, fileRoots: [] })
    expect(config.apiUrl).toBe('http://127.0.0.1:42069')
    expect(config).toMatchObject({ artifactBudgetBytes: 20 * 2 ** 30, artifactMirrors: [] })
    expect(config.ipfsGateways).toBeUndefined()
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
    ['GAINSAY_ARTIFACT_BUDGET_BYTES', '20GB'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => parseConfig({ ...good, [name]: value })).toThrow(name)
  })

  test('takes a conviction contract, in any spelling, or leaves it to the chain', () => {
    expect(parseConfig(good).conviction).toBeUndefined()
    const conviction = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
    expect(parseConfig({ ...good, GAINSAY_CONVICTION: conviction }).conviction).toBe(conviction.toLowerCase())
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
