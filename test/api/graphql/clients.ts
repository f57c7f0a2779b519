import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codegen } from '@graphql-codegen/core'
import * as typescript from '@graphql-codegen/typescript'
import * as typescriptOperations from '@graphql-codegen/typescript-operations'
import { Client, fetchExchange } from '@urql/core'
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, parse, printSchema } from 'graphql'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { examples } from '../../../src/api/graphql/examples.ts'
import type { ApiStage } from './api-stage.ts'

/** What holds of ready-made GraphQL clients, none of which knows anything of this API. */
export function testClients(at: () => ApiStage): void {
  test('a standard client asks, with variables and pages', async () => {
    const { index, played } = at()
    const client = new Client({ url: `${index.apiUrl}/graphql`, exchanges: [fetchExchange], preferGetMethod: false })
    const query =
      'query ($id: Hex!, $n: Int) { result(id: $id) { id status } results(first: $n) { items { id } endCursor } }'
    const { data, error } = await client.query(query, { id: played.results.finalized, n: 2 }).toPromise()
    expect(error).toBeUndefined()
    expect(data).toMatchObject({ result: { id: played.results.finalized, status: 'finalized' } })
    expect(data.results.items).toHaveLength(2)
    const wrong = await client.query('{ results(first: 0) { items { id } } }', {}).toPromise()
    expect(wrong.error?.graphQLErrors[0]?.message).toMatch(/first must be between 1 and 1000/)
  })

  test('types generated from the endpoint for every example compile', async () => {
    const introspection = await at().index.ask<IntrospectionQuery>(getIntrospectionQuery())
    const documents = examples().map(({ name, query }) => ({ location: name, document: parse(named(query, name)) }))
    // viem's type of it.
    const hex = ['`0x$', '{string}`'].join('')
    const config = { scalars: { Hex: { input: hex, output: hex }, BigInt: 'string' } }
    const schema = parse(printSchema(buildClientSchema(introspection)))
    const folder = mkdtempSync(join(tmpdir(), 'gainsay-codegen-'))
    const generate = async (name: string, plugin: typeof typescript | typeof typescriptOperations, more = '') => {
      const filename = join(folder, `${name}.ts`)
      const plugins = { plugins: [{ plugin: {} }], pluginMap: { plugin } }
      writeFileSync(filename, (await codegen({ filename, schema, documents, config, ...plugins })) + more)
      return filename
    }
    const used = `
      export const id = (answer: LatestQuery): \`0x\${string}\` | undefined => answer.results.items[0]?.id
      // @ts-expect-error: a status is no number
      export const wrong = (answer: LatestQuery): number | undefined => answer.results.items[0]?.status
    `
    const files = [await generate('schema', typescript), await generate('operations', typescriptOperations, used)]
    const program = ts.createProgram(files, { strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, types: [] })
    const problems = ts.getPreEmitDiagnostics(program)
    expect(problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
  })
}

/** Operations must have names to be generated for. */
function named(query: string, name: string): string {
  const words = name.split('-').map((word) => word[0]?.toUpperCase() + word.slice(1))
  return query.startsWith('{') ? `query ${words.join('')} ${query}` : query
}
