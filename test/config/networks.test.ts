import { describe, expect, test } from 'vitest'
import { environmentOf, schemaName } from '../../cli/index-command.ts'
import { ConfigError, parseConfig } from '../../config/config.ts'
import { contractNeeded, principalOf } from '../../config/principal.ts'

const contract = {
  GAINSAY_RPC_URL: 'http://127.0.0.1:8545',
  GAINSAY_CHAIN_ID: '31337',
  GAINSAY_CONTRACT: '0x5FbDB2315678afecb367f032d93F642f64180aa3',
}
const alone = { OPENGRADIENT_RPC_URL: 'https://rpc.example/secret-path' }
const BOTH_WAYS =
  'Set GAINSAY_RPC_URL, GAINSAY_CHAIN_ID and GAINSAY_CONTRACT to follow a Gainsay contract, OPENGRADIENT_RPC_URL and none of these to follow OpenGradient alone, or all four.'

/** What is said of a configuration that is none, line by line. */
function said(env: Record<string, string>): string[] {
  try {
    parseConfig(env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message.split('\n').map((line) => line.trim())
  }
  throw new Error('it is a configuration')
}

describe('what is followed', () => {
  test('is a Gainsay contract, OpenGradient, or both', () => {
    expect(principalOf(parseConfig(contract))).toEqual({
      ...{ network: 'gainsay', chainId: 31337, contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3' },
    })
    const config = parseConfig(alone)
    expect(config).toMatchObject({ gainsay: undefined, opengradient: { chainId: 10740 } })
    expect(principalOf(config)).toEqual({
      ...{ network: 'opengradient', chainId: 10740, contract: '0x00000000000000000000000000000000000000f4' },
    })
    const both = parseConfig({ ...contract, ...alone })
    expect([both.gainsay?.chainId, both.opengradient?.chainId, principalOf(both).network]).toEqual([
      ...[31337, 10740, 'gainsay'],
    ])
  })

  test.each([
    ['nothing', {}],
    // As an example file that was copied and not filled in has it.
    ['empty variables and a block', { OPENGRADIENT_RPC_URL: '', GAINSAY_CONTRACT: '', GAINSAY_START_BLOCK: '0' }],
    ['a comma', { OPENGRADIENT_RPC_URL: ',' }],
  ])('must be something: of %s both ways are said', (_, env) => {
    expect(said(env as Record<string, string>)).toEqual([
      'The configuration is not usable:',
      ...['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID', 'GAINSAY_CONTRACT'].map((name) => `${name}: is not set`),
      ...[BOTH_WAYS, 'See docs/operate.md.'],
    ])
  })

  test.each([
    [['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID'], { GAINSAY_CONTRACT: contract.GAINSAY_CONTRACT }],
    [['GAINSAY_CHAIN_ID', 'GAINSAY_CONTRACT'], { GAINSAY_RPC_URL: contract.GAINSAY_RPC_URL }],
    [['GAINSAY_RPC_URL', 'GAINSAY_CONTRACT'], { GAINSAY_CHAIN_ID: '1' }],
    [['GAINSAY_RPC_URL', 'GAINSAY_CHAIN_ID', 'GAINSAY_CONTRACT'], { GAINSAY_CONVICTION: contract.GAINSAY_CONTRACT }],
  ])('is never half a contract, with or without OpenGradient: %j is missing', (missing, part) => {
    for (const env of [part, { ...alone, ...part }]) {
      expect(said(env as Record<string, string>)).toEqual([
        'The configuration is not usable:',
        ...missing.map((name) => `${name}: is not set`),
        ...[BOTH_WAYS, 'See docs/operate.md.'],
      ])
    }
  })

  test.each([
    ['GAINSAY_MODE', 'live'],
    ['GAINSAY_MODEL_MODES', `0x${'ab'.repeat(32)}=live`],
  ])('can be challenged on only with a contract: %s=%s is refused without', (name, value) => {
    expect(said({ ...alone, [name]: value })).toEqual([
      'The configuration is not usable:',
      `${name}: says live, but only a Gainsay contract can be challenged on: set GAINSAY_RPC_URL, GAINSAY_CHAIN_ID and GAINSAY_CONTRACT`,
      'See docs/operate.md.',
    ])
    expect(parseConfig({ ...alone, ...contract, [name]: value }).gainsay).toBeDefined()
    // To judge is all that there is to do.
    expect(parseConfig({ ...alone, GAINSAY_MODE: 'watch' }).policy.mode).toBe('watch')
  })

  test('is said where something needs a contract', () => {
    expect(contractNeeded(parseConfig(contract)).chainId).toBe(31337)
    expect(() => contractNeeded(parseConfig(alone))).toThrow(ConfigError)
    expect(() => contractNeeded(parseConfig(alone))).toThrow(
      'No Gainsay contract is configured, and this needs one. Set GAINSAY_RPC_URL, GAINSAY_CHAIN_ID and GAINSAY_CONTRACT; docs/operate.md says how.',
    )
  })

  test('is the same again in a child process', () => {
    for (const env of [contract, alone, { ...contract, ...alone }]) {
      const config = parseConfig({ ...env, GAINSAY_START_BLOCK: '7', OPENGRADIENT_START_BLOCK: '8' })
      expect(parseConfig(environmentOf(config))).toEqual(config)
    }
  })

  test('names the schema of the index, and the endpoints it is read from do not', () => {
    const name = (env: Record<string, string>) => schemaName(parseConfig(env))
    const names = [contract, alone, { ...contract, ...alone }, { ...alone, OPENGRADIENT_TOLERANCE: '0.1' }].map(name)
    expect(new Set(names).size).toBe(names.length)
    expect(name({ OPENGRADIENT_RPC_URL: 'https://other.example' })).toBe(name(alone))
    expect(name({ ...contract, GAINSAY_RPC_URL: 'https://other.example' })).toBe(name(contract))
  })
})
