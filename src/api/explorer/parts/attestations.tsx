import { attestedVerdict } from '../../../../protocol/attestation.ts'
import type { ShownAttestation } from '../../attestations/read.ts'
import { Section, Table } from './blocks.tsx'
import { Hash, Said, VerdictPill, When } from './words.tsx'

/** What this watcher has signed about a result; nothing where it has not. */
export function Attestations({ of }: { of: readonly ShownAttestation[] }) {
  const [first] = of
  if (!first) return null
  return (
    <Section
      id="attestations"
      title="Attestations"
      lead={
        <>
          Nobody can challenge this result on its chain, so the watcher has signed its verdict. Anybody can check the
          signature, on any chain or on none: <a href={`/results/${first.message.resultId}/attestations`}>as JSON</a>.
        </>
      }
    >
      <Table
        caption="Signed verdicts, the latest first: of two that differ, the first counts"
        head={['verdict', 'signer', 'judged', 'with', 'anchored']}
        rows={of.map(({ message, signer, anchor }) => [
          <VerdictPill kind={attestedVerdict(message.verdict) ?? null} />,
          <Hash value={signer} />,
          <When at={message.judgedAt} />,
          <span class="text">
            <Said text={message.runtimes} most={120} />
          </span>,
          anchor ? (
            <>
              <When at={anchor.anchoredAt} /> on chain {anchor.chainId}, root <Hash value={anchor.root} />
            </>
          ) : (
            'no'
          ),
        ])}
        empty=""
      />
    </Section>
  )
}
