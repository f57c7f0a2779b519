import type { Hex } from 'viem'
import { download } from '../replay/artifacts/download.ts'
import { ArtifactError, mismatch } from '../replay/artifacts/error.ts'
import { MemorySink } from '../replay/artifacts/sink.ts'
import { sourcesOf } from '../replay/artifacts/sources.ts'
import { exitCodes, UserError } from './exit.ts'

const TIMEOUT_MS = 60_000
const NOWHERE = { ipfsGateways: [], walrusAggregators: [], mirrors: [] }

/**
 * Checks that every http(s) address of a registration serves the model's very bytes, as a watcher would fetch them: of
 * private addresses only with `allowPrivateHosts`. Registered is registered: a wrong address cannot be mended.
 *
 * @param field addresses separated by whitespace
 * @returns how many addresses of other kinds were not asked
 * @throws UserError 64 when an address is none, or serves something else; 69 when it does not answer
 */
export async function requireServed(
  field: string,
  { hash, bytes, allowPrivateHosts }: { hash: Hex; bytes: number; allowPrivateHosts: boolean },
): Promise<number> {
  const others = field.split(/\s+/).filter((uri) => !/^https?:/i.test(uri)).length
  for (const source of sourcesOf(field, hash, NOWHERE)) {
    try {
      if (source.type === 'refused') throw source.error
      if (source.type !== 'http') continue
      const sink = new MemorySink()
      await download(source, { hash }, sink, { maxBytes: bytes, timeoutMs: TIMEOUT_MS, allowPrivateHosts })
      if (sink.digest() !== hash) throw mismatch(source.name, hash)
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error
      const { code, retryable } = error
      const said =
        code === 'tooLarge'
          ? `it serves more than the ${bytes} bytes of the file`
          : code === 'forbidden'
            ? 'it leads to a private address, which nobody else can reach (GAINSAY_ALLOW_PRIVATE_HOSTS=1 permits it)'
            : error.message
      throw new UserError(
        `--uri does not serve this model: ${said}. Nothing was sent; --no-check registers it nevertheless.`,
        retryable ? exitCodes.unavailable : exitCodes.usage,
        { cause: error },
      )
    }
  }
  return others
}
