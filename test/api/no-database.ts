/** Stands for `ponder:api` in tests of the schema itself, which ask no database. */
export const db = {}
export const publicClients = {}
