import { type Logger, pino, stdTimeFunctions } from 'pino'
import pretty from 'pino-pretty'

/**
 * A logger on standard error, so that standard output stays a command's result: readable on a terminal, JSON lines
 * elsewhere. Fields that could ever hold a key are removed, whatever logs them.
 */
export function createLog(name: string, level: string): Logger {
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    redact: ['privateKey', '*.privateKey', 'account.key', 'raw', '*.raw', 'mnemonic', '*.mnemonic'],
  }
  return process.stderr.isTTY
    ? pino(options, pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }))
    : pino(options, process.stderr)
}
