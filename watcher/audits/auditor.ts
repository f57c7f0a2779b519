import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { type Registry, undetermined } from '../../networks/opengradient/settlement/audit.ts'
import { childEnvironment } from '../../replay/pool/limits.ts'
import type { AuditJob, FromAuditor, ToAuditor } from './messages.ts'

/** Longest that an audit may take, in ms; the largest takes a twentieth of it on a free machine. */
const TIMEOUT_MS = 180_000
/** How long the process waits for another job. */
const IDLE_MS = 30_000
/** Its heap in MiB: what the largest evidence needs, several times over. */
const HEAP_MB = 1024

/** What came of an audit. */
export type AuditOutcome = Extract<FromAuditor, { audit: unknown }>

/** Runs audits, one after the other, in a process of their own that is started when there is work. */
export class Auditor {
  readonly #timeoutMs: number
  readonly #heapMb: number
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #before: Promise<unknown> = Promise.resolve()

  constructor({ timeoutMs = TIMEOUT_MS, heapMb = HEAP_MB } = {}) {
    this.#timeoutMs = timeoutMs
    this.#heapMb = heapMb
  }

  /** Audits, when those before are done. Never throws: what could not be done is undetermined. */
  audit(job: AuditJob, registry: Registry): Promise<AuditOutcome> {
    const audit = this.#before.then(() => this.#run(job, registry))
    this.#before = audit
    return audit
  }

  /** Ends the process; what runs is undetermined. */
  close(): void {
    clearTimeout(this.#idle)
    this.#child?.kill('SIGKILL')
    this.#child = undefined
  }

  #run(job: AuditJob, registry: Registry): Promise<AuditOutcome> {
    clearTimeout(this.#idle)
    const began = performance.now()
    const child = this.#start()
    return new Promise((resolve) => {
      const end = (outcome: AuditOutcome) => {
        clearTimeout(timer)
        child.removeAllListeners('message')
        child.removeAllListeners('exit')
        this.#idle = setTimeout(() => this.close(), IDLE_MS).unref()
        resolve(outcome)
      }
      const fail = (reason: string, retry = true) => {
        this.close()
        end({ audit: undetermined(reason, retry), named: null, ms: performance.now() - began })
      }
      const timer = setTimeout(() => fail(`the audit took longer than ${this.#timeoutMs} ms`), this.#timeoutMs)
      child.once('exit', (code, signal) => {
        // So V8 ends when its heap is full: the same evidence would fill it again.
        const isFull = signal === 'SIGABRT' || code === 134
        fail(`the auditor's process ended (${isFull ? 'out of memory' : (signal ?? `exit code ${code}`)})`, !isFull)
      })
      child.on('message', (message: FromAuditor) => {
        if ('audit' in message) return end(message)
        void registry(message.teeIds).then((registrations) => tell(child, { registrations }))
      })
      tell(child, { job })
    })
  }

  #start(): ChildProcess {
    if (this.#child?.connected) return this.#child
    const args = [
      `--max-old-space-size=${this.#heapMb}`,
      ...['--require', createRequire(import.meta.url).resolve('tsx/cjs')],
      ...['--eval', 'require(process.argv[1])', fileURLToPath(new URL('./auditor-process.ts', import.meta.url))],
    ]
    const child = spawn(process.execPath, args, {
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    })
    // What cannot be started ends in 'exit' or here; either way its job is undetermined.
    child.on('error', () => child.kill('SIGKILL'))
    child.unref()
    child.channel?.unref()
    this.#child = child
    return child
  }
}

/** What no longer reaches a dead process ends in its exit. */
function tell(child: ChildProcess, message: ToAuditor): void {
  if (child.connected) child.send(message, () => {})
}
