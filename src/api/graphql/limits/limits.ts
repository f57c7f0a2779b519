import { defaultFieldResolver, type ExecutionArgs, type ExecutionResult, GraphQLError, getOperationAST } from 'graphql'
import type { Plugin } from 'graphql-yoga'
import type { ApiConfig } from '../../../../config/api.ts'
import { costOf } from './cost.ts'
import { jsonSize } from './size.ts'

/** An error that names a limit, with a code for machines. */
export function tooMuch(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } })
}

/** Bounds what a query may cost, how long it may take, and how large its answer may be. */
export function queryBudget({ maxCost, timeoutMs, maxAnswerBytes }: ApiConfig): Plugin {
  const check = ({ schema, document, operationName, variableValues }: ExecutionArgs): GraphQLError | undefined => {
    const operation = getOperationAST(document, operationName)
    const cost = operation ? Math.ceil(costOf(schema, document, operation, variableValues ?? {})) : 0
    if (cost <= maxCost) return undefined
    return tooMuch(
      'TOO_EXPENSIVE',
      `the query may cost ${cost}, and the limit is ${maxCost}: ask for smaller pages (first), nest fewer lists, or ask in several queries`,
    )
  }
  return {
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      const error = check(args as unknown as ExecutionArgs)
      if (error) return setResultAndStopExecution({ errors: [error] })
      setExecuteFn((given) => within(timeoutMs, executeFn, given as unknown as ExecutionArgs))
      return {
        onExecuteDone({ result, setResult }) {
          if (jsonSize(result, maxAnswerBytes) <= maxAnswerBytes) return
          const message = `the answer is larger than ${maxAnswerBytes} bytes: ask for smaller pages (first), or fewer fields`
          setResult({ errors: [tooMuch('TOO_LARGE', message)] })
        },
      }
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const error = check(args as unknown as ExecutionArgs)
      if (error) setResultAndStopExecution({ errors: [error] })
    },
  }
}

/**
 * Answers a query within a time, or with an error. A timer alone does not bound it: what a query has at hand it answers without
 * a break, and no timer goes off meanwhile, however long that is. So every plain field looks at the clock, and fails once it
 * is late. The executor's own signal is no way to say so: it leaves promises behind that nobody handles, and Ponder ends
 * with the first of those.
 */
async function within(ms: number, execute: (args: never) => unknown, given: ExecutionArgs): Promise<ExecutionResult> {
  const deadline = performance.now() + ms
  const message = `the query took longer than ${ms} ms: ask for smaller pages (first), or narrow it (where)`
  // With a path it is passed on as it is; else each of very many fields would make an error of its own.
  const late = new GraphQLError(message, { extensions: { code: 'TOO_SLOW' }, path: [] })
  const answer = { errors: [tooMuch('TOO_SLOW', message)] }
  const resolve = given.fieldResolver ?? defaultFieldResolver
  const fieldResolver: typeof resolve = (...args) => {
    if (performance.now() > deadline) throw late
    return resolve(...args)
  }
  let timer: NodeJS.Timeout | undefined
  const waited = new Promise<ExecutionResult>((done) => {
    timer = setTimeout(() => done(answer), ms)
  })
  try {
    const result = await Promise.race([execute({ ...given, fieldResolver } as never) as ExecutionResult, waited])
    return performance.now() > deadline ? answer : result
  } finally {
    clearTimeout(timer)
  }
}
