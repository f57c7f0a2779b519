/** Where a list goes on. */
export function More({ path, next, isFirst }: { path: string; next: string | undefined; isFirst: boolean }) {
  if (!next && isFirst) return null
  return (
    <nav class="pages" aria-label="Pages of this list">
      {isFirst ? null : <a href={path}>← from the beginning</a>}
      {next ? (
        <a href={`${path}?after=${encodeURIComponent(next)}`} rel="next">
          more →
        </a>
      ) : null}
    </nav>
  )
}
