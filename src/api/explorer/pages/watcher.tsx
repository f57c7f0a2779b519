import { entryKinds } from '../../../../journal/ledger/kinds.ts'
import { whole } from '../amounts.ts'
import { legible } from '../legible.ts'
import { LATEST_ACTIONS, type LedgerView, loadWatcher, watcherTotals } from '../load/watcher.ts'
import type { Page } from '../page.ts'
import { Actions } from '../parts/actions.tsx'
import { Facts, Figure, Figures, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { Ether, Hash, WhenMs } from '../parts/words.tsx'

const MEANS = {
  bonded: 'bonds of challenges, out of the wallet',
  fee: 'what demands cost',
  gas: 'gas, also of what reverted',
  won: 'rewards for rejected results',
  returned: 'bonds and fees that came back',
  lost: 'bonds and fees that went to nodes',
  owed: 'credited for anything else',
  withdrawn: 'credit taken out',
  forwarded: 'of that, what went to another address',
} as const

/** What the watcher beside this index believed, did, earned and spent. */
export const watcherPage: Page = async ({ journal, around }) => {
  const [totals, known] = await Promise.all([watcherTotals(journal), loadWatcher(journal)])
  return (
    <Layout title="Watcher" place="/watcher" around={around} live={5}>
      <h1>This watcher</h1>
      <p class="lead">
        What the watcher beside this index replayed, believed and did. Verdicts are its opinion; what the contract
        settled is on the results’ own pages.
      </p>
      {totals && known ? (
        <>
          <Figures>
            <Figure
              name="Results seen"
              value={whole(totals.observed)}
              note={`${whole(totals.unchecked)} left unchecked`}
            />
            <Figure name="Valid" value={<a href="/results?verdict=valid">{whole(totals.valid)}</a>} />
            <Figure
              name="Invalid"
              value={<a href="/results?verdict=invalid">{whole(totals.invalid)}</a>}
              note={`${whole(totals.challenges)} challenged`}
            />
            <Figure
              name="Undetermined"
              value={<a href="/results?verdict=undetermined">{whole(totals.undetermined)}</a>}
              note="never challenged"
            />
            <Figure name="Actions open" value={whole(totals.openActions)} />
            <Figure name="Gas paid" value={<Ether wei={totals.gasPaid} />} />
          </Figures>
          {known.trips.map(({ kind, reason, trippedAt }) => (
            <div class="answer warn">
              <p class="why">
                {`It has stopped sending (${kind}): ${legible(reason, 300)} Since `}
                <WhenMs at={trippedAt} />.
              </p>
            </div>
          ))}
          {known.books.map((book) => (
            <Book book={book} />
          ))}
          <Section
            id="actions"
            title="What it did on chain"
            lead={known.actions.length === LATEST_ACTIONS ? `The latest ${LATEST_ACTIONS}.` : undefined}
          >
            <Actions actions={known.actions} withResult />
          </Section>
        </>
      ) : (
        <p class="none">No watcher has run beside this index: there is no journal in its data folder.</p>
      )}
    </Layout>
  )
}

function Book({ book: { ledger, wei, count, moved } }: { book: LedgerView }) {
  // Empty until the ledger has been held against the chain for the first time.
  const differences = ledger.differences === '' ? undefined : (JSON.parse(ledger.differences) as unknown[])
  const earned = wei.won + wei.owed - wei.gas - wei.lost
  return (
    <Section id={`ledger-${ledger.account}`} title="Every wei">
      <div class="columns">
        <div class="panel">
          <Facts
            of={[
              ['account', <Hash value={ledger.account} to={`/accounts/${ledger.account}`} />],
              [
                'earned',
                <span class={earned < 0n ? 'tone-bad' : 'tone-good'}>
                  <Ether wei={earned} />
                </span>,
              ],
              [
                'in the wallet',
                <Ether wei={BigInt(ledger.startBalance) + moved.wallet + BigInt(ledger.unexplained)} />,
              ],
              ['at stake', <Ether wei={moved.stake} />],
              ['owed to it', <Ether wei={BigInt(ledger.startCredit) + moved.credit} />],
              ['since block', whole(ledger.startBlock)],
              [
                'checked',
                <>
                  to block {whole(ledger.checkedBlock)}, <WhenMs at={ledger.checkedAt} />
                </>,
              ],
              [
                'ledger and chain',
                differences === undefined ? (
                  'not compared yet'
                ) : differences.length === 0 ? (
                  <span class="tone-good">equal to the wei</span>
                ) : (
                  <span class="tone-bad">{`${differences.length} differences; see gainsay status`}</span>
                ),
              ],
            ]}
          />
        </div>
        <Table
          caption={`Movements of ${ledger.account} by kind`}
          head={['movement', 'amount', 'times', 'what']}
          rows={entryKinds
            .filter((kind) => count[kind] > 0)
            .map((kind) => [kind, <Ether wei={wei[kind]} />, whole(count[kind]), MEANS[kind]])}
          empty="Nothing has moved yet."
        />
      </div>
    </Section>
  )
}
