/** A message names so many failed sources, each with so many characters: it is shown to people. */
const MAX_FAILURES = 6
const MAX_FAILURE_CHARACTERS = 180

/** What kept an artifact from being had: named by what to do next. `disk` is trouble of our own, not of a source. */
export type ArtifactErrorCode = 'unreachable' | 'hashMismatch' | 'tooLarge' | 'forbidden' | 'unsupportedUri' | 'disk'

/** Thrown when an artifact cannot be had, or is not what it claims to be. The message says what to do. */
export class ArtifactError extends Error {
  override name = 'ArtifactError'
  readonly code: ArtifactErrorCode
  /** Whether the same reference may be had later, with nothing changed by us but room on the disk. */
  readonly retryable: boolean

  /** @param options.retryable when it does not follow from the code: `unreachable` and `disk` are, the others are not */
  constructor(code: ArtifactErrorCode, message: string, options: { cause?: unknown; retryable?: boolean } = {}) {
    super(message, { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? (code === 'unreachable' || code === 'disk')
  }
}

/** The error for bytes that have another hash than the chain says. */
export function mismatch(name: string, hash: string): ArtifactError {
  return new ArtifactError('hashMismatch', `${name} does not have the hash ${hash}: it was changed or never was it`)
}

/** The error for whatever has more bytes than allowed. */
export function tooLarge(name: string, maxBytes: number): ArtifactError {
  return new ArtifactError('tooLarge', `${name} has more than ${maxBytes} bytes: raise maxBytes to accept it`)
}

/** The error for a store that cannot be read or written, by what the system said. An `ArtifactError` passes unchanged. */
export function diskError(directory: string, error: unknown): ArtifactError {
  if (error instanceof ArtifactError) return error
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return new ArtifactError('disk', `the artifact store ${directory} failed (${code ?? error}): ${remedy(code)}`, {
    cause: error,
  })
}

function remedy(code: string | undefined): string {
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'free space there, or lower GAINSAY_ARTIFACT_BUDGET_BYTES'
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'let this user write there'
  if (code === 'EMFILE' || code === 'ENFILE') return 'raise the limit of open files (ulimit -n)'
  return 'check that it is a folder on a disk that works'
}

/** One error for all that failed: the most telling code, and worth a retry when one of them is. */
export function allFailed(hash: string, failures: ArtifactError[]): ArtifactError {
  const [first, ...others] = failures
  if (!first)
    return new ArtifactError('unreachable', `${hash} has neither data nor an address: ask whoever published it`)
  if (others.length === 0) return first
  const said = failures.slice(0, MAX_FAILURES).map(({ message }, i) => {
    const short = message.length > MAX_FAILURE_CHARACTERS ? `${message.slice(0, MAX_FAILURE_CHARACTERS)}…` : message
    return `(${i + 1}) ${short}`
  })
  if (failures.length > MAX_FAILURES) said.push(`and ${failures.length - MAX_FAILURES} more`)
  const codes = ['hashMismatch', 'unreachable', 'tooLarge', 'forbidden', 'unsupportedUri'] as const
  return new ArtifactError(
    codes.find((code) => failures.some((failure) => failure.code === code)) ?? first.code,
    `${hash} could not be had from any of ${failures.length} sources: ${said.join('; ')}`,
    { cause: failures, retryable: failures.some(({ retryable }) => retryable) },
  )
}
