import type { Principal } from '../../../config/principal.ts'
import type { JournalReader } from '../journal.ts'
import type { Subscribe } from '../live/subscriptions.ts'
import type { Loaders } from '../loaders.ts'
import type { IndexedBlock, IndexHead } from '../readiness.ts'
import type { PayloadReader } from '../tensors/payload.ts'

/** What every resolver gets. Loaders live for one request. */
export interface ApiContext {
  loaders: Loaders
  journal: JournalReader
  /** decodes inputs and outputs */
  readPayload: PayloadReader
  /** new loaders and a new decoder, for the next event of a subscription */
  fresh: () => Pick<ApiContext, 'loaders' | 'readPayload'>
  subscribe: Subscribe
  /** who asks; undefined for the machine itself */
  address?: string | undefined
  principal: Principal
  /** the conviction contract that is followed */
  conviction: string | undefined
  indexHead: () => Promise<IndexHead>
  lastEvent: () => Promise<IndexedBlock | null>
}
