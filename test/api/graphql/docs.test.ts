import { readFileSync } from 'node:fs'
import { parse, print, validate } from 'graphql'
import { expect, test } from 'vitest'
import { examples } from '../../../src/api/graphql/examples.ts'
import { gainsaySchema } from '../../../src/api/graphql/schema.ts'

const schema = gainsaySchema()
const docs = readFileSync(new URL('../../../docs/query.md', import.meta.url), 'utf8')
const blocks = [...docs.matchAll(/```graphql\n([^`]*)```/g)].map(([, query = '']) => query)

test('the cookbook has every example, and only queries that the schema knows', () => {
  expect(blocks.length).toBeGreaterThan(examples().length)
  for (const block of blocks) expect(validate(schema, parse(block.replaceAll('0x…', '0x'))), block).toEqual([])
  const shown = blocks.map((block) => print(parse(block)))
  for (const { name, query } of examples()) expect(shown, name).toContain(print(parse(query)))
})
