import { ask } from '../apps.ts'
import { graphql, type Question } from './questions.ts'

const NUMBERS = `requests results fees feesPaid challengeRate { value } fraudRate { value } answerLatency { meanSeconds p50 p99 }
  settlementLatency { meanSeconds p50 p99 }`

/** What is asked of a year. */
const queries = {
  'a year in all': `{ analytics { statistics { ${NUMBERS} } } }`,
  'a year by day': `{ analytics { days { day statistics { ${NUMBERS} } } } }`,
  'a year by model': `{ analytics { models { model { id } statistics { ${NUMBERS} } } } }`,
  'a year by node': `{ analytics { nodes { node { id } statistics { ${NUMBERS} } } } }`,
  'a year by payee': '{ analytics { payees(reasons: [reward], first: 100) { account { id } payouts amount } } }',
  'a year of concentration, by week': `{ analytics { work: concentration(of: work, every: 7) { hhi gini nakamoto }
    stake: concentration(of: stake, every: 7) { hhi gini nakamoto } paid: concentration(of: payouts, every: 7) { gini } } }`,
  'a year of opinions and their cost': `{ analytics { opinions { observed checkedRate { value } undeterminedRate { value } }
    verifiedCost { total } } }`,
}

/** Analytics over a year; where the schema has none, says so. */
export async function analytics(apiUrl: string, note: (text: string) => void): Promise<Question[]> {
  const { __schema } = (await ask(apiUrl, '{ __schema { queryType { fields { name } } } }')) as {
    __schema: { queryType: { fields: { name: string }[] } }
  }
  if (__schema.queryType.fields.some(({ name }) => name === 'analytics'))
    return Object.entries(queries).map(([name, query]) => ({ name, ours: () => graphql('/graphql', query) }))
  note('analytics over a year, skipped: the schema has none')
  return []
}
