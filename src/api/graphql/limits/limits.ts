import { type ExecutionArgs, GraphQLError, getOperationAST } from 'graphql'
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
      setExecuteFn((given) => {
        const late = new AbortController()
        const message = `the query took longer than ${timeoutMs} ms: ask for smaller pages (first), or narrow it (where)`
        const timer = setTimeout(() => late.abort(tooMuch('TOO_SLOW', message)), timeoutMs)
        const done = Promise.resolve(executeFn({ ...given, signal: late.signal } as typeof given))
        return done.finally(() => clearTimeout(timer))
      })
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
