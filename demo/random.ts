/** A source of numbers that one seed repeats. Not for secrets. */
export interface Random {
  /** uniform in [0, 1) */
  next(): number
  /** uniform in [from, to) */
  between(from: number, to: number): number
  /** whole, uniform in [0, below) */
  below(below: number): number
  /** normal, mean 0 and deviation 1 */
  normal(): number
}

/**
 * Numbers from a seed: mulberry32, 32 bits of state, fast and even enough for synthetic inputs.
 *
 * @param seed a whole number, or any text
 * @see https://github.com/bryc/code/blob/master/jshash/PRNGs.md#mulberry32
 */
export function randomFrom(seed: number | string): Random {
  let state = typeof seed === 'number' ? seed | 0 : hashOf(seed)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    next,
    between: (from, to) => from + (to - from) * next(),
    below: (below) => Math.floor(next() * below),
    // Box and Muller; 1 - u is never zero.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  }
}

/** FNV-1a with 32 bits: spreads texts that differ in one digit. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash
}
