/** Thrown when inputs are none that the operator's rules allow, where the contract reverts: that convicts nobody. */
export class UnfitError extends Error {
  override name = 'UnfitError'
}
