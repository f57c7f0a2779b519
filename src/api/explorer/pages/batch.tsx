import { whole } from '../amounts.ts'
import { type AuditedBatch, loadBatch } from '../load/batches.ts'
import type { Page } from '../page.ts'
import { AuditPill, auditAnswer } from '../parts/audit-words.tsx'
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
  const answer = auditAnswer(audit)
  return (
    <Layout
      title="Settled LLM calls"
      place="/batches"
      state={audit?.verdict ?? 'not audited'}
      around={context.around}
      live={isPending ? 10 : undefined}
    >
      <p class="crumb">
        <a href="/batches">LLM calls</a> / {batch.kind === 'single' ? 'one by itself' : 'batch'}
      </p>
      <h1>{batch.kind === 'single' ? 'A settled LLM call' : `${whole(batch.size)} settled LLM calls`}</h1>
      <div class={`answer ${answer.tone}`}>
        <p class="verdictline">
          <span aria-hidden="true">{answer.sign}</span> {answer.line}
        </p>
        <p class="why">{answer.why}</p>
        <p class="beside">
          <AuditPill verdict={audit?.verdict ?? null} />
          {audit ? ` ${whole(audit.leaves ?? 0)} of ${whole(batch.size)} calls checked.` : null}
        </p>
      </div>
      {audit ? <Findings audit={audit} /> : null}
      {audit ? <AuditSection audit={audit} /> : null}
      <Section id="settlement" title="On chain">
        <div class="panel">
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
        </div>
      </Section>
    </Layout>
  )
}

type Audit = NonNullable<AuditedBatch['audit']>

function Findings({ audit }: { audit: Audit }) {
  const total = audit.counts.reduce((sum, { count }) => sum + count, 0)
  if (total === 0) return null
  return (
    <Section
      id="findings"
      title="What is wrong"
      lead={
        total > audit.findings.length
          ? `The first ${whole(audit.findings.length)} of ${whole(total)}: ${audit.counts.map(({ kind, count }) => `${whole(count)} ${kind}`).join(', ')}.`
          : undefined
      }
    >
      <Table
        caption="What is wrong, and with which call"
        head={['what', 'call', 'TEE', 'why']}
        rows={audit.findings.map(({ kind, leaf, teeId, detail }) => [
          kind,
          leaf === null ? 'the whole' : `#${leaf}`,
          teeId === null ? '–' : <Hash value={teeId} />,
          <span class="text">
            <Said text={detail} most={400} />
          </span>,
        ])}
        empty="None of them was kept."
      />
    </Section>
  )
}

const REGISTRY = {
  block: "as it was at the settlement's block",
  latest: 'as it is now: no older state is to be had',
} as const

function AuditSection({ audit }: { audit: Audit }) {
  return (
    <Section id="audit" title="Audit">
      <div class="panel">
        <Facts
          of={[
            ['audited', audit.auditedAt === null ? undefined : <WhenMs at={audit.auditedAt} />],
            ['registry of TEEs', audit.registryAt === null ? 'not read' : REGISTRY[audit.registryAt]],
            ['answer', audit.outputConfirmed ? 'the published answer has the hash that was signed' : undefined],
            ['evidence kept', audit.evidenceHash === null ? 'none' : <FullHash value={audit.evidenceHash} />],
            ['next try', audit.retryAt === null ? undefined : <WhenMs at={audit.retryAt} />],
          ]}
        />
      </div>
    </Section>
  )
}
