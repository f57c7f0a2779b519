import type { Cheat } from './cheat.ts'
import { noise } from './noise.ts'

/** Answers the challenge with a root, and shows nobody what is below it. */
export const withholder: Cheat = {
  name: 'withholder',
  about: 'posts outputs with noise, reveals the root of its trace and keeps the trace to itself',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: true,
  publishes: false,
  forge: noise.forge,
}
