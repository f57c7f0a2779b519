import type { Child } from 'hono/jsx'
import { abilities } from '../../../../networks/abilities.ts'
import { isSettled, type Status } from '../../../../protocol/status.ts'
import { measured, moment, whole } from '../amounts.ts'
import type { PageContext } from '../context.ts'
import { loadMatter, type ResultMatter } from '../load/result.ts'
import type { Page } from '../page.ts'
import { Actions } from '../parts/actions.tsx'
import { Attestations } from '../parts/attestations.tsx'
import { Facts, Section, Table } from '../parts/blocks.tsx'
import { Comparison } from '../parts/comparison.tsx'
import { Challenge, Demands, Place } from '../parts/dispute.tsx'
import { Echoes } from '../parts/echoes.tsx'
import { Layout } from '../parts/layout.tsx'
import { ModelFile } from '../parts/model-file.tsx'
import { PayloadView } from '../parts/tensors.tsx'
import { Transactions } from '../parts/transactions.tsx'
import { Way } from '../parts/way.tsx'
import { Ether, FullHash, Hash, NodeName, Said, shortHash, Uri, VerdictPill, When } from '../parts/words.tsx'
import { answerOf, modeText, REASONS, verdictSentence } from '../sentences.ts'

/** One result: first whether it can be relied on and why, then how it came about. */
export const resultPage: Page = async (context, _url, id) => {
  const canonical = id.toLowerCase()
  const result = /^0x[0-9a-f]{64}$/.test(canonical) ? await context.loaders.result.load(canonical) : null
  const request = result ? await context.loaders.request.load(result.requestId) : null
  if (!request) return null
  return <Matter context={context} matter={await loadMatter(context, request)} />
}

/** What both pages show that are about a request: its own, and its result's. */
export function Matter({ context, matter }: { context: PageContext; matter: ResultMatter }) {
  const { request, result, challenge, verdict } = matter
  const status = request.status as Status
  const windowEnd = result?.windowEnd ?? request.deadline
  const { challenges } = abilities[request.network]
  const answer = answerOf(status, challenge?.cause ?? null, moment(windowEnd), {
    isChallenged: challenge !== null,
    verdict: verdict?.kind ?? null,
  })
  const what = result ? 'Result' : 'Request'
  const id = result?.id ?? request.id
  return (
    <Layout
      title={`${what} ${shortHash(id)}: ${status}`}
      place="/results"
      state={`${what.toLowerCase()} ${status}. ${answer.line}`}
      live={isSettled(status) && (verdict !== null || !result) ? undefined : 3}
      around={context.around}
    >
      <p class="crumb">
        <a href="/results">Results</a> / {what.toLowerCase()}
      </p>
      <h1>
        {what} <FullHash value={id} />
      </h1>
      <div class={`answer ${answer.tone}`}>
        <p class="verdictline">
          <span aria-hidden="true">{answer.sign}</span> {answer.line}
        </p>
        <p class="why">
          {answer.why}
          {matter.conviction && matter.finding?.kind === 'provable' ? (
            <>
              {' It is about '}
              <Said text={matter.finding.reason} most={120} />.
            </>
          ) : null}
        </p>
        {result ? (
          <p class="beside">
            <VerdictPill kind={verdict?.kind ?? null} /> {verdictSentence(verdict)}
          </p>
        ) : null}
        {matter.echoes.items.some(({ agrees }) => agrees === false) ? (
          <p class="beside">
            <span class="tone-bad">
              <span aria-hidden="true">✕</span> A contract that asked for it says that it was given another output:
            </span>{' '}
            <a href="#echoes">who repeated it</a>
          </p>
        ) : null}
      </div>
      {challenges ? (
        <section aria-label="From request to settlement">
          <Way timeline={matter.timeline} now={status} windowEnd={windowEnd} />
        </section>
      ) : null}
      {result ? (
        <Section id="compared" title="Posted against replayed">
          <div class="panel">
            <Comparison verdict={verdict} previews={matter.previews} />
          </div>
        </Section>
      ) : null}
      <Attestations of={matter.attestations} />
      <Echoes of={matter.echoes} />
      {matter.finding ? (
        <Section id="where" title="Where it is wrong">
          <Place
            finding={matter.finding}
            operators={matter.operators}
            conviction={matter.conviction}
            model={matter.model}
          />
        </Section>
      ) : null}
      <div class="columns">
        <Section id="facts" title="What it is">
          <div class="panel">
            <Facts of={factsOf(matter)} />
          </div>
        </Section>
        {challenges ? (
          <Section id="paid" title="Who was paid">
            <Table
              caption="Who was paid what for which reason"
              head={['account', 'amount', 'for']}
              rows={matter.payouts.map((one) => [
                <Hash value={one.accountId} to={`/accounts/${one.accountId}`} />,
                <Ether wei={one.amount} />,
                <span class="text">{REASONS[one.reason]}</span>,
              ])}
              empty={isSettled(status) ? 'Nobody was paid.' : 'Nobody yet: it is not settled.'}
            />
          </Section>
        ) : null}
      </div>
      {result && challenge ? (
        <Section id="challenge" title="The challenge">
          <Challenge challenge={challenge} conviction={matter.conviction} />
        </Section>
      ) : null}
      {matter.demands.length + matter.appeals.length > 0 ? (
        <Section id="demands" title="Demands and appeals">
          <Demands demands={matter.demands} appeals={matter.appeals} />
        </Section>
      ) : null}
      <div class="columns">
        <Section id="input" title="Input">
          <div class="panel">
            <PayloadView payload={matter.input} />
          </div>
        </Section>
        {matter.output ? (
          <Section id="output" title="Posted output">
            <div class="panel">
              <PayloadView payload={matter.output} />
            </div>
          </Section>
        ) : null}
      </div>
      <Section id="transactions" title="Transactions">
        <Transactions matter={matter} />
      </Section>
      {result && challenges ? (
        <Section id="actions" title="What this watcher did">
          <Actions actions={matter.actions} />
        </Section>
      ) : null}
    </Layout>
  )
}

function factsOf({ request, result, model, echoes }: ResultMatter): (readonly [string, Child | undefined])[] {
  const money = abilities[request.network].challenges
  const taskId = echoes.items.find((one) => one.taskId)?.taskId
  const uri = (text: string | undefined) => (text ? <Uri uri={text} most={160} /> : undefined)
  return [
    ['network', request.network],
    ['chain', result ? String(result.chainId) : undefined],
    ['called there', result?.externalId ? <Said text={result.externalId} most={120} /> : undefined],
    ['mode', result?.mode ? modeText(result.mode) : undefined],
    ['model', <Hash value={request.modelId} to={`/models/${request.modelId}`} />],
    ['its file', model && !money ? <ModelFile uri={model.uri} /> : undefined],
    ['run of task', taskId ? <Hash value={taskId} to={`/tasks/${taskId}`} /> : undefined],
    [
      'compared',
      model
        ? money
          ? `${model.precision}, convicted by rule ${model.rule}`
          : `${model.precision}, within ${measured(Number(model.tolerance) / 1e18)} (terms of this index: its network has none)`
        : undefined,
    ],
    ['node', result ? <NodeName id={result.nodeId} /> : undefined],
    ['requester', <Hash value={request.requesterId} to={`/accounts/${request.requesterId}`} />],
    ['request', money ? <Hash value={request.id} to={result ? undefined : `/requests/${request.id}`} /> : undefined],
    ['fee', money ? <Ether wei={request.fee} /> : undefined],
    ['bond', money && result ? <Ether wei={result.bond} /> : undefined],
    ['input hash', <FullHash value={request.inputHash} />],
    ['input at', uri(request.inputUri)],
    ['output hash', result ? <FullHash value={result.outputHash} /> : undefined],
    ['output at', uri(result?.outputUri)],
    ['recorded', money || !result ? undefined : <When at={result.postedAt} />],
    [money ? 'posted in block' : 'in block', result ? whole(result.blockNumber) : undefined],
    ['settled', result?.settledAt ? <When at={result.settledAt} /> : undefined],
    [
      'elsewhere',
      result ? (
        <>
          <a href={`/results/${result.id}/status`}>status as JSON</a>, <a href={`/results/${result.id}/card`}>card</a>,{' '}
          <a href={`/results/${result.id}/badge.svg`}>badge</a>
        </>
      ) : undefined,
    ],
  ]
}
