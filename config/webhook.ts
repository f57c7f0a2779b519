import { ConfigError } from './config.ts'

/**
 * Where notices go, from `GAINSAY_WEBHOOK_URL` and `GAINSAY_WEBHOOK_SECRET`; undefined when no URL is set. Not part of
 * `Config`, because both are secrets: many receivers put a token into the URL. No error contains either.
 *
 * @throws ConfigError when the URL is none, or there is a secret and no URL
 */
export function loadWebhook(
  env: Record<string, string | undefined>,
): { url: string; secret: string | undefined } | undefined {
  const url = env.GAINSAY_WEBHOOK_URL?.trim()
  const secret = env.GAINSAY_WEBHOOK_SECRET?.trim() || undefined
  if (!url) {
    if (secret) throw new ConfigError('GAINSAY_WEBHOOK_SECRET: is set, but GAINSAY_WEBHOOK_URL is not')
    return undefined
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ConfigError('GAINSAY_WEBHOOK_URL: must be an http(s) URL')
  return { url, secret }
}
