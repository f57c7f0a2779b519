import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/**
 * A file that an npm package ships, whether or not it exports it: looked for where Node would look for the package.
 *
 * @throws Error when the package is not installed
 */
export function packageFile(packageName: string, file: string): Uint8Array {
  const folders = createRequire(import.meta.url).resolve.paths(packageName) ?? []
  const path = folders.map((folder) => join(folder, packageName, file)).find((candidate) => existsSync(candidate))
  if (!path) throw new Error(`${file} of the npm package ${packageName} is not there: run npm ci`)
  return new Uint8Array(readFileSync(path))
}
