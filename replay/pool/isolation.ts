import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * Ways to run a command in a network namespace of its own, with no interface up but nothing in it, by util-linux or
 * busybox: as root without a user namespace, so that its files stay readable; for everybody else with one.
 */
const WAYS: readonly (readonly string[])[] = [
  ['unshare', '-n'],
  ['unshare', '-r', '-n'],
]

let way: Promise<readonly string[]> | undefined

/**
 * The command that puts another one into a network namespace of its own, to be written before it; empty where the
 * system has none or does not allow it (no Linux, no util-linux, containers without the right). Found out once, by
 * really trying.
 */
export function isolationCommand(): Promise<readonly string[]> {
  way ??= findWay()
  return way
}

/** Whether models run where there is no network at all. Without it they are still held by every other limit. */
export async function networkIsolation(): Promise<boolean> {
  return (await isolationCommand()).length > 0
}

async function findWay(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  for (const candidate of WAYS) {
    const [outside, inside] = await namespaces(candidate)
    if (outside && inside && outside !== inside) return candidate
  }
  return []
}

/** The network namespace that a command sees outside and inside, e.g. `net:[4026531840]`. */
async function namespaces(candidate: readonly string[]): Promise<string[]> {
  const script = 'readlink /proc/self/ns/net && exec "$@" readlink /proc/self/ns/net'
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script, 'gainsay-try', ...candidate], {
      timeout: 5000,
    })
    return stdout.trim().split('\n')
  } catch {
    return []
  }
}
