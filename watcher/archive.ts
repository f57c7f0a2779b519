import PQueue from 'p-queue'
import type { ArtifactReference } from '../replay/artifacts/artifacts.ts'
import type { Collected } from './collect.ts'
import type { Watch } from './context.ts'
import type { IndexedRequest } from './index-client.ts'
import { claimOf, inputOf } from './judge.ts'

/** Downloads at once: enough that one slow server delays nobody, few enough not to be a burden. */
const DOWNLOADS = 8
/** Most downloads that wait: what a flood of requests leaves out is fetched when it is judged. */
const MAX_WAITING = 2_000

/**
 * Keeps a copy of all that a replay will need, as soon as the chain names it: a node that takes its server down once the
 * window is nearly over, or a requester who does, must not make a result undecidable. What cannot be had now is fetched
 * when the result is judged; that says why it fails.
 *
 * @returns to be called in each round, with what is open then; returns at once
 */
export function archiver({ artifacts, log }: Pick<Watch, 'artifacts' | 'log'>) {
  const downloads = new PQueue({ concurrency: DOWNLOADS })
  let seen = new Set<string>()
  return (open: Collected[], requests: IndexedRequest[]): void => {
    const references = [
      ...open.flatMap(({ result }) => {
        const { model, input, output } = claimOf(result)
        return [model, input, output]
      }),
      ...requests.flatMap((request) => [{ hash: request.model.modelHash, uri: request.model.uri }, inputOf(request)]),
    ]
    void artifacts.keep(references.map(({ hash }) => hash))
    const before = seen
    seen = new Set()
    for (const reference of references) {
      // What is inline is on the chain for good.
      if (reference.uri === '') continue
      const key = `${reference.hash} ${reference.uri}`
      if (before.has(key) || seen.has(key)) {
        seen.add(key)
        continue
      }
      if (downloads.size >= MAX_WAITING) continue
      seen.add(key)
      void downloads.add(() => store(reference))
    }
  }

  async function store(reference: ArtifactReference): Promise<void> {
    try {
      await artifacts.pathFor(reference)
    } catch (error) {
      log.debug({ err: error, hash: reference.hash }, 'not archived yet')
    }
  }
}
