/** Largest evidence that is read, in bytes: some sixty thousand leaves as the facilitator writes them. */
export const MAX_EVIDENCE_BYTES = 64 * 2 ** 20
/** Most leaves of a batch that are checked. */
export const MAX_LEAVES = 65_536
/** Most different TEEs in one batch whose keys are read. */
export const MAX_TEES = 256
/** RSA moduli that the chain's own verifier accepts, in bits (og-evm, precompiles/tee: 2048 to 8192). */
export const MIN_MODULUS_BITS = 2048
export const MAX_MODULUS_BITS = 8192
/** Longest signature, in bytes: one of the largest modulus. */
export const MAX_SIGNATURE_BYTES = MAX_MODULUS_BITS / 8
/** Seconds by which a leaf may be ahead of its block (TEEInferenceVerifier's FUTURE_TOLERANCE). */
export const FUTURE_SECONDS = 300n
/**
 * Seconds after which a leaf is stale. A choice of ours: the chain's verifier allows one hour where it checks at all, and
 * nothing bounds how long a batch may wait to be settled.
 */
export const STALE_SECONDS = 7n * 86_400n
