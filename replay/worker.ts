/**
 * The child process that runs models of strangers: started by `pool.ts`, one job at a time, no state but its sessions.
 */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { decodeTensors, encodeTensors, TensorFormatError } from '../protocol/tensor.ts'
import type { AnswerMessage, JobMessage } from './job.ts'
import { messageOf, quote } from './quote.ts'
import { openSession, RuntimeInputError, type Session } from './runtime.ts'

/** Sessions kept open, least recently used first; a session takes a few times its model's bytes. */
const sessions = new Map<string, { session: Session; bytes: number }>()
const MAX_SESSIONS = 8
const MAX_SESSION_BYTES = 256 * 2 ** 20

async function sessionFor({ modelHash, modelPath, runtime }: JobMessage): Promise<Session> {
  const key = `${runtime} ${modelHash}`
  const known = sessions.get(key)
  if (known) {
    sessions.delete(key)
    sessions.set(key, known)
    return known.session
  }
  const model = await readFile(modelPath)
  if (`0x${createHash('sha256').update(model).digest('hex')}` !== modelHash)
    throw new RuntimeInputError('the stored model does not have its hash')
  // Lazily, because the protobuf schemas take a tenth of a second to build.
  const { checkModel } = await import('./check.ts')
  checkModel(model)
  await evict(model.length)
  const session = await openSession(model, runtime)
  sessions.set(key, { session, bytes: model.length })
  return session
}

async function evict(incoming: number): Promise<void> {
  for (const [key, { session }] of sessions) {
    const bytes = [...sessions.values()].reduce((sum, entry) => sum + entry.bytes, incoming)
    if (sessions.size < MAX_SESSIONS && bytes <= MAX_SESSION_BYTES) return
    sessions.delete(key)
    await session.release()
  }
}

async function answer(job: JobMessage): Promise<AnswerMessage> {
  const start = performance.now()
  try {
    const session = await sessionFor(job)
    const outputs = await session.run(decodeTensors(job.inputs))
    return {
      kind: 'outputs',
      outputs: encodeTensors(outputs),
      runtime: session.runtime,
      ms: performance.now() - start,
    }
  } catch (error) {
    const name = error instanceof Error ? error.name : ''
    if (error instanceof RuntimeInputError || error instanceof TensorFormatError || name === 'UnsupportedModel')
      return { kind: 'failed', reason: messageOf(error), spoiled: false }
    return { kind: 'failed', reason: `the runtime refused: ${quote(messageOf(error), 300)}`, spoiled: true }
  }
}

const send = (message: AnswerMessage): void => {
  if (process.connected) process.send?.(message)
}

// The pool ends its children itself; Ctrl-C in a terminal reaches them too, and would look like a crash.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => {})
process.on('disconnect', () => process.exit(0))
process.on('message', (job: JobMessage) => void answer(job).then(send))
send('ready')
