import schema from 'ponder:schema'
import { eq } from 'drizzle-orm'
import type { EchoRow, TaskRow } from '../../loaders.ts'
import type { Page } from '../../page.ts'
import type { PageContext } from '../context.ts'
import { type Listed, listed } from './listed.ts'
import { type ListedResult, withVerdicts } from './results.ts'

const { echo, task } = schema

const LATEST_FIRST = { time: echo.saidAt, id: echo.id }

/** A task with its latest run; null where it has not run. */
export interface ListedTask {
  readonly task: TaskRow
  readonly latest: EchoRow | null
}

/** What a workflow said of one run, and the inference that it said it of; null where its transaction has none. */
export interface Run {
  readonly echo: EchoRow
  readonly result: ListedResult | null
}

/** Tasks, the latest registered first. @param after where the page before said that it goes on */
export async function listTasks(context: PageContext, after: string | undefined): Promise<Listed<ListedTask>> {
  const { items, next } = await listed<TaskRow>(task, { time: task.registeredAt, id: task.id }, { after })
  return { items: await Promise.all(items.map((one) => withLatest(context, one))), next }
}

/** One task; null when there is none with this id. */
export async function loadTask(context: PageContext, id: string): Promise<ListedTask | null> {
  if (!/^0x[0-9a-f]{64}$/.test(id)) return null
  const found = await context.loaders.task.load(id)
  return found && withLatest(context, found)
}

/** Runs of a task, newest first. @param after where the page before said that it goes on */
export async function runsOf(
  context: PageContext,
  taskId: `0x${string}`,
  after: string | undefined,
): Promise<Listed<Run>> {
  const { items, next } = await listed<EchoRow>(echo, LATEST_FIRST, { after, where: eq(echo.taskId, taskId) })
  const runs = items.map(async (one) => ({ echo: one, result: await inferenceOf(context, one) }))
  return { items: await Promise.all(runs), next }
}

/** What was said of a result by those who asked for it, the latest first, at most so much. */
export async function echoesOf(resultId: `0x${string}`, size: number): Promise<Listed<EchoRow>> {
  return listed<EchoRow>(echo, LATEST_FIRST, { where: eq(echo.resultId, resultId), size })
}

async function withLatest({ loaders }: PageContext, one: TaskRow): Promise<ListedTask> {
  const list = { table: echo, order: LATEST_FIRST, parent: echo.taskId }
  const { items } = (await loaders.childPage.load({ list, id: one.id, args: { first: 1 } })) as Page<EchoRow>
  return { task: one, latest: items[0] ?? null }
}

async function inferenceOf(context: PageContext, { resultId }: EchoRow): Promise<ListedResult | null> {
  const row = resultId && (await context.loaders.result.load(resultId))
  const [found] = row ? await withVerdicts(context, [row]) : []
  return found ?? null
}
