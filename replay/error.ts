export type ArtifactErrorCode = 'unreachable' | 'hashMismatch' | 'tooLarge' | 'forbidden' | 'unsupportedUri'

/** Thrown when an artifact cannot be had, or is not what it claims to be. The message says what to do. */
export class ArtifactError extends Error {
  override name = 'ArtifactError'
  readonly code: ArtifactErrorCode

  constructor(code: ArtifactErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
