import type { Stats } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isOwned, parsePartialName, releasedName } from './partial.ts'

/** How long an unfinished download is worth continuing: a day. */
const PARTIAL_MAX_AGE_MS = 24 * 60 * 60 * 1000

/** A file that counts against a store's budget. */
export interface Item {
  path: string
  bytes: number
  /** its modification time, in whole ms since 1970 */
  lastUseMs: number
}

/**
 * What a store has when a process starts to use it, the least recently used first. Tidies up after processes that died:
 * what they left unfinished waits to be continued for a day, then goes. What is none of the store's is left alone.
 */
export async function takeInventory(directory: string): Promise<Item[]> {
  const found: (Item | undefined)[] = []
  for (const folder of await namesIn(directory)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue
    for (const name of await namesIn(join(directory, folder)))
      if (/^[0-9a-f]{64}$/.test(name)) found.push(await itemAt(join(directory, folder, name)))
  }
  for (const name of await namesIn(join(directory, 'partial')))
    found.push(await recover(join(directory, 'partial'), name))
  return found.filter((item) => item !== undefined).sort((a, b) => a.lastUseMs - b.lastUseMs)
}

async function recover(folder: string, name: string): Promise<Item | undefined> {
  const left = parsePartialName(name)
  const item = left && (await itemAt(join(folder, name)))
  if (!item) return undefined
  // Whoever claims to write a file of yesterday has died, and another process has its id.
  if (item.bytes > 0 && Date.now() - item.lastUseMs < PARTIAL_MAX_AGE_MS) {
    if (isOwned(left)) return undefined
    const path = join(folder, releasedName(left))
    await rename(item.path, path)
    return { ...item, path }
  }
  if (!isOwned(left) || item.bytes > 0) await rm(item.path, { force: true })
  return undefined
}

async function itemAt(path: string): Promise<Item | undefined> {
  const stats: Stats | undefined = await stat(path).catch((error) => {
    // Another process was faster.
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  return stats?.isFile() ? { path, bytes: stats.size, lastUseMs: Math.ceil(stats.mtimeMs) } : undefined
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
