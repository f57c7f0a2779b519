import type { ChildProcess } from 'node:child_process'

/** No key is longer. */
const MAX_LENGTH = 4096

/**
 * Takes the key's text out of an environment: what is left is safe to hand to a child process, which gets the key, if it
 * needs it, by {@link handKey}. A process's first environment stays readable under /proc as long as it runs, so a child must
 * never have had the key in its own.
 *
 * @returns the key's text; undefined when it is not in the environment
 */
export function takeKey(env: NodeJS.ProcessEnv): string | undefined {
  const key = env.GAINSAY_PRIVATE_KEY?.trim() || undefined
  delete env.GAINSAY_PRIVATE_KEY
  return key
}

/** The environment of a child that reads its key from standard input. */
export function environmentWithHandedKey(env: NodeJS.ProcessEnv, key: string | undefined): NodeJS.ProcessEnv {
  return key === undefined ? env : { ...env, GAINSAY_PRIVATE_KEY_FILE: '-' }
}

/** Writes a key to the standard input of a child that was started for it. */
export function handKey(child: ChildProcess, key: string): void {
  // It may have died already; whoever supervises it knows.
  child.stdin?.on('error', () => {})
  child.stdin?.end(`${key}\n`)
}

/** The environment with the key in it where `GAINSAY_PRIVATE_KEY_FILE` is `-`: then it is read from standard input. */
export async function withKeyFromInput(
  env: NodeJS.ProcessEnv,
  input: AsyncIterable<Buffer> = process.stdin,
): Promise<NodeJS.ProcessEnv> {
  if (env.GAINSAY_PRIVATE_KEY_FILE !== '-') return env
  let text = ''
  for await (const chunk of input) {
    text += chunk
    if (text.length > MAX_LENGTH) break
  }
  const { GAINSAY_PRIVATE_KEY_FILE: _, ...rest } = env
  return { ...rest, GAINSAY_PRIVATE_KEY: text }
}
