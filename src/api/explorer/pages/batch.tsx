import { whole } from '../amounts.ts'
import { type AuditedBatch, loadBatch } from '../load/batches.ts'
import type { Page } from '../page.ts'
import { AuditPill } from '../parts/audit-words.tsx'
import { Facts, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { FullHash, Hash, Said, When, WhenMs } from '../parts/words.tsx'

/** One batch of settled LLM calls, with what its audit found. */
export const batchPage: Page = async (context, _url, id) => {
  const found = await loadBatch(context, id.toLowerCase())
  if (!found) return null
  const { batch, audit } = found
  const hash = (value: string | null) => (value === null ? undefined : <FullHash value={value} />)
  const isPending = !audit || audit.retryAt !== null
  return (
    <Layout
      title="Settled LLM calls"
      place="/batches"
      state={audit?.verdict ?? 'not audited'}
      around={context.around}
      live={isPending ? 10 : undefined}
    >
      <h1>{batch.kind === 'single' ? 'A settled LLM call' : `${whole(batch.size)} settled LLM calls`}</h1>
      <p class="lead">
        <AuditPill verdict={audit?.verdict ?? null} />
      </p>
      <Section id="settlement" title="On chain">
        <Facts
          of={[
            ['id', <FullHash value={batch.id} />],
            ['settled', <When at={batch.settledAt} />],
            ['block', `${whole(batch.blockNumber)} of chain ${batch.chainId}`],
            ['transaction', <FullHash value={batch.transactionHash} />],
            ['sent by', <FullHash value={batch.senderId} />],
            ['Merkle root', hash(batch.merkleRoot)],
            ['Walrus blob', batch.blobId === null ? 'none' : <Said text={batch.blobId} />],
            ['TEE', hash(batch.teeId)],
            ['account', hash(batch.accountId)],
            ['input hash', hash(batch.inputHash)],
            ['output hash', hash(batch.outputHash)],
            ['signed for', batch.signedAt === null ? undefined : <When at={batch.signedAt} />],
          ]}
        />
      </Section>
      {audit ? <AuditSection audit={audit} /> : null}
    </Layout>
  )
}

function AuditSection({ audit }: { audit: NonNullable<AuditedBatch['audit']> }) {
  const total = audit.counts.reduce((sum, { count }) => sum + count, 0)
  return (
    <Section
      id="audit"
      title="Audit"
      lead="Audited means that signatures, keys, times and root fit: not that a model gave these answers. See docs/audit.md."
    >
      <Facts
        of={[
          ['audited', audit.auditedAt === null ? undefined : <WhenMs at={audit.auditedAt} />],
          ['calls checked', whole(audit.leaves ?? 0)],
          [
            'registry of TEEs',
            audit.registryAt === 'latest'
              ? 'as it is now: no older state is to be had'
              : (audit.registryAt ?? undefined),
          ],
          ['evidence kept', audit.evidenceHash === null ? 'none' : <FullHash value={audit.evidenceHash} />],
          ['why undetermined', audit.reason === null ? undefined : <Said text={audit.reason} most={600} />],
          ['next try', audit.retryAt === null ? undefined : <WhenMs at={audit.retryAt} />],
        ]}
      />
      {total > 0 ? (
        <Table
          caption="What is wrong"
          head={['what', 'call', 'TEE', 'why']}
          rows={audit.findings.map(({ kind, leaf, teeId, detail }) => [
            kind,
            leaf === null ? 'the whole' : `#${leaf}`,
            teeId === null ? '–' : <Hash value={teeId} />,
            <Said text={detail} most={400} />,
          ])}
          empty="Nothing."
        />
      ) : null}
      {total > audit.findings.length ? (
        <p>{`These are the first ${audit.findings.length} of ${whole(total)}.`}</p>
      ) : null}
    </Section>
  )
}
