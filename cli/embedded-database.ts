import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import { exitCodes, UserError } from './exit.ts'

/** The version of Postgres that the embedded PGlite is: it reads no other's files. */
export const EMBEDDED_POSTGRES = '17'

/** The folder of the embedded database. */
export function embeddedFolder({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'index')
}

/**
 * Checks that the embedded database can be read, before PGlite stops over it without saying what to do.
 *
 * @throws UserError when another version made it
 */
export function assertEmbeddedDatabase(config: Pick<Config, 'dataDir' | 'databaseUrl'>): void {
  if (config.databaseUrl) return
  const folder = embeddedFolder(config)
  const version = versionOf(folder)
  if (version === undefined || version === EMBEDDED_POSTGRES) return
  throw new UserError(
    `The embedded database in ${folder} was made by another version (Postgres ${version}, not ${EMBEDDED_POSTGRES}). Delete that folder: the index reads the chain anew. The journal is not in it.`,
    exitCodes.config,
  )
}

function versionOf(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim()
  } catch {
    return undefined
  }
}
