import type { Selectable } from 'kysely'
import { dtypes, elementCount, type NamedTensors } from '../protocol/tensor.ts'
import type { Journal } from './open.ts'
import type { PreviewTable } from './tables.ts'

export type Preview = Selectable<PreviewTable>

/** Elements that are kept of an output, and outputs of a result: at most 16 KiB a side and result. */
export const PREVIEW_ELEMENTS = 256
export const PREVIEW_OUTPUTS = 8
/** Longest name that is kept, in UTF-16 units. */
const LONGEST = 200

/**
 * What is kept of what was compared: of each output a part of its elements, the first ones, or those around the worst one.
 *
 * @param worst the output and the flat index of the element that differs most
 */
export function previewsOf(
  observationKey: string,
  sides: { readonly posted: NamedTensors; readonly replayed: NamedTensors },
  worst: { readonly output: string; readonly at: number | null },
): Preview[] {
  // The output that matters first, whatever its name: others may be cut off.
  const names = [...new Set([worst.output, ...sides.posted.keys(), ...sides.replayed.keys()])].slice(0, PREVIEW_OUTPUTS)
  return (['posted', 'replayed'] as const).flatMap((side) =>
    names.flatMap((name, place) => {
      const tensor = sides[side].get(name)
      if (!tensor) return []
      const { dtype, dims, data } = tensor
      const at = name === worst.output ? (worst.at ?? 0) : 0
      const start = at < elementCount(dims) ? Math.floor(at / PREVIEW_ELEMENTS) * PREVIEW_ELEMENTS : 0
      const { bytes } = dtypes[dtype]
      return [
        {
          ...{ observationKey, side, place, name: name.slice(0, LONGEST), dtype, dims: JSON.stringify(dims), start },
          data: Buffer.from(data.subarray(start * bytes, (start + PREVIEW_ELEMENTS) * bytes)),
        },
      ]
    }),
  )
}

/** Records previews of an observation, instead of those before. */
export async function recordPreviews(
  journal: Journal,
  observationKey: string,
  rows: readonly Preview[],
): Promise<void> {
  await journal.transaction().execute(async (db) => {
    await db.deleteFrom('preview').where('observationKey', '=', observationKey).execute()
    if (rows.length > 0) await db.insertInto('preview').values(rows).execute()
  })
}
