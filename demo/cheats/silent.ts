import type { Cheat } from './cheat.ts'
import { noise } from './noise.ts'

/** Has nothing to show: posts noise and does not answer the challenge. */
export const silent: Cheat = {
  name: 'silent',
  about: 'posts outputs with noise and stays silent when challenged',
  suits: ['ocr_cls', 'silero_vad', 'hello_deepa'],
  reveals: false,
  publishes: false,
  forge: noise.forge,
}
