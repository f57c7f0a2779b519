/** How a model's outputs are compared: what its registration on chain says. */
export interface Rule {
  /** `exact`: equal bits. `fp32`: a norm-scaled distance of at most `tolerance`. */
  precision: 'exact' | 'fp32'
  /** Largest distance that passes (see `measure`); 0 for `exact`. No unit: it is relative to the output's own scale. */
  tolerance: number
}

/**
 * What settled a matter, the cheapest first: equal bits; a small distance; the envelope, how far honest set-ups on this
 * machine lie apart; a second runtime in a fresh process; the trace that the node posted.
 */
export type Step = 'bytes' | 'distance' | 'envelope' | 'second' | 'trace'

/** What kind of difference it is, hence what `distance` means. */
export type DifferenceKind =
  /** max|Δ| / max(1, max|ref|) */
  | 'distance'
  /** the same of the numbers before a sigmoid, tanh or softmax */
  | 'logit'
  /** how much worse the posted label's score is, in the scores' scale; half of it, since two scores may have moved */
  | 'label'
  /** the bits differ, where they must be equal */
  | 'bits'
  /** a whole number differs, and how near the other one was is not known */
  | 'discrete'
  | 'shape'
  | 'missing'
  | 'extra'

/** Where and how far a posted result lies from what the replays gave. Only an `invalid` verdict has one. */
export interface Evidence {
  /** Name of the output that differs most. */
  output: string
  kind: DifferenceKind
  /** The distance of that output (NaN or Infinity where one side has them); null where none is defined. */
  distance: number | null
  /** What the distance was compared with: the registered tolerance, or the envelope where that is wider; 0 for equality. */
  tolerance: number
  /** How far honest set-ups on this machine lay apart on that output; null when it was not measured. */
  envelope: number | null
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
      step: Step
      /** The output that came closest to failing; null when all were equal bit by bit. */
      output: string | null
      distance: number
      tolerance: number
      runtimes: string[]
    }
  | { kind: 'invalid'; step: Step; evidence: Evidence }
  | {
      kind: 'undetermined'
      /** How far the matter got; null when nothing was compared. */
      step: Step | null
      /** A sentence for people. */
      reason: string
      /** Whether it may well be settled later: a time-out, a server that does not answer, a full disk. */
      retryable: boolean
      runtimes: string[]
    }
