import { analytics } from '../analytics/module.ts'
import { attestations } from '../attestations/module.ts'
import { accounts } from './account.ts'
import { actions } from './action.ts'
import { appeals } from './appeal.ts'
import { audits } from './audit.ts'
import { challenges } from './challenge.ts'
import { convictions } from './conviction.ts'
import { demands } from './demand.ts'
import { head } from './head.ts'
import { ledger } from './ledger.ts'
import { models } from './model.ts'
import type { SchemaModule } from './module.ts'
import { nodes } from './node.ts'
import { payouts } from './payout.ts'
import { replays } from './replay.ts'
import { requests } from './request.ts'
import { results } from './result.ts'
import { scalars } from './scalars.ts'
import { scheduled } from './scheduled.ts'
import { subscriptionModule } from './subscription.ts'
import { teeBatches } from './tee-batch.ts'
import { tensors } from './tensor.ts'
import { timelineEntries } from './timeline.ts'
import { watcher } from './watcher.ts'

/** The parts of the schema. A further one extends the type Query and is put here. */
export const modules: readonly SchemaModule[] = [
  scalars,
  head,
  models,
  nodes,
  accounts,
  requests,
  results,
  challenges,
  convictions,
  demands,
  appeals,
  payouts,
  timelineEntries,
  scheduled,
  replays,
  actions,
  ledger,
  teeBatches,
  audits,
  tensors,
  watcher,
  analytics,
  attestations,
  subscriptionModule,
]
