import type { AuditedBatch } from '../load/batches.ts'

type Verdict = NonNullable<AuditedBatch['audit']>['verdict']

const VERDICTS: Readonly<Record<Verdict, readonly [tone: string, sign: string]>> = {
  audited: ['good', '✓'],
  mismatch: ['bad', '✕'],
  undetermined: ['warn', '?'],
}

/** What an audit showed; null where none was made. */
export function AuditPill({ verdict }: { verdict: Verdict | null }) {
  if (!verdict) return <span class="none">not audited</span>
  const [tone, sign] = VERDICTS[verdict]
  return (
    <span class={`pill plain ${tone}`}>
      <span aria-hidden="true">{sign}</span> {verdict}
    </span>
  )
}
