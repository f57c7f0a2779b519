import { createDecipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { hexToBytes, keccak256, type LocalAccount } from 'viem'
import { z } from 'zod'
import { ConfigError } from '../config/config.ts'
import { accountOfText } from './key-text.ts'

const bytes = (length: number) => z.string().regex(new RegExp(`^[0-9a-fA-F]{${2 * length}}$`))
const salt = z.string().regex(/^([0-9a-fA-F]{2}){1,64}$/)
const whole = z.number().int().positive()

/** Web3 Secret Storage, version 3, as geth, Foundry and most wallets write it. */
const schema = z.object({
  version: z.literal(3),
  address: z.string().optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    cipherparams: z.object({ iv: bytes(16) }),
    ciphertext: bytes(32),
    mac: bytes(32),
    kdf: z.enum(['scrypt', 'pbkdf2']),
    kdfparams: z.object({
      dklen: z.literal(32),
      salt,
      n: whole.optional(),
      r: whole.optional(),
      p: whole.optional(),
      c: whole.optional(),
      prf: z.string().optional(),
    }),
  }),
})
type Crypto = z.infer<typeof schema>['crypto']

/** What deriving a key from a password may take: geth's standard is 256 MiB, and 2^21 of blocks times rounds. */
const MAX_MEMORY = 256 * 2 ** 20
const MAX_WORK = 2 ** 22
const MAX_ROUNDS = 10_000_000

/**
 * The account of an encrypted keystore file (Web3 Secret Storage V3, scrypt or PBKDF2). Takes a second with usual
 * parameters; a file that asks for more memory or time than any wallet would is refused before anything is derived.
 *
 * @param text the file's JSON
 * @throws ConfigError when it is not such a file, the password is wrong, or the key is not that of the file's address
 */
export function accountOfKeystore(text: string, password: string, source = 'GAINSAY_KEYSTORE'): LocalAccount {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new ConfigError(`${source}: is not JSON, so it is no keystore file`)
  }
  // geth and others write the field's name one way or the other.
  const raw = json as { Crypto?: unknown; crypto?: unknown } | null
  const parsed = schema.safeParse(raw?.crypto === undefined ? { ...raw, crypto: raw?.Crypto } : raw)
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path }) => path.join('.')).join(', ')
    throw new ConfigError(`${source}: is not a Web3 Secret Storage V3 keystore (look at: ${where || 'the whole file'})`)
  }
  const { crypto, address } = parsed.data
  const derived = derive(crypto, password, source)
  const ciphertext = Buffer.from(crypto.ciphertext, 'hex')
  const mac = keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]), 'bytes')
  if (!timingSafeEqual(mac, hexToBytes(`0x${crypto.mac}`)))
    throw new ConfigError(`${source}: the password in GAINSAY_KEYSTORE_PASSWORD_FILE does not open it`)
  const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), Buffer.from(crypto.cipherparams.iv, 'hex'))
  const key = Buffer.concat([decipher.update(ciphertext), decipher.final()])
  const account = accountOfText(key.toString('hex'), source)
  key.fill(0)
  derived.fill(0)
  if (address && account.address.toLowerCase() !== `0x${address.toLowerCase().replace(/^0x/, '')}`)
    throw new ConfigError(`${source}: holds the key of ${account.address}, not of the address that the file names`)
  return account
}

function derive({ kdf, kdfparams }: Crypto, password: string, source: string): Buffer {
  const { dklen, n, r, p, c, prf } = kdfparams
  const seed = Buffer.from(kdfparams.salt, 'hex')
  if (kdf === 'pbkdf2') {
    if (prf !== 'hmac-sha256' || !c) throw new ConfigError(`${source}: its pbkdf2 needs c and prf hmac-sha256`)
    if (c > MAX_ROUNDS)
      throw new ConfigError(`${source}: asks for ${c} rounds of pbkdf2; at most ${MAX_ROUNDS} are run`)
    return pbkdf2Sync(password, seed, c, dklen, 'sha256')
  }
  if (!n || !r || !p || (n & (n - 1)) !== 0 || n < 2 || n > 2 ** 30)
    throw new ConfigError(`${source}: its scrypt needs n (a power of two), r and p`)
  // RFC 7914, section 2; a published test vector breaks it, but no wallet does, and OpenSSL refuses it.
  if (r < 4 && n >= 2 ** (16 * r)) throw new ConfigError(`${source}: its scrypt has an n too large for its r`)
  const memory = 128 * r * (n + p)
  if (128 * n * r > MAX_MEMORY || 128 * r * p > MAX_MEMORY || n * r * p > MAX_WORK)
    throw new ConfigError(
      `${source}: its scrypt asks for ${Math.ceil(memory / 2 ** 20)} MiB and ${n * r * p} steps; at most ${MAX_MEMORY / 2 ** 20} MiB and ${MAX_WORK} are taken`,
    )
  return scryptSync(password, seed, dklen, { N: n, r, p, maxmem: 2 * memory + 2 ** 20 })
}
