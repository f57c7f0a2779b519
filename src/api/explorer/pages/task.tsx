import { whole } from '../amounts.ts'
import { loadTask, type Run, runsOf } from '../load/tasks.ts'
import type { Page } from '../page.ts'
import { Facts, Section, Table } from '../parts/blocks.tsx'
import { Agreement } from '../parts/echoes.tsx'
import { Layout } from '../parts/layout.tsx'
import { More } from '../parts/more.tsx'
import { frequencyText, TaskPill, type TaskState, taskState } from '../parts/tasks.tsx'
import { FullHash, Hash, shortHash, VerdictPill, When } from '../parts/words.tsx'

const SAYS: Readonly<Record<TaskState, string>> = {
  running: 'Its scheduler is to run it again.',
  stopped: 'Its owner has stopped it.',
  over: 'Its time is over.',
}

/** One task: what was scheduled by whom, and what each run gave. */
export const taskPage: Page = async (context, url, id) => {
  const found = await loadTask(context, id.toLowerCase())
  if (!found) return null
  const { task, latest } = found
  const after = url.searchParams.get('after') ?? undefined
  const runs = await runsOf(context, task.id, after)
  const state = taskState(task, context.around.timestamp)
  return (
    <Layout
      title={`Task ${shortHash(task.id)}: ${state}`}
      place="/tasks"
      state={`task ${state}, ${task.runCount} runs`}
      around={context.around}
      live={after ? undefined : 5}
    >
      <p class="crumb">
        <a href="/tasks">Tasks</a> / task
      </p>
      <h1>
        Task <FullHash value={task.id} />
      </h1>
      <p class="lead">
        <TaskPill state={state} /> {SAYS[state]}
      </p>
      <div class="panel">
        <Facts
          of={[
            ['workflow', <FullHash value={task.contract} />],
            ['owner', <Hash value={task.ownerId} to={`/accounts/${task.ownerId}`} />],
            ['how often', frequencyText(task.frequency)],
            ['until', <When at={task.endTime} />],
            ['stopped', task.stoppedAt === null ? undefined : <When at={task.stoppedAt} />],
            ['runs', whole(task.runCount)],
            ['latest run', latest ? <When at={latest.saidAt} /> : undefined],
            ['registered', <When at={task.registeredAt} />],
            ['changed', task.updatedAt === null ? undefined : <When at={task.updatedAt} />],
            ['network', `${task.network}, chain ${task.chainId}`],
            ['block', whole(task.blockNumber)],
            ['transaction', <FullHash value={task.transactionHash} />],
          ]}
        />
      </div>
      <Section
        id="runs"
        title="Its runs"
        lead="What the workflow says of each run, and the inference of the same transaction with what its replay gave."
      >
        <Table
          caption="Runs of this task, newest first"
          head={['ran', 'result', 'our verdict', 'workflow says', 'run by', 'transaction']}
          rows={runs.items.map(runCells)}
          empty="It has not run."
        />
        <More path={`/tasks/${task.id}`} next={runs.next} isFirst={!after} />
      </Section>
    </Layout>
  )
}

function runCells({ echo, result }: Run) {
  return [
    <When at={echo.saidAt} />,
    result ? <Hash value={result.row.id} to={`/results/${result.row.id}`} /> : <span class="none">no inference</span>,
    result ? <VerdictPill kind={result.verdict} /> : '–',
    <Agreement echo={echo} />,
    echo.callerId ? <Hash value={echo.callerId} /> : '–',
    <Hash value={echo.transactionHash} />,
  ]
}
