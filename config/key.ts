import { isAddress, type LocalAccount } from 'viem'
import { accountOfText } from '../keys/key-text.ts'
import { accountOfKeystore } from '../keys/keystore.ts'
import { remoteAccount } from '../keys/remote-signer.ts'
import { readSecretFile } from '../keys/secret-file.ts'
import { type Config, ConfigError } from './config.ts'
import { mayBeLive } from './policy.ts'

type Environment = Record<string, string | undefined>

/** Where a key can come from, by the variable that says so. */
const sources = {
  GAINSAY_PRIVATE_KEY_FILE: (path) =>
    accountOfText(readSecretFile(path, 'GAINSAY_PRIVATE_KEY_FILE'), 'GAINSAY_PRIVATE_KEY_FILE'),
  GAINSAY_PRIVATE_KEY: (text) => accountOfText(text, 'GAINSAY_PRIVATE_KEY'),
  GAINSAY_KEYSTORE: (path, env) => {
    const text = readSecretFile(path, 'GAINSAY_KEYSTORE')
    const passwordFile = env.GAINSAY_KEYSTORE_PASSWORD_FILE?.trim()
    if (!passwordFile)
      throw new ConfigError('GAINSAY_KEYSTORE_PASSWORD_FILE: is not set, and GAINSAY_KEYSTORE needs its password')
    return accountOfKeystore(text, readSecretFile(passwordFile, 'GAINSAY_KEYSTORE_PASSWORD_FILE'))
  },
  GAINSAY_SIGNER_URL: (url, env) => {
    // Not quoted: it may hold a password.
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new ConfigError('GAINSAY_SIGNER_URL: must be an http(s) URL')
    const address = env.GAINSAY_SIGNER_ADDRESS?.trim()
    if (!address || !isAddress(address))
      throw new ConfigError('GAINSAY_SIGNER_ADDRESS: must be the address of the key that the signer holds')
    return remoteAccount(url, address)
  },
} satisfies Record<string, (value: string, env: Environment) => LocalAccount>

/**
 * The watcher's account, from the one source that is set: a key file, a key in the environment, an encrypted keystore or a
 * remote signer; undefined when none is, and then nothing is ever sent. No error and no log ever contains any part of a key
 * or password. A keystore takes a second to open.
 *
 * @throws ConfigError when several are set, or what is set cannot be used
 */
export function loadAccount(env: Environment): LocalAccount | undefined {
  const set = (Object.keys(sources) as (keyof typeof sources)[]).filter((name) => env[name]?.trim())
  const [name, ...others] = set
  if (others.length > 0)
    throw new ConfigError(`Only one of ${set.join(', ')} may be set: each says where the key is. Unset the others.`)
  if (name === undefined) return undefined
  return sources[name]((env[name] as string).trim(), env)
}

/**
 * Loads the account that a configuration needs.
 *
 * @throws ConfigError like {@link loadAccount}, and when something is to be sent but there is no key
 */
export function accountFor({ policy }: Pick<Config, 'policy'>, env: Environment): LocalAccount | undefined {
  const account = loadAccount(env)
  if (!account && mayBeLive(policy))
    throw new ConfigError(
      `${policy.mode === 'live' ? 'GAINSAY_MODE' : 'GAINSAY_MODEL_MODES'} says live, but no key is set. Set GAINSAY_PRIVATE_KEY_FILE, or leave the mode at shadow, which sends nothing.`,
    )
  return account
}
