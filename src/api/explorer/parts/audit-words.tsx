import { legible } from '../legible.ts'
import type { AuditedBatch } from '../load/batches.ts'
import type { Answer } from '../sentences.ts'

type Audit = NonNullable<AuditedBatch['audit']>
type Verdict = Audit['verdict']

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

/** What a batch's page says first: what its audit showed, and what that is worth. */
export function auditAnswer(audit: Audit | null): Answer {
  switch (audit?.verdict) {
    case 'audited':
      return {
        // Not the green of what a chain has settled: it is the word of this watcher.
        ...{ tone: 'open', sign: '✓', line: 'Signatures, keys, times and root are as they must be' },
        why: 'Registered TEEs signed these calls as they are settled. That a language model gave the answers, it does not say.',
      }
    case 'mismatch':
      return {
        ...{ tone: 'bad', sign: '✕', line: 'Do not rely on it as a whole' },
        why: 'Something is not as it must be. Each finding below is proof by itself.',
      }
    case 'undetermined':
      return {
        ...{ tone: 'warn', sign: '?', line: 'Nobody here can tell whether it is right' },
        why: `The audit came to no end: ${legible(audit.reason ?? 'no reason is recorded', 400)}.`,
      }
    default:
      return {
        ...{ tone: 'open', sign: '▪', line: 'Settled, and not audited yet' },
        why: 'The chain has checked nothing of it, and no watcher of this index has looked at it.',
      }
  }
}
