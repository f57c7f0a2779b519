import type { ActionWithAttempts } from '../load/journal.ts'
import { Table } from './blocks.tsx'
import { Ether, Hash, Said, WhenMs } from './words.tsx'

/** What a watcher wanted done on chain, and the transactions it took. */
export function Actions({ actions, withResult }: { actions: readonly ActionWithAttempts[]; withResult?: boolean }) {
  return (
    <Table
      caption="What this watcher did on chain"
      head={[
        'action',
        'state',
        ...(withResult ? ['result'] : []),
        'sent along',
        'gas',
        'transactions',
        'note',
        'begun',
      ]}
      rows={actions.map((action) => [
        action.kind,
        <span class={action.state === 'done' ? 'tone-good' : action.state === 'open' ? 'tone-open' : 'tone-quiet'}>
          {action.state}
        </span>,
        ...(withResult
          ? [action.resultId ? <Hash value={action.resultId} to={`/results/${action.resultId}`} /> : '–']
          : []),
        <Ether wei={BigInt(action.value)} />,
        <Ether wei={action.attempts.reduce((sum, { gasPaid }) => sum + BigInt(gasPaid ?? 0), 0n)} />,
        action.attempts.length === 0
          ? 'none'
          : action.attempts.slice(-3).map(({ hash, state }) => (
              <>
                <Hash value={hash} /> {state}{' '}
              </>
            )),
        <Said text={action.reason} most={100} />,
        <WhenMs at={action.createdAt} />,
      ])}
      empty="It has done nothing on chain."
    />
  )
}
