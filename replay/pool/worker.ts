/**
 * The child process that runs models of strangers: started by `pool.ts` for one runtime, one batch at a time, no state
 * but its sessions. Arguments: the runtime, and `one` or `many` jobs.
 *
 * Reads and writes its channel synchronously: it has nothing else to do, and an event loop that is not run costs nothing.
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { sha256OfParts } from '../../protocol/sha256.ts'
import {
  decodeTensors,
  encodeTensors,
  encodingParts,
  type NamedTensors,
  TensorFormatError,
} from '../../protocol/tensor.ts'
import { messageOf, quote } from '../quote.ts'
import { type OpenModel, RefusedModel } from '../runtime/open-model.ts'
import { loadOrt } from '../runtime/ort.ts'
import { RuntimeInputError, type RuntimeKind } from '../runtime/runtime.ts'
import { Sessions } from '../runtime/sessions.ts'
import { readFrame, writeFrame } from './channel.ts'
import type { Answer, BatchEnd, BatchMessage, ChildMessage, FetchMessage } from './job.ts'
import { PROGRESS_FD } from './limits.ts'
import { warmUp } from './warm-up.ts'

/**
 * Answers wait for company up to so many milliseconds or bytes: a message costs both processes some 50 µs, half of what
 * a small model takes to run. The pool's clock of a job is off by no more than that.
 */
const FLUSH_MS = 25
const FLUSH_BYTES = 2 ** 20
/** A batch ends after the job that passes this, so that jobs more urgent do not wait behind a slow model's batch. */
const BATCH_MS = 1000
/** More bytes of outputs than this are no result of a request, and would only fill the watcher's memory. */
const MAX_OUTPUT_BYTES = 512 * 2 ** 20
const SESSION_BYTES = 512 * 2 ** 20
/**
 * Outputs from this size on are held rather than sent, up to so many bytes a batch: what is sent is allocated anew several
 * times on its way, and an honest node's outputs are known on the other side.
 * With ocr_rec's 1 MB the watcher took 3.9 ms a result instead of 7.2, and to encode it takes 0.7 ms.
 */
const HOLD_FROM_BYTES = 64 * 1024
const MAX_HELD_BYTES = 64 * 2 ** 20

const runtime = process.argv[2] as RuntimeKind
const sessions = new Sessions(runtime, SESSION_BYTES)

/** What one job came to: its answer and the blobs that belong to it. */
interface Done {
  answer: Answer
  blobs: Uint8Array[]
  /** the runtime threw while it ran */
  spoiled?: boolean
  /** the runtime threw while it opened the model */
  refused?: boolean
}

/** @param hold where to keep its outputs when they are large, and the pool may not want them */
async function run(
  model: OpenModel,
  input: Uint8Array | string,
  start: number,
  hold: number | undefined,
): Promise<Done> {
  let inputs: NamedTensors
  try {
    inputs = typeof input === 'string' ? readInput(input) : decodeTensors(input)
  } catch (error) {
    if (error instanceof TensorFormatError) return failed(`the input is not a set of tensors (${error.message})`)
    return failed(`the stored input cannot be read: ${messageOf(error)}`)
  }
  try {
    const { outputs, scores } = await model.run(inputs)
    let size = 0
    for (const { data } of outputs.values()) size += data.length
    for (const { data } of scores.values()) size += data.length
    if (size > MAX_OUTPUT_BYTES) return failed(`its outputs have ${size} bytes, more than are compared`)
    if (hold !== undefined && scores.size === 0 && size >= HOLD_FROM_BYTES && heldBytes + size <= MAX_HELD_BYTES) {
      const hash = sha256OfParts(encodingParts(outputs))
      const ms = performance.now() - start
      held.set(hold, { outputs, ms })
      heldBytes += size
      return { answer: { kind: 'held', hash, ms }, blobs: [] }
    }
    const blobs = scores.size > 0 ? [encodeTensors(outputs), encodeTensors(scores)] : [encodeTensors(outputs)]
    return { answer: { kind: 'outputs', scores: scores.size > 0, ms: performance.now() - start }, blobs }
  } catch (error) {
    if (error instanceof RuntimeInputError) return failed(messageOf(error))
    if (error instanceof TensorFormatError)
      return failed(`its outputs are more than can be compared (${error.message})`)
    leaveIfShort(error)
    if (error instanceof RefusedModel) return { ...failed(refusal(error.cause)), refused: true }
    return { ...failed(refusal(error)), spoiled: true }
  }
}

/** Whether this process has held other models, or run this one, before what it does now. */
let worn = false

/**
 * Leaves when memory runs out in a process that has held models before: they may have used it up, so the pool shall try
 * the job again in a new one. There, it has only itself to blame.
 */
function leaveIfShort(error: unknown): void {
  const cause = error instanceof RefusedModel ? error.cause : error
  if (!worn || !/bad_alloc|failed to allocate|out of memory|memory access/i.test(messageOf(cause))) return
  console.error('memory ran out beside the models held')
  process.exit(1)
}

/** The model of a batch, or why it cannot be run: then the answer to every job of the batch. */
async function open(batch: BatchMessage): Promise<OpenModel | Done> {
  try {
    return await sessions.open(batch)
  } catch (error) {
    leaveIfShort(error)
    if (error instanceof RefusedModel) return { ...failed(refusal(error.cause)), refused: true }
    return failed(messageOf(error))
  }
}

const failed = (reason: string): Done => ({ answer: { kind: 'failed', reason: reason.slice(0, 1000) }, blobs: [] })
const refusal = (error: unknown) => `the runtime refused: ${quote(messageOf(error), 300)}`

async function runBatch(batch: BatchMessage, blobs: Uint8Array[], noted: boolean): Promise<void> {
  const begin = performance.now()
  let sentAt = begin
  let waiting: Done[] = []
  let bytes = 0
  if (noted) note(0)
  const model = await open(batch)
  let facts = 'run' in model ? { runtime: model.runtime, forms: model.forms } : undefined
  const flush = (done?: BatchEnd) => {
    const header: ChildMessage = { kind: 'answers', answers: waiting.map(({ answer }) => answer), model: facts, done }
    writeFrame({ header, blobs: waiting.flatMap((one) => one.blobs) })
    facts = undefined
    waiting = []
    bytes = 0
    sentAt = performance.now()
  }

  held.clear()
  heldBytes = 0
  let blob = 0
  let refusals = 0
  let start = begin
  for (const [index, path] of batch.inputs.entries()) {
    if (noted && index > 0) note(index)
    const done =
      'run' in model
        ? await run(model, path ?? (blobs[blob++] as Uint8Array), start, batch.hold ? index : undefined)
        : model
    worn = true
    waiting.push(done)
    if (done.refused && (done !== model || index === 0)) refusals++
    for (const { length } of done.blobs) bytes += length
    start = performance.now()
    if (done.spoiled || start - begin > BATCH_MS || index === batch.inputs.length - 1)
      return flush(state(done.spoiled ?? false, refusals))
    // Without the note nobody could tell which of several jobs killed this process.
    if (!noted || start - sentAt > FLUSH_MS || bytes > FLUSH_BYTES) flush()
  }
}

/** What the last batch kept back, by place in the batch. */
const held = new Map<number, { outputs: NamedTensors; ms: number }>()
let heldBytes = 0

/** Sends outputs that were held, one message each: together they may be many. */
function sendHeld({ fetch }: FetchMessage): void {
  for (const index of fetch) {
    const { outputs, ms } = held.get(index) as { outputs: NamedTensors; ms: number }
    const header: ChildMessage = { kind: 'answers', answers: [{ kind: 'outputs', scores: false, ms }] }
    writeFrame({ header, blobs: [encodeTensors(outputs)] })
  }
}

const position = new Uint8Array(1)

/**
 * Notes which job of the batch runs, where the pool finds it when this process dies: a byte at the start of a file. A
 * message would wake the pool for each job.
 */
function note(index: number): void {
  position[0] = index
  writeSync(PROGRESS_FD, position, 0, 1, 0)
}

const small = new Uint8Array(2 ** 20)
/** Where in it the last file would have had to begin for its largest tensor to lie as the runtime wants it. */
let straight = 0

/**
 * A file's tensors, good until the next call: to allocate memory for each small input takes as long as to read it. What
 * lies askew is copied before it runs, so a file is read to where the last one would have lain straight: the inputs of one
 * model mostly begin alike.
 */
function readInput(path: string): NamedTensors {
  const inputs = decodeTensors(readFile(path))
  let largest: Uint8Array | undefined
  for (const { data } of inputs.values()) if (data.length > (largest?.length ?? 0)) largest = data
  if (largest?.buffer === small.buffer) straight = (straight + 8 - (largest.byteOffset % 8)) % 8
  return inputs
}

function readFile(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, small, straight, small.length - straight, 0)
    return length < small.length - straight ? small.subarray(straight, straight + length) : readFileSync(path)
  } finally {
    closeSync(file)
  }
}

let usage = { cpuSeconds: 0, rssMb: 0, peakMb: 0 }
let lookedAt = Number.NEGATIVE_INFINITY

function state(spoiled: boolean, refusals: number): BatchEnd {
  // Rarely, since the system takes longer to say than a small model to run.
  if (performance.now() - lookedAt > 100) {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const rssMb = process.memoryUsage.rss() / 2 ** 20
    usage = { cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, rssMb, peakMb: maxRSS / 1024 }
    lookedAt = performance.now()
  }
  return { loaded: sessions.keys, spoiled, refusals, ...usage }
}

async function main(): Promise<void> {
  if (runtime === 'wasm' && process.argv[3] === 'one') await warmUp(runtime)
  else await loadOrt(runtime)
  let noted = true
  try {
    note(0)
  } catch {
    noted = false
  }
  const ready: ChildMessage = { kind: 'ready' }
  writeFrame({ header: ready, blobs: [] })
  for (let frame = readFrame(); frame; frame = readFrame()) {
    const order = frame.header as BatchMessage | FetchMessage
    if ('fetch' in order) sendHeld(order)
    else await runBatch(order, frame.blobs, noted)
  }
  process.exit(0)
}

// The pool ends its children itself; Ctrl-C in a terminal reaches them too, and would look like a crash.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
void main()
