import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Writes down which artifacts of a store must not be evicted: `<directory>/kept`, 64 hex digits a line. */
export async function saveKept(directory: string, kept: ReadonlySet<string>): Promise<void> {
  const path = join(directory, 'kept')
  await mkdir(directory, { recursive: true })
  await writeFile(`${path}.new`, [...kept, ''].join('\n'))
  await rename(`${path}.new`, path)
}

/** What was written down last, by any process; undefined when it cannot be read. */
export async function savedKept(directory: string): Promise<ReadonlySet<string> | undefined> {
  try {
    return new Set((await readFile(join(directory, 'kept'), 'utf8')).split('\n'))
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Set() : undefined
  }
}
