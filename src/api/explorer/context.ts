import type { Principal } from '../../../config/principal.ts'
import type { NetworkName } from '../../../networks/network.ts'
import type { JournalReader } from '../journal.ts'
import { createLoaders } from '../loaders.ts'
import type { IndexHead } from '../readiness.ts'
import { kept } from './kept.ts'
import type { Surroundings } from './parts/layout.tsx'

/** What the explorer is given once, when the process starts. */
export interface ExplorerParts {
  readonly journal: JournalReader
  readonly principal: Principal
  /** which ones this index follows: pages that only one of them has anything for are linked where it is among them */
  readonly networks: readonly NetworkName[]
  /** folder in which a watcher beside this index keeps the files it has verified; by their hash */
  readonly artifactsDir: string
  readonly indexHead: () => Promise<IndexHead>
  /** answers a query of our own against this very API, as indented JSON; never throws */
  readonly ask: (query: string) => Promise<string>
}

/** What a page gets: loaders live for one page. */
export interface PageContext extends ExplorerParts {
  readonly loaders: ReturnType<typeof createLoaders>
  readonly around: Surroundings
}

/** Makes a page's context. How far the index is, is asked at most a few times a second. */
export function pageContexts(parts: ExplorerParts): () => Promise<PageContext> {
  const head = kept(() => parts.indexHead(), 1)
  return async () => {
    const { blockNumber, timestamp } = await head('')
    const { principal, networks } = parts
    return {
      ...parts,
      loaders: createLoaders(parts.journal),
      around: { principal, networks, blockNumber, timestamp },
    }
  }
}
