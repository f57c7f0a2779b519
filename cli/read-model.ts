import { readFileSync } from 'node:fs'
import { OnnxFormatError } from '../protocol/onnx.ts'
import { exitCodes, UserError } from './exit.ts'

/** The bytes of a model's file. @throws UserError (64) when it cannot be read */
export function readModel(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    throw new UserError(`The model ${path} cannot be read: ${(error as Error).message}.`, exitCodes.usage)
  }
}

/** What `make` makes of a model's bytes. @throws UserError (64) when they are no model */
export function ofModel<T>(path: string, make: () => T): T {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof OnnxFormatError)) throw error
    throw new UserError(`${path}: ${error.message}.`, exitCodes.usage, { cause: error })
  }
}
