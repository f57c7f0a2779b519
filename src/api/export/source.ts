/** A row as it is exported: amounts and times as decimal strings. */
export type Row = Record<string, string | number | null>

/** Something that can be exported page by page. */
export interface Source {
  /** names of the columns, in order */
  columns: readonly string[]
  /** The next rows after a row, in the order of the key; from the first when there is none. */
  page(after: Row | null, limit: number): Promise<Row[]>
}

/** Seconds; either end can be left out. */
export interface Period {
  /** this or later */
  from?: bigint | undefined
  /** earlier than this */
  below?: bigint | undefined
}
