import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { cpuMs } from './cpu.ts'

/** What the bare process is asked: to open a model with some inputs, or to run it so many times. */
export type BareOrder = { model: Uint8Array; inputs: Uint8Array[] } | { runs: number }

/** The floor: a process that does nothing but `session.run`, on inputs that are there already. */
export class Bare {
  readonly #process: ChildProcess

  constructor() {
    const options = { serialization: 'advanced' as const, execArgv: ['--import', 'tsx'] }
    this.#process = fork(fileURLToPath(new URL('bare-child.ts', import.meta.url)), options)
  }

  /** @param inputs `encodeTensors` bytes; a loop goes through them again and again */
  async open(model: Uint8Array, inputs: Uint8Array[]): Promise<void> {
    await this.#order({ model, inputs })
  }

  /** CPU time of the process for so many runs, in ms. */
  async run(runs: number): Promise<number> {
    const pid = this.#process.pid as number
    const before = cpuMs(pid)
    await this.#order({ runs })
    return cpuMs(pid) - before
  }

  close(): void {
    this.#process.kill()
  }

  async #order(order: BareOrder): Promise<void> {
    const done = once(this.#process, 'message')
    this.#process.send(order)
    await done
  }
}
