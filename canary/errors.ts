/** Thrown when no canary may be begun now: limits, money, or a network that does not let us; the message says which. */
export class CanaryRefusedError extends Error {
  override name = 'CanaryRefusedError'
}

/** Thrown when no canary can be made of a model; the message says why and what to do. */
export class UnfitModelError extends Error {
  override name = 'UnfitModelError'
}
