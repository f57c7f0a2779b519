import { z } from 'zod'

/** The parts of a text that has commas between them. */
export const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

/** JSON-RPC endpoints, separated by commas. */
export const rpcUrls = z
  .string()
  .transform(list)
  .pipe(z.array(z.url({ protocol: /^(https?|wss?)$/, error: 'must be http(s) or ws(s) URLs, separated by commas' })))

/** A switch: 0, 1, true or false. */
export const flag = z.enum(['0', '1', 'true', 'false']).transform((text) => text === '1' || text === 'true')

/** A contract's address, in lower case. */
export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be a contract address, 0x and 40 hex digits')
  .transform((text) => text.toLowerCase() as `0x${string}`)
