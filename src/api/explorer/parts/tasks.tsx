import type { TaskRow } from '../../loaders.ts'
import { duration } from '../amounts.ts'

/** Where a task stands: it runs, somebody stopped it, or its time is over. */
export type TaskState = 'running' | 'stopped' | 'over'

/** A century, in seconds: what comes less often, nobody waits for. */
const CENTURY = 3_155_760_000n

const STATES: Readonly<Record<TaskState, readonly [tone: string, sign: string]>> = {
  running: ['open', '▸'],
  stopped: ['warn', '■'],
  over: ['quiet', '–'],
}

/** Where a task stands at a second of the chain. */
export function taskState({ stoppedAt, endTime }: Pick<TaskRow, 'stoppedAt' | 'endTime'>, now: bigint): TaskState {
  if (stoppedAt !== null) return 'stopped'
  return endTime <= now ? 'over' : 'running'
}

/** The same as a pill. */
export function TaskPill({ state }: { state: TaskState }) {
  const [tone, sign] = STATES[state]
  return (
    <span class={`pill ${tone}`}>
      <span aria-hidden="true">{sign}</span> {state}
    </span>
  )
}

/** How often a task runs, in words; schedulers take any number. */
export function frequencyText(seconds: bigint): string {
  if (seconds === 0n) return 'without a pause'
  return seconds > CENTURY ? 'less than once a century' : `every ${duration(Number(seconds))}`
}
