import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { addressOf, idOf, isRejected } from './ids.ts'
import { graphql, type Question } from './questions.ts'

const docs = new URL('../../docs/query.md', import.meta.url)
const examples = new URL('../../src/api/graphql/examples/', import.meta.url)

/** Every query of the cookbook in docs/query.md, and every example of GraphiQL, about things that there are. */
export function cookbook(results: number): Question[] {
  const blocks = [...readFileSync(docs, 'utf8').matchAll(/```graphql\n([\s\S]*?)```/g)].map(
    ([, query]) => query as string,
  )
  const files = existsSync(examples)
    ? readdirSync(examples)
        .filter((name) => name.endsWith('.graphql'))
        .sort()
    : []
  const all = [
    ...blocks.map((query, i) => asked(`query.md ${i + 1}`, query, results)),
    ...files.map((name) => asked(name, readFileSync(new URL(name, examples), 'utf8'), results)),
  ]
  // What goes on and on has no time that it takes.
  return all.filter(({ name }) => !name.includes('subscription'))
}

function asked(name: string, query: string, results: number): Question {
  // One whose life was long: with a challenge, a conviction or ruling, and payouts.
  let rejected = Math.floor(results / 2)
  while (!isRejected(rejected)) rejected++
  const ids: Record<string, string> = {
    result: idOf(`result ${rejected}`),
    request: idOf(`request ${rejected}`),
    model: idOf('model 0'),
    node: addressOf('node 0'),
    account: addressOf('requester 0'),
  }
  const about = (field: string) => ids[field] ?? ids.result
  const filled = query.replace(
    /(\w+)\((\w+): "0x…"/g,
    (_, field, argument) => `${field}(${argument}: "${about(field)}"`,
  )
  const variables = Object.fromEntries(
    [...filled.matchAll(/\$(\w+): (?:Hex|ID)!?/g)].map(([, variable]) => [
      variable,
      about((variable as string).replace(/Id$/, '')),
    ]),
  )
  const root = /(subscription)|\{\s*(\w+)/
    .exec(filled.replace(/#.*|\([^()]*\)/g, ''))
    ?.slice(1)
    .find(Boolean)
  return { name: `${name} (${root})`, ours: () => graphql('/graphql', filled, variables) }
}
