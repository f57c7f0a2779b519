import type { Kysely, Migration } from 'kysely'

/** Signed verdicts, and the batches that they are anchored in. They do not refer to observations, which are pruned. */
export const attestations: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .createTable('anchoring')
      .addColumn('root', 'text', (c) => c.primaryKey())
      .addColumn('count', 'integer', (c) => c.notNull())
      .addColumn('chainId', 'integer', (c) => c.notNull())
      .addColumn('contract', 'text', (c) => c.notNull())
      .addColumn('sender', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull())
      .addColumn('transactionHash', 'text')
      .addColumn('blockNumber', 'integer')
      .addColumn('anchoredAt', 'integer')
      .addColumn('createdAt', 'integer', (c) => c.notNull())
      .execute()
    await db.schema
      .createTable('attestation')
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement())
      .addColumn('observationKey', 'text', (c) => c.notNull())
      .addColumn('verdict', 'text', (c) => c.notNull())
      .addColumn('resultId', 'text', (c) => c.notNull())
      .addColumn('network', 'text', (c) => c.notNull())
      .addColumn('chainId', 'integer', (c) => c.notNull())
      .addColumn('blockNumber', 'integer', (c) => c.notNull())
      .addColumn('blockHash', 'text', (c) => c.notNull())
      .addColumn('message', 'text', (c) => c.notNull())
      .addColumn('digest', 'text', (c) => c.notNull())
      .addColumn('signer', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull().defaultTo('intended'))
      .addColumn('signature', 'text')
      .addColumn('reason', 'text')
      .addColumn('judgedAt', 'integer', (c) => c.notNull())
      .addColumn('createdAt', 'integer', (c) => c.notNull())
      .addColumn('signedAt', 'integer')
      .addColumn('root', 'text', (c) => c.references('anchoring.root'))
      .addUniqueConstraint('attestation_once', ['observationKey', 'verdict'])
      .execute()
    await db.schema
      .createTable('attestable')
      .addColumn('observationKey', 'text', (c) => c.primaryKey().references('observation.key'))
      .addColumn('subject', 'text', (c) => c.notNull())
      .execute()
    const index = (name: string, columns: string[]) =>
      db.schema.createIndex(`attestation_${name}`).on('attestation').columns(columns).execute()
    await index('result', ['resultId'])
    await index('due', ['state', 'network', 'blockNumber'])
    await index('signed', ['signedAt', 'id'])
    await index('root', ['root'])
  },
}
