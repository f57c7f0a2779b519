import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * The paths that `.dockerignore` lets into the image. It denies all and then names what is let through, and nothing else, so
 * that its rules need no more than this.
 *
 * @throws Error when it says anything more elaborate
 */
export function letThrough(): string[] {
  const lines = readFileSync(join(root, '.dockerignore'), 'utf8').split('\n')
  const [first, ...rest] = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (first !== '*') throw new Error('.dockerignore must begin with *')
  return rest.map((line) => {
    if (!/^![\w./-]+$/.test(line)) throw new Error(`.dockerignore: ${line} is more than a plain path to let through`)
    return line.slice(1)
  })
}

/** Lays out a folder as the Dockerfile does, but for the packages: those of this repository are linked, one by one. */
export function layOut(folder: string): void {
  for (const path of letThrough()) cpSync(join(root, path), join(folder, path), { recursive: true })
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  for (const name of readdirSync(join(root, 'node_modules')))
    if (!name.startsWith('.')) symlinkSync(join(root, 'node_modules', name), join(packages, name))
  cpSync(join(root, 'ponder-env.d.ts'), join(folder, 'ponder-env.d.ts'))
}
