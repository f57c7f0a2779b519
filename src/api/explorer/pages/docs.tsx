import { examples } from '../../graphql/examples.ts'
import { reliabilityOf } from '../../status/status.ts'
import { whole } from '../amounts.ts'
import { legible } from '../legible.ts'
import type { Page } from '../page.ts'
import { Scroll, Section, Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { StatusPill } from '../parts/words.tsx'

/** Characters of an answer that are shown, and of a line of it: a thousand rows are for programs. */
const SHOWN = 20_000
const MOST_OF_LINE = 400

const cookbook = examples()

/** What the words mean, what to rely on, and questions with live answers. */
export const docsPage: Page = async ({ ask, around }, url) => {
  const asked = url.searchParams.get('query')
  const recipe = cookbook.find(({ name, query }) => name === asked && isAnswered(query))
  const answer = recipe && (await ask(recipe.query))
  return (
    <Layout title="Docs" place="/docs" around={around}>
      <h1>What the words mean, and what to rely on</h1>
      <p>
        Rely on a result only when its status is <StatusPill status="finalized" />. Everything else is either open or
        wrong. Compare the sha256 of the output that you were given with the output hash: the status is about that
        output and no other.
      </p>
      <Section id="statuses" title="Statuses">
        <Table
          caption="What each status means"
          head={['status', 'can it be relied on?', 'what it means']}
          rows={(
            [
              ['requested', 'Somebody asks for a model to run on an input, for a fee. No node has answered.'],
              [
                'posted',
                'A node has posted an output under a bond. Anybody can challenge it while its window is open.',
              ],
              [
                'challenged',
                'Somebody has put up a bond against it. Its node must reveal its trace: what every operator made.',
              ],
              [
                'revealed',
                'The trace is revealed. Anybody can convict the result by a proof while the window is open.',
              ],
              ['finalized', 'It stood through its windows. Its node was paid. This never changes any more.'],
              ['rejected', 'It was convicted, not defended, kept back, or ruled against. Its requester was refunded.'],
              ['expired', 'Nobody answered the request in time.'],
              [
                'recorded',
                'Asked and answered on a network without challenges. Nothing on chain settles it: go by its replay.',
              ],
            ] as const
          ).map(([status, text]) => [
            <StatusPill status={status} />,
            <strong>{reliabilityOf(status)}</strong>,
            <span class="text">{text}</span>,
          ])}
          empty=""
        />
      </Section>
      <Section id="verdicts" title="Verdicts are opinions, settlements are facts">
        <p>
          A <em>verdict</em> is what the watcher of this index found when it replayed a result: valid, invalid with
          evidence, or undetermined with a reason. It is shown beside a result and changes nothing by itself. A{' '}
          <em>settlement</em>, finalized or rejected, is what the contract decided. Nothing is called invalid before a
          second runtime, in a fresh process, agrees.
        </p>
      </Section>
      <Section id="deviation" title="How far apart two outputs are">
        <p>
          For models registered as fp32, the deviation is the largest difference between two elements, divided by the
          largest element of the replay or by one, whichever is greater; where the last operator is a sigmoid, tanh or
          softmax, it is measured on the numbers before it. A model’s registration names how much of it is tolerated.
          For models registered as exact, every bit must be equal.
        </p>
      </Section>
      <Section
        id="cookbook"
        title="Questions to ask"
        lead="Each is a GraphQL query; the answer is that of this index, now."
      >
        {cookbook.map(({ name, question, query }) => (
          <details open={name === recipe?.name} id={`query-${name}`}>
            <summary>{question}</summary>
            <Scroll label={`Query: ${question}`}>
              <pre>{query}</pre>
            </Scroll>
            <p class="pages">
              {isAnswered(query) ? <a href={`/docs?query=${name}#query-${name}`}>answer it here</a> : null}
              <a href={`/graphql?query=${encodeURIComponent(query)}`}>open in GraphiQL</a>
            </p>
            {name === recipe?.name && answer ? (
              <>
                <Scroll label={`Answer to: ${question}`}>
                  <pre>{legibleLines(answer.slice(0, SHOWN))}</pre>
                </Scroll>
                {answer.length > SHOWN ? (
                  <p class="note">{`The first ${whole(SHOWN)} of ${whole(answer.length)} characters.`}</p>
                ) : null}
              </>
            ) : null}
          </details>
        ))}
      </Section>
      <Section id="elsewhere" title="For programs">
        <ul>
          <li>
            <a href="/graphql">/graphql</a>: everything on these pages and more, one schema.
          </li>
          <li>
            <code>/results/&lt;id&gt;/status</code>: one small, cacheable answer;{' '}
            <a href="/openapi.json">its description</a>.
          </li>
          <li>
            <code>/results/&lt;id&gt;/badge.svg</code> and <code>/results/&lt;id&gt;/card</code>: to show a status
            elsewhere.
          </li>
        </ul>
      </Section>
    </Layout>
  )
}

/** An answer quotes strangers; its own lines stay. */
function legibleLines(answer: string): string {
  return answer
    .split('\n')
    .map((line) => legible(line, MOST_OF_LINE))
    .join('\n')
}

/** Whether a query ends: a subscription goes on and on. */
function isAnswered(query: string): boolean {
  return !/^\s*subscription\b/.test(query)
}
