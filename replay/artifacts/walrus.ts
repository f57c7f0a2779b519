import { Worker } from 'node:worker_threads'
import { messageOf, quote } from '../quote.ts'
import { ArtifactError } from './error.ts'

/**
 * Largest blob that is encoded again: the bytes are held twice, and half as much beside them. Above, a blob would cost
 * more time and memory than a watcher has to spare for a stranger's model.
 */
export const MAX_BLOB_BYTES = 256 * 2 ** 20

/** Longest time for that: ten times what 256 MiB take on one core. */
const TIMEOUT_MS = 240_000

let last: Promise<unknown> = Promise.resolve()

/**
 * The Walrus blob id of a file: a commitment to its erasure-coded form, so that the file is encoded again. One at a time,
 * so that memory is bounded, and in a thread of its own, since it takes seconds of computing; the thread ends with it, and
 * gives back what memory it took.
 *
 * Known are blobs in the encoding that Walrus has used since its mainnet (RS2). The id depends on the number of shards.
 *
 * @param path of a file of at most `MAX_BLOB_BYTES`
 * @param shards number of shards of the Walrus network: 1000 on mainnet and testnet
 * @returns 43 characters, base64url
 * @throws ArtifactError `disk` when it could not be computed: trouble of our own
 * @see https://docs.wal.app/design/encoding.html
 */
export function blobIdOf(path: string, shards: number): Promise<string> {
  const id = last.then(() => inThread(path, shards))
  last = id.catch(() => {})
  return id
}

function inThread(path: string, shards: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new ArtifactError('disk', `the blob id of ${path} could not be computed (${why}): check disk and memory`))
    const worker = new Worker(new URL('./walrus-worker.mjs', import.meta.url), {
      workerData: { path, shards },
      execArgv: [],
      env: {},
    })
    const timer = setTimeout(() => {
      fail(`not within ${TIMEOUT_MS} ms`)
      void worker.terminate()
    }, TIMEOUT_MS)
    worker.on('message', (id: string) => resolve(id))
    worker.on('error', (error) => fail(quote(messageOf(error))))
    worker.on('exit', (code) => {
      clearTimeout(timer)
      fail(`its thread ended with ${code}`)
    })
  })
}
