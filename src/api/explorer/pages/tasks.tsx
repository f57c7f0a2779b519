import { whole } from '../amounts.ts'
import { listTasks } from '../load/tasks.ts'
import type { Page } from '../page.ts'
import { Table } from '../parts/blocks.tsx'
import { Layout } from '../parts/layout.tsx'
import { More } from '../parts/more.tsx'
import { frequencyText, TaskPill, taskState } from '../parts/tasks.tsx'
import { Hash, When } from '../parts/words.tsx'

/** All tasks, the latest registered first. */
export const tasksPage: Page = async (context, url) => {
  const after = url.searchParams.get('after') ?? undefined
  const { items, next } = await listTasks(context, after)
  const { timestamp } = context.around
  return (
    <Layout title="Tasks" place="/tasks" around={context.around} live={after ? undefined : 10}>
      <h1>Tasks</h1>
      <p class="lead">
        On OpenGradient, a scheduler runs workflows again and again: contracts that ask models for something. Each run
        is a result like any other, and is replayed like any other.
      </p>
      <Table
        caption="Tasks, the latest registered first"
        head={['task', 'state', 'how often', 'runs', 'latest run', 'until', 'workflow']}
        rows={items.map(({ task, latest }) => [
          <Hash value={task.id} to={`/tasks/${task.id}`} />,
          <TaskPill state={taskState(task, timestamp)} />,
          frequencyText(task.frequency),
          whole(task.runCount),
          latest ? <When at={latest.saidAt} /> : <span class="none">none yet</span>,
          <When at={task.endTime} />,
          <Hash value={task.contract} />,
        ])}
        empty="No tasks are known. They are followed where OPENGRADIENT_RPC_URL is set."
      />
      <More path="/tasks" next={next} isFirst={!after} />
    </Layout>
  )
}
