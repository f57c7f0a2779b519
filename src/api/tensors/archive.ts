import { open } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The bytes of an artifact that the watcher beside this index has stored, at `<first 2 digits>/<64 digits>` (see
 * `replay/artifacts/store.ts`). Their hash is for the caller to check.
 *
 * @param hash sha256, 0x and hex
 * @param most bytes that are wanted
 * @returns its size when that is more; undefined when it is not there
 */
export async function archivedBytes(
  directory: string,
  hash: string,
  most: number,
): Promise<Uint8Array | number | undefined> {
  const digits = hash.slice(2).toLowerCase()
  if (!/^[0-9a-f]{64}$/.test(digits)) return undefined
  const file = await open(join(directory, digits.slice(0, 2), digits)).catch(() => undefined)
  if (!file) return undefined
  try {
    const { size } = await file.stat()
    return size > most ? size : await file.readFile()
  } catch {
    return undefined
  } finally {
    await file.close()
  }
}
