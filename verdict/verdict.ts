/** How a model's outputs are compared: what its registration on chain says. */
export interface Rule {
  /** `exact`: equal bits. `fp32`: a norm-scaled distance of at most `tolerance`. */
  precision: 'exact' | 'fp32'
  /** Largest distance D that passes (see `compare`); 0 for `exact`. No unit: D is relative to the output's own scale. */
  tolerance: number
}

/** Where and how far a posted result lies from what the replays gave. Only an `invalid` verdict has one. */
export interface Evidence {
  /** Name of the output that differs most. */
  output: string
  kind: 'distance' | 'bits' | 'discrete' | 'shape' | 'missing' | 'extra'
  /** D of that output (NaN or Infinity where one side has them); null where no distance is defined. */
  distance: number | null
  /** What D was compared with; 0 where equality was asked for. */
  tolerance: number
  /** Flat index of the worst element, in row-major order; null when the outputs have no elements in common. */
  at: number | null
  /** That element as posted, printed; or dtype and shape; null when the output was not posted. */
  posted: string | null
  /** The same of the first replay; null when the model has no such output. */
  replayed: string | null
  /** Every runtime that found the result wrong: always at least two entries. */
  runtimes: string[]
}

/**
 * What Gainsay holds of a result. Only `invalid` carries {@link Evidence}, which a challenge needs, so a challenge out
 * of ignorance does not compile.
 */
export type Verdict =
  | {
      kind: 'valid'
      /** The output that came closest to failing. */
      output: string | null
      distance: number
      tolerance: number
      runtimes: string[]
    }
  | { kind: 'invalid'; evidence: Evidence }
  | {
      kind: 'undetermined'
      /** A sentence for people. */
      reason: string
      runtimes: string[]
    }
