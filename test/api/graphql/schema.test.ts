import { readFileSync } from 'node:fs'
import {
  buildSchema,
  findBreakingChanges,
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql'
import { expect, test } from 'vitest'
import { gainsaySchema } from '../../../src/api/graphql/schema.ts'

const schema = gainsaySchema()
const printed = `${printSchema(lexicographicSortSchema(schema))}\n`

test('the schema that is checked in is the one that runs', async () => {
  // `npx vitest run test/api/graphql/schema.test.ts -u` writes it anew.
  await expect(printed).toMatchFileSnapshot('../../../schema.graphql')
})

test('nothing that was asked of the released schema is answered otherwise now', () => {
  // Replaced by schema.graphql with each release, and only then.
  const released = buildSchema(readFileSync(new URL('released.graphql', import.meta.url), 'utf8'))
  expect(findBreakingChanges(released, buildSchema(printed))).toEqual([])
})

test('every type, field, argument, input field and enum value says what it is', () => {
  const nameless = Object.values(schema.getTypeMap())
    .filter(({ name }) => !name.startsWith('__') && !['String', 'Int', 'Float', 'Boolean', 'ID'].includes(name))
    .flatMap((type) => [{ at: type.name, description: type.description }, ...parts(type)])
    .filter(({ description }) => !description?.trim())
  expect(nameless.map(({ at }) => at)).toEqual([])
})

function parts(type: GraphQLNamedType): { at: string; description?: string | null | undefined }[] {
  if (isEnumType(type))
    return type.getValues().map(({ name, description }) => ({ at: `${type.name}.${name}`, description }))
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(({ name, description }) => ({ at: `${type.name}.${name}`, description }))
  if (!isObjectType(type) && !isInterfaceType(type)) return []
  return Object.values(type.getFields()).flatMap(({ name, description, args }) => [
    { at: `${type.name}.${name}`, description },
    ...args.map((arg) => ({ at: `${type.name}.${name}(${arg.name})`, description: arg.description })),
  ])
}
