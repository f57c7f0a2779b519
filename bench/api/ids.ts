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
