import { describe, expect, it } from 'vitest'
import { MAX_BATCH_BYTES, Schedule, type Waiting } from '../../replay/pool/schedule.ts'

let arrival = 0
const job = (lane: string, how: Partial<Waiting> = {}): Waiting => ({
  lane,
  priority: 0,
  bytes: 0,
  alone: false,
  arrival: arrival++,
  ...how,
})
const cold = () => false

/** The lanes that get their turn, one batch after the other. */
function turns(schedule: Schedule<Waiting>, isWarm: (job: Waiting) => boolean, most = 100): string {
  let order = ''
  for (let next = schedule.next(isWarm); next && order.length < most; next = schedule.next(isWarm)) {
    order += next.lane
    schedule.take(next.lane)
  }
  return order
}

describe('Schedule', () => {
  it('takes at most 32 jobs, at most 64 MiB, and one that is larger alone', () => {
    const schedule = new Schedule<Waiting>()
    for (let i = 0; i < 40; i++) schedule.add(job('a'))
    for (let i = 0; i < 3; i++) schedule.add(job('b', { bytes: MAX_BATCH_BYTES / 2 }))
    for (let i = 0; i < 2; i++) schedule.add(job('c', { bytes: 2 * MAX_BATCH_BYTES }))
    for (let i = 0; i < 2; i++) schedule.add(job('d', { alone: true }))
    const sizes = (lane: string) => [1, 2, 3].map(() => schedule.take(lane).length)
    expect([sizes('a'), sizes('b'), sizes('c'), sizes('d')]).toEqual([
      [32, 8, 0],
      [2, 1, 0],
      [1, 1, 0],
      [1, 1, 0],
    ])
  })

  it('puts the smallest priority first, then what came first, in a lane and between lanes', () => {
    const schedule = new Schedule<Waiting>()
    const [a, b, c, d] = [
      job('x', { priority: 2 }),
      job('x', { priority: 1 }),
      job('x', { priority: 1 }),
      job('y', { priority: 0 }),
    ]
    for (const one of [a, b, c, d]) schedule.add(one)
    expect(schedule.next(cold)).toBe(d)
    schedule.take('y')
    expect(schedule.take('x')).toEqual([b, c, a])
  })

  it('gives a job that comes back its old place', () => {
    const schedule = new Schedule<Waiting>()
    const jobs = [job('x'), job('x'), job('x')]
    for (const one of jobs) schedule.add(one)
    const [first] = schedule.take('x') as [Waiting]
    schedule.add(job('x'))
    schedule.add(first)
    expect(schedule.take('x')[0]).toBe(first)
  })

  it('lets models of equal priority take turns, however many jobs one has', () => {
    const schedule = new Schedule<Waiting>()
    for (let i = 0; i < 160; i++) schedule.add(job('a'))
    for (let i = 0; i < 64; i++) schedule.add(job('b'))
    schedule.add(job('c'))
    expect(turns(schedule, cold)).toBe('abcabaaa')
  })

  it('prefers a model that is loaded, but not so long that others starve', () => {
    const schedule = new Schedule<Waiting>()
    for (let i = 0; i < 32 * 12; i++) schedule.add(job('a'))
    for (let i = 0; i < 64; i++) schedule.add(job('b'))
    expect(turns(schedule, ({ lane }) => lane === 'a')).toBe('aaaaabaaaaabaa')
  })

  it('puts priority above what is loaded', () => {
    const schedule = new Schedule<Waiting>()
    schedule.add(job('a', { priority: 1 }))
    schedule.add(job('b', { priority: 0 }))
    expect(turns(schedule, ({ lane }) => lane === 'a')).toBe('ba')
  })

  it('gives up all jobs when it is drained', () => {
    const schedule = new Schedule<Waiting>()
    for (const lane of ['a', 'b', 'a']) schedule.add(job(lane))
    expect(schedule.drain()).toHaveLength(3)
    expect(schedule.next(cold)).toBeUndefined()
  })
})
