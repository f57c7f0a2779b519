import { createHash } from 'node:crypto'
import type { Hex } from 'viem'

const md5 = (text: string) => createHash('md5').update(text).digest('hex')

/** An id of 32 bytes out of any text, in SQL. */
export const idSql = (text: string): string => `'0x' || md5(${text}) || md5('and ' || ${text})`
/** An address of 20 bytes out of any text, in SQL. */
export const addressSql = (text: string): string => `'0x' || md5(${text}) || left(md5('and ' || ${text}), 8)`
/** The same id here. */
export const idOf = (text: string): Hex => `0x${md5(text)}${md5(`and ${text}`)}`
/** The same address here. */
export const addressOf = (text: string): Hex => `0x${md5(text)}${md5(`and ${text}`).slice(0, 8)}`

/** A number from 0 to below n for the g-th result, in SQL: the same in every run, and another with another salt. */
export const drawSql = (n: number, salt: number): string =>
  `((g::bigint * 2654435761 + ${salt * 40503}) % 1000003 % ${n})`
/** The same number here. */
export const draw = (g: number, n: number, salt: number): number => ((g * 2654435761 + salt * 40503) % 1000003) % n

/** Of the results of the past, how many are settled: the oldest. */
export const settledOf = (results: number): number => Math.ceil(results * 0.99)
/** Of a settled result: whether it was rejected, in both tongues. */
export const isRejected = (g: number): boolean => draw(g, 100, 6) < 3
export const isRejectedSql = `${drawSql(100, 6)} < 3`

/** How many of each there are beside the results. */
export const COUNTS = { models: 12, nodes: 60, requesters: 2000, watchers: 20 } as const
const YEAR = 365 * 86_400

/** One of n, the first ones far more often: few use much. */
export const skewedSql = (n: number, salt: number): string =>
  `floor(${n} * power(${drawSql(10_000, salt)} / 10000.0, 2))`
const skewed = (g: number, n: number, salt: number) => Math.floor(n * (draw(g, 10_000, salt) / 10_000) ** 2)
/** Who made what, in SQL and here. */
export const modelSql = idSql(`'model ' || ${skewedSql(COUNTS.models, 1)}`)
export const modelOf = (g: number): Hex => idOf(`model ${skewed(g, COUNTS.models, 1)}`)
export const nodeSql = addressSql(`'node ' || ${skewedSql(COUNTS.nodes, 2)}`)
export const nodeOf = (g: number): Hex => addressOf(`node ${skewed(g, COUNTS.nodes, 2)}`)

/** Second at which the g-th result was posted: evenly over a year that ends now. */
export const postedAtSql = (results: number, tip: bigint): string =>
  `(${tip}::bigint - (${results} - g)::bigint * ${YEAR} / ${results})::numeric`
export const postedAt = (g: number, results: number, tip: bigint): number =>
  Number(tip) - Math.floor(((results - g) * YEAR) / results)
