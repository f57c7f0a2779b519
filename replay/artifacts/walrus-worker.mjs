/** Thread that computes the blob id of one file: see `blobIdOf`. Plain JavaScript, as Node loads no other into a thread. */
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { BlobEncoder } from '@mysten/walrus-wasm'

const [id] = new BlobEncoder(workerData.shards).compute_metadata(readFileSync(workerData.path))
parentPort?.postMessage(Buffer.from(id).toString('base64url'))
