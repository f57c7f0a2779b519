/** Stands for `ponder:schema` in tests of the schema itself. */
export * as default from '../../ponder.schema.ts'
