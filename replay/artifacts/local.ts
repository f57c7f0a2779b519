import { open, realpath, stat } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, quote } from '../quote.ts'
import { ArtifactError, tooLarge } from './error.ts'
import { chunksOf } from './partial.ts'
import type { Sink } from './sink.ts'

/** The bytes of a `data:` URI (RFC 2397). @throws ArtifactError */
export function readData(uri: string): Uint8Array {
  const comma = uri.indexOf(',')
  try {
    if (comma < 0) throw new Error('there is no comma')
    const body = decodeURIComponent(uri.slice(comma + 1))
    return Buffer.from(body, /;base64$/i.test(uri.slice(0, comma)) ? 'base64' : 'utf8')
  } catch (error) {
    throw new ArtifactError('unsupportedUri', `${quote(uri, 80)} cannot be read: it is not data:[type][;base64],…`, {
      cause: error,
    })
  }
}

/**
 * Copies the file that a stranger's `file:` URI names.
 *
 * @param into where to; empty before
 * @param roots folders beneath which files may be read
 * @throws ArtifactError
 */
export async function copyFile(
  uri: string,
  into: Sink,
  { roots, maxBytes }: { roots: readonly string[]; maxBytes: number },
): Promise<void> {
  const name = quote(uri, 80)
  const path = await realFile(uri, roots)
  const file = await open(path).catch((error) => {
    throw unreadable(name, error)
  })
  try {
    // What appends says itself what is wrong; the rest is reading.
    for await (const chunk of chunksOf(file)) {
      if (into.size + chunk.length > maxBytes) throw tooLarge(name, maxBytes)
      await into.append(chunk)
    }
  } catch (error) {
    throw error instanceof ArtifactError ? error : unreadable(name, error)
  } finally {
    await file.close()
  }
}

async function realFile(uri: string, roots: readonly string[]): Promise<string> {
  const name = quote(uri, 80)
  let path: string
  try {
    path = await realpath(fileURLToPath(uri))
  } catch (error) {
    throw unreadable(name, error)
  }
  // After realpath, so that no link beneath a root leads out of it.
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => undefined)))
  if (!real.some((root) => root !== undefined && isBeneath(root, path)))
    throw new ArtifactError('forbidden', `${name} lies outside the folders in fileRoots: add its folder there`)
  // Before opening: a FIFO would block the open, a device has no end.
  const stats = await stat(path).catch((error) => {
    throw unreadable(name, error)
  })
  if (!stats.isFile()) throw new ArtifactError('forbidden', `${name} is not a regular file`)
  return path
}

function unreadable(name: string, error: unknown): ArtifactError {
  return new ArtifactError('unreachable', `${name} is not there: ${quote(messageOf(error))}`, { cause: error })
}

function isBeneath(root: string, path: string): boolean {
  const rest = relative(root, path)
  return rest !== '' && rest !== '..' && !rest.startsWith(`..${sep}`) && resolve(root, rest) === path
}
