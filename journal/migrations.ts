import type { Kysely, Migration, MigrationProvider } from 'kysely'
import { followingTransactions } from './migrations/005-following-transactions.ts'
import { ledger } from './migrations/006-ledger.ts'
import { canary } from './migrations/007-canary.ts'
import { identityCodeHash } from './migrations/008-identity-code-hash.ts'
import { opinions } from './migrations/009-opinions.ts'
import { previewsAndGraphs } from './migrations/010-previews-and-graphs.ts'
import { follow } from './migrations/011-follow.ts'
import { attestations } from './migrations/012-attestations.ts'
import { audits } from './migrations/013-audits.ts'

const migrations: Record<string, Migration> = {
  '001-observations-verdicts-actions-attempts': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('identity')
        .addColumn('chainId', 'integer', (c) => c.notNull())
        .addColumn('contract', 'text', (c) => c.notNull())
        .execute()
      await db.schema
        .createTable('observation')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('resultId', 'text', (c) => c.notNull())
        .addColumn('requestId', 'text', (c) => c.notNull())
        .addColumn('modelId', 'text', (c) => c.notNull())
        .addColumn('node', 'text', (c) => c.notNull())
        .addColumn('blockNumber', 'integer', (c) => c.notNull())
        .addColumn('blockHash', 'text', (c) => c.notNull())
        .addColumn('seenAt', 'integer', (c) => c.notNull())
        .addColumn('vanishedAt', 'integer')
        .addColumn('settlement', 'text')
        .execute()
      await db.schema.createIndex('observation_result').on('observation').column('resultId').execute()
      await db.schema
        .createTable('verdict')
        .addColumn('observationKey', 'text', (c) => c.primaryKey().references('observation.key'))
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('output', 'text')
        .addColumn('distance', 'real')
        .addColumn('tolerance', 'real')
        .addColumn('reason', 'text')
        .addColumn('evidence', 'text')
        .addColumn('runtimes', 'text', (c) => c.notNull())
        .addColumn('ms', 'real', (c) => c.notNull())
        .addColumn('judgedAt', 'integer', (c) => c.notNull())
        .execute()
      await db.schema
        .createTable('action')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('key', 'text', (c) => c.notNull().unique())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('observationKey', 'text', (c) => c.references('observation.key'))
        .addColumn('resultId', 'text')
        .addColumn('value', 'text', (c) => c.notNull())
        .addColumn('deadline', 'integer')
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('createdAt', 'integer', (c) => c.notNull())
        .addColumn('updatedAt', 'integer', (c) => c.notNull())
        .execute()
      await db.schema.createIndex('action_observation').on('action').column('observationKey').execute()
      await db.schema
        .createTable('attempt')
        .addColumn('hash', 'text', (c) => c.primaryKey())
        .addColumn('actionId', 'integer', (c) => c.notNull().references('action.id'))
        .addColumn('sender', 'text', (c) => c.notNull())
        .addColumn('nonce', 'integer', (c) => c.notNull())
        .addColumn('raw', 'text', (c) => c.notNull())
        .addColumn('state', 'text', (c) => c.notNull())
        .addColumn('blockNumber', 'integer')
        .addColumn('blockHash', 'text')
        .addColumn('gasPaid', 'text')
        .addColumn('createdAt', 'integer', (c) => c.notNull())
        .execute()
      await db.schema.createIndex('attempt_action').on('attempt').column('actionId').execute()
    },
  },
  '002-verdict-step-and-retry': {
    async up(db: Kysely<unknown>) {
      await db.schema.alterTable('verdict').addColumn('step', 'text').execute()
      await db.schema
        .alterTable('verdict')
        .addColumn('tries', 'integer', (c) => c.notNull().defaultTo(1))
        .execute()
      await db.schema.alterTable('verdict').addColumn('retryAt', 'integer').execute()
    },
  },
  '003-provability-and-findings': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('provability')
        .addColumn('modelHash', 'text', (c) => c.primaryKey())
        .addColumn('graphRoot', 'text', (c) => c.notNull())
        .addColumn('provable', 'integer', (c) => c.notNull())
        .addColumn('problems', 'text', (c) => c.notNull())
        .addColumn('operators', 'integer', (c) => c.notNull())
        .addColumn('largestDot', 'integer', (c) => c.notNull())
        .addColumn('checkedAt', 'integer', (c) => c.notNull())
        .execute()
      await db.schema
        .createTable('finding')
        .addColumn('observationKey', 'text', (c) => c.primaryKey().references('observation.key'))
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('claim', 'text')
        .addColumn('operator', 'text')
        .addColumn('entry', 'integer')
        .addColumn('element', 'integer')
        .addColumn('proof', 'text')
        .addColumn('salt', 'text')
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('foundAt', 'integer', (c) => c.notNull())
        .execute()
    },
  },
  '004-policy': {
    async up(db: Kysely<unknown>) {
      await db.schema
        .createTable('wouldact')
        .addColumn('key', 'text', (c) => c.primaryKey())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('observationKey', 'text', (c) => c.references('observation.key'))
        .addColumn('resultId', 'text')
        .addColumn('value', 'text', (c) => c.notNull())
        .addColumn('revert', 'text')
        .addColumn('gas', 'integer')
        .addColumn('gasPrice', 'text', (c) => c.notNull())
        .addColumn('reward', 'text', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('at', 'integer', (c) => c.notNull())
        .addColumn('outcome', 'text')
        .addColumn('earned', 'text')
        .execute()
      await db.schema.createIndex('wouldact_observation').on('wouldact').column('observationKey').execute()
      await db.schema
        .createTable('unchecked')
        .addColumn('observationKey', 'text', (c) => c.primaryKey().references('observation.key'))
        .addColumn('value', 'text', (c) => c.notNull())
        .addColumn('floor', 'integer', (c) => c.notNull())
        .addColumn('at', 'integer', (c) => c.notNull())
        .execute()
      await db.schema
        .createTable('trip')
        .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
        .addColumn('kind', 'text', (c) => c.notNull())
        .addColumn('about', 'text', (c) => c.notNull())
        .addColumn('reason', 'text', (c) => c.notNull())
        .addColumn('trippedAt', 'integer', (c) => c.notNull())
        .addColumn('resetAt', 'integer')
        .execute()
      await db.schema
        .createTable('secret')
        .addColumn('name', 'text', (c) => c.primaryKey())
        .addColumn('value', 'text', (c) => c.notNull())
        .execute()
      // The latest verdicts are looked at in every round, and there may be very many.
      await db.schema.createIndex('verdict_judged').on('verdict').column('judgedAt').execute()
      await db.schema.createIndex('attempt_created').on('attempt').column('createdAt').execute()
    },
  },
  '005-following-transactions': followingTransactions,
  '006-ledger': ledger,
  '007-canary': canary,
  '008-identity-code-hash': identityCodeHash,
  '009-opinions': opinions,
  '010-previews-and-graphs': previewsAndGraphs,
  '011-follow': follow,
  '012-attestations': attestations,
  '013-audits': audits,
}

/** The journal's migrations, in order of their names. Append; never edit one that has shipped. */
export const migrationProvider: MigrationProvider = { getMigrations: async () => migrations }

/** Their names, oldest first. */
export const migrationNames: readonly string[] = Object.keys(migrations).sort()
