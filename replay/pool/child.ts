import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex, Writable } from 'node:stream'
import { messageOf, quote } from '../quote.ts'
import { AnswerReader, type ChildAnswer } from './answer.ts'
import { encodeFrame, FrameReader } from './frame.ts'
import type { BatchEnd, BatchMessage, FetchMessage, ReplayOutcome } from './job.ts'
import { CHANNEL_FD, type ChildLimits, childCommand, childEnvironment } from './limits.ts'
import { Progress } from './progress.ts'

/** A batch on its way through a child. */
export interface Batch {
  readonly message: BatchMessage
  /** inline inputs, in the order of the nulls in the message */
  readonly blobs: Uint8Array[]
  /** what was posted, for each job of which that is known */
  readonly expected: (string | undefined)[]
  /** longest a job may take, in ms; the first one's includes loading the model */
  readonly timeoutMs: number
  /** called once for each job that was answered, in order */
  onOutcome(index: number, outcome: ReplayOutcome): void
}

/** How a batch ended. `at` is the job that ran then: none before it, and none after it, is to blame. */
export type BatchResult =
  /** The child can take another; jobs that have no outcome yet were not begun. */
  | { kind: 'done'; end: BatchEnd }
  | { kind: 'timedOut'; at: number }
  /** `reason` says by which signal or code. `killed`: by SIGKILL from outside, as the system does when memory is short. */
  | { kind: 'died'; at: number; reason: string; killed: boolean }
  /** It died, or was too slow, before it could take a job. */
  | { kind: 'notStarted'; reason: string }

/** Longest time a child may take until it can take a job; long, since a busy machine is no reason to give up. */
const START_TIMEOUT_MS = 60_000

/** One child process that runs models. Created, it starts at once; dead, it stays dead. */
export class Child {
  readonly pid: number | undefined
  /** whether it has begun any job: what it does afterwards may be an earlier model's doing */
  used = false
  #process: ChildProcess | undefined
  #progress = new Progress()
  #errors = ''
  #exited: string | undefined
  #killed = false
  #ready = false
  #onAnswer: ((answer: ChildAnswer) => void) | undefined
  #onEnd: (() => void) | undefined
  #answers = new AnswerReader()

  /** @param isolation what puts it where there is no network, see `isolationCommand` */
  constructor(limits: ChildLimits, isolation: readonly string[]) {
    const [command, ...args] = childCommand(limits, isolation)
    try {
      this.#process = spawn(command, args, {
        env: childEnvironment(),
        stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', this.#progress.fd ?? 'ignore'],
      })
      this.#listen(this.#process)
    } catch (error) {
      this.#end(`it could not be started: ${messageOf(error)}`)
    }
    this.pid = this.#process?.pid
  }

  get alive(): boolean {
    return this.#exited === undefined
  }

  /** Runs a batch; kills the process when a job takes longer than it may. */
  run(batch: Batch): Promise<BatchResult> {
    return new Promise((resolve) => {
      let answered = 0
      /** places of the held outputs that are not what was posted, and the end of the batch once they are asked for */
      const wanted: number[] = []
      let fetching: BatchEnd | undefined
      const at = () => (fetching ? (wanted[0] as number) : this.#position(answered, batch))
      const finish = (result: BatchResult) => {
        clearTimeout(timer)
        this.#onAnswer = undefined
        this.#onEnd = undefined
        resolve(result)
      }
      const expire = () => {
        if (!this.#ready) finish({ kind: 'notStarted', reason: `it was not ready within ${START_TIMEOUT_MS} ms` })
        else finish({ kind: 'timedOut', at: at() })
        void this.kill()
      }
      let timer = setTimeout(expire, START_TIMEOUT_MS)
      this.#onEnd = () => {
        const { reason, killed } = this.#death()
        if (!this.#ready) return finish({ kind: 'notStarted', reason })
        finish({ kind: 'died', at: at(), reason, killed })
      }
      if (!this.alive) return this.#onEnd()
      const send = () => {
        clearTimeout(timer)
        timer = setTimeout(expire, batch.timeoutMs)
        this.used = true
        this.#answers = new AnswerReader()
        this.#send(batch.message, batch.blobs)
      }
      this.#onAnswer = (answer) => {
        if (answer.kind === 'ready') return send()
        if (fetching) {
          if (answer.done || answer.outcomes.length > wanted.length)
            throw new Error('other outputs than were asked for')
          for (const outcome of answer.outcomes) {
            if (outcome.kind === 'held') throw new Error('outputs held that were asked for')
            batch.onOutcome(wanted.shift() as number, outcome)
          }
          timer.refresh()
          if (wanted.length === 0) finish({ kind: 'done', end: fetching })
          return
        }
        if (answered + answer.outcomes.length > batch.message.inputs.length) throw new Error('more answers than jobs')
        for (const outcome of answer.outcomes) {
          const expected = batch.expected[answered]
          if (outcome.kind !== 'held') batch.onOutcome(answered, outcome)
          else if (outcome.hash === expected)
            batch.onOutcome(answered, { kind: 'equal', runtime: outcome.runtime, ms: outcome.ms })
          else wanted.push(answered)
          answered++
        }
        // A batch that ends without a single answer would be sent again for ever.
        if (answer.done && answered === 0) throw new Error('no answers')
        timer.refresh()
        if (!answer.done) return
        if (wanted.length === 0) return finish({ kind: 'done', end: answer.done })
        fetching = answer.done
        const fetch: FetchMessage = { fetch: wanted }
        this.#send(fetch, [])
      }
      if (this.#ready) send()
    })
  }

  /** Ends the process, whatever it is doing; SIGKILL, because native code that loops hears nothing else. */
  kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      return Promise.resolve()
    return new Promise((resolve) => {
      child.ref()
      child.once('exit', () => resolve())
      child.kill('SIGKILL')
    })
  }

  // Neither is there when the system refused to start the process.
  get #channel(): Duplex | undefined {
    return this.#process?.stdio?.[CHANNEL_FD] as Duplex | undefined
  }

  get #lifeline(): Writable | undefined {
    return this.#process?.stdio?.[4] as Writable | undefined
  }

  #send(header: BatchMessage | FetchMessage, blobs: Uint8Array[]): void {
    for (const piece of encodeFrame({ header, blobs })) this.#channel?.write(piece)
  }

  #listen(child: ChildProcess): void {
    child.once('error', (error) => this.#end(`it could not be started: ${error.message}`))
    child.once('exit', (code, signal) => {
      this.#killed = signal === 'SIGKILL'
      // A line, then the end: tells the guard that nothing is left to kill.
      this.#lifeline?.end('done\n')
      // What it sent before it died may still be on its way.
      const end = () => this.#end(signal ?? `exit code ${code}`)
      if (!this.#channel || this.#channel.destroyed) end()
      else this.#channel.once('close', end)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000)
    })
    const frames = new FrameReader()
    this.#channel?.on('data', (chunk: Buffer) => {
      try {
        for (const frame of frames.push(chunk)) this.#take(this.#answers.read(frame))
      } catch (error) {
        // Whoever speaks there is not our worker any more.
        void this.kill()
        this.#end(`its answer made no sense: ${messageOf(error)}`)
      }
    })
    // What no longer reaches a dead child ends in 'exit', not in an exception here.
    for (const stream of [this.#channel, this.#lifeline]) stream?.on('error', () => {})
    // Idle children do not keep the watcher alive; a running job's timer does.
    child.unref()
    for (const stream of child.stdio ?? []) (stream as unknown as { unref?(): void })?.unref?.()
  }

  #take(answer: ChildAnswer): void {
    if (!this.alive) return
    if ((answer.kind === 'ready') === this.#ready) throw new Error('it is not its turn')
    this.#ready = true
    if (this.#onAnswer) this.#onAnswer(answer)
    else if (answer.kind === 'answers') throw new Error('nobody asked')
  }

  /** The job of a batch that is running: what the child noted, as far as that can be true. */
  #position(answered: number, { message }: Batch): number {
    const noted = this.#progress.read() ?? answered
    return Math.min(Math.max(noted, answered), message.inputs.length - 1)
  }

  #end(how: string): void {
    if (this.#exited !== undefined) return
    this.#exited = how
    this.#onEnd?.()
    this.#progress.close()
  }

  #death(): { reason: string; killed: boolean } {
    const said = this.#errors.trim().split('\n').at(-1)
    return { reason: `${this.#exited}${said ? `, having said ${quote(said)}` : ''}`, killed: this.#killed }
  }
}
