import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadAccount } from '../../config/key.ts'
import { accountOfKeystore } from '../../keys/keystore.ts'
import { encrypted, geth, PASSWORD, pbkdf2, SECRET } from './keystores.ts'

const ADDRESS = '0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b'
const folder = mkdtempSync(join(tmpdir(), 'gainsay-keys-'))
const file = (name: string, text: string) => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}
const passwordFile = file('password', `${PASSWORD}\n`)
const open = (keystore: unknown, password = passwordFile) =>
  loadAccount({
    GAINSAY_KEYSTORE: file('keystore.json', typeof keystore === 'string' ? keystore : JSON.stringify(keystore)),
    GAINSAY_KEYSTORE_PASSWORD_FILE: password,
  })
const messageOf = (attempt: () => unknown): string => {
  try {
    attempt()
  } catch (error) {
    return `${(error as Error).name} ${(error as Error).stack} ${JSON.stringify(error)} ${String((error as Error).cause)}`
  }
  throw new Error('it was taken')
}

describe('an encrypted keystore', () => {
  test('of the standard itself, of go-ethereum and with its usual parameters opens', () => {
    expect(open(pbkdf2)?.address).toBe(ADDRESS)
    expect(accountOfKeystore(JSON.stringify(geth), '').address.toLowerCase()).toBe(`0x${geth.address}`)
    expect(open(encrypted(SECRET, PASSWORD))?.address).toBe(ADDRESS)
    const { crypto, ...rest } = encrypted(SECRET, PASSWORD, { n: 4096, p: 6 })
    expect(open({ ...rest, Crypto: crypto })?.address).toBe(ADDRESS)
  })

  test('is refused with a wrong password, and says where that is from', () => {
    const wrong = file('wrong', 'hunter2')
    const message = messageOf(() => open(geth, wrong))
    expect(message).toMatch(/ConfigError.*GAINSAY_KEYSTORE_PASSWORD_FILE does not open it/s)
    expect(message).not.toContain('hunter2')
  })

  const changed = (change: object) => ({ ...geth, crypto: { ...geth.crypto, ...change } })
  const scrypt = (change: object) => changed({ kdfparams: { ...geth.crypto.kdfparams, ...change } })
  test.each<[string, unknown, RegExp]>([
    ['that is no JSON', 'hello', /is not JSON/],
    ['that is null', 'null', /not a Web3 Secret Storage/],
    ['of another version', { ...geth, version: 1 }, /look at: version/],
    ['with another cipher', changed({ cipher: 'aes-128-cbc' }), /look at: crypto.cipher/],
    ['with a ciphertext of another length', changed({ ciphertext: 'ab' }), /look at: crypto.ciphertext/],
    ['with a tampered ciphertext', changed({ ciphertext: '00'.repeat(32) }), /does not open it/],
    ['that wants too much memory', scrypt({ n: 2 ** 28, r: 8 }), /asks for 262145 MiB/],
    ['that wants too much memory in r', scrypt({ n: 2, r: 2 ** 30 }), /asks for/],
    ['that wants too much memory in p', scrypt({ n: 2, r: 1, p: 2 ** 30 }), /asks for/],
    ['that wants too much time', scrypt({ n: 2 ** 15, r: 8, p: 1000 }), /asks for/],
    ['whose n is no power of two', scrypt({ n: 3 }), /power of two/],
    ['whose n is beyond whole numbers', scrypt({ n: 2 ** 53 }), /look at: crypto.kdfparams.n/],
    ['without parameters', scrypt({ n: undefined }), /power of two/],
    [
      'that wants a trillion rounds',
      { ...pbkdf2, crypto: { ...pbkdf2.crypto, kdfparams: { ...pbkdf2.crypto.kdfparams, c: 10 ** 12 } } },
      /rounds of pbkdf2/,
    ],
    [
      'with another prf',
      { ...pbkdf2, crypto: { ...pbkdf2.crypto, kdfparams: { ...pbkdf2.crypto.kdfparams, prf: 'hmac-md5' } } },
      /hmac-sha256/,
    ],
    ['whose n is too large for its r', scrypt({ n: 262144, r: 1 }), /too large for its r/],
    ['that names another address', { ...pbkdf2, address: '12'.repeat(20) }, /not of the address that the file names/],
    ['far too long to be one', ' '.repeat(70_000), /no such secret is longer/],
  ])('%s is refused at once', (_, keystore, reason) => {
    const memory = process.memoryUsage().rss
    const startedAt = performance.now()
    const message = messageOf(() => open(keystore))
    expect(message).toMatch(reason)
    expect(message).toMatch(/ConfigError/)
    expect(message).not.toContain(SECRET.slice(0, 16))
    if (/asks for/.test(String(reason))) {
      expect(performance.now() - startedAt).toBeLessThan(1000)
      expect(process.memoryUsage().rss - memory).toBeLessThan(100 * 2 ** 20)
    }
  })

  test('needs the file of its password', () => {
    expect(() => open(geth, '')).toThrow(/GAINSAY_KEYSTORE_PASSWORD_FILE: is not set/)
    expect(() => open(geth, '/nowhere')).toThrow(/GAINSAY_KEYSTORE_PASSWORD_FILE: cannot be read \(ENOENT\)/)
  })

  test('keeps a password that ends in a space', () => {
    expect(() => open(pbkdf2, file('spaced', `${PASSWORD} \n`))).toThrow(/does not open it/)
  })
})

describe('loadAccount', () => {
  const all = {
    GAINSAY_PRIVATE_KEY: SECRET,
    GAINSAY_PRIVATE_KEY_FILE: file('key', SECRET),
    GAINSAY_KEYSTORE: file('store.json', JSON.stringify(geth)),
    GAINSAY_SIGNER_URL: 'http://user:password@127.0.0.1:1/secret',
  }
  test('takes exactly one source', () => {
    const names = Object.keys(all) as (keyof typeof all)[]
    for (const one of names)
      for (const other of names.filter((name) => name !== one)) {
        const message = messageOf(() => loadAccount({ [one]: all[one], [other]: all[other] }))
        expect(message).toContain(one)
        expect(message).toContain(other)
        expect(message).not.toContain(SECRET)
        expect(message).not.toContain('password@')
      }
    expect(
      loadAccount({ ...all, GAINSAY_KEYSTORE: '', GAINSAY_SIGNER_URL: ' ', GAINSAY_PRIVATE_KEY: '' })?.address,
    ).toBe(ADDRESS)
  })

  test('of a remote signer needs its address, and names no secret of the URL', () => {
    const url = 'http://user:password@127.0.0.1:1/secret'
    const at = (more: object) => messageOf(() => loadAccount({ GAINSAY_SIGNER_URL: url, ...more }))
    for (const message of [
      at({}),
      at({ GAINSAY_SIGNER_ADDRESS: '0x12' }),
      at({ GAINSAY_SIGNER_URL: 'ftp://password' }),
    ]) {
      expect(message).toMatch(/GAINSAY_SIGNER_(ADDRESS|URL): must be/)
      expect(message).not.toContain('password')
    }
    expect(loadAccount({ GAINSAY_SIGNER_URL: url, GAINSAY_SIGNER_ADDRESS: ADDRESS })?.address).toBe(ADDRESS)
  })
})
