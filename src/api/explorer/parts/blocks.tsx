import type { Child, FC, PropsWithChildren } from 'hono/jsx'

/** A part of a page with a heading that can be linked to. */
export const Section: FC<PropsWithChildren<{ id: string; title: string; lead?: Child }>> = ({
  id,
  title,
  lead,
  children,
}) => (
  <section aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    {lead ? <p class="lead">{lead}</p> : null}
    {children}
  </section>
)

/** Something wider than a phone: it scrolls by itself, with the keyboard too (WCAG 2.2, 2.1.1). */
export const Scroll: FC<PropsWithChildren<{ label: string }>> = ({ label, children }) => (
  <section class="scroll" tabindex={0} aria-label={label}>
    {children}
  </section>
)

/** A table; its caption says to a screen reader what the heading above says to everyone else. */
export function Table({
  caption,
  head,
  rows,
  empty,
}: {
  caption: string
  head: readonly Child[]
  rows: readonly (readonly Child[])[]
  /** what to say where there is no row */
  empty: string
}) {
  if (rows.length === 0) return <p class="none">{empty}</p>
  return (
    <Scroll label={`Table: ${caption}`}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {head.map((cell) => (
              <th scope="col">{cell}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {row.map((cell) => (
                <td>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  )
}

/** Names and values, one a line; what is undefined is left out. */
export function Facts({ of }: { of: readonly (readonly [name: string, value: Child | undefined])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, value]) =>
        value === undefined ? null : (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  )
}

/** A number that matters, what it counts, and a remark. */
export function Figure({ name, value, note }: { name: string; value: Child; note?: Child }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {note ? <small>{note}</small> : null}
      </dd>
    </div>
  )
}

/** Figures side by side. */
export const Figures: FC<PropsWithChildren> = ({ children }) => <dl class="figures">{children}</dl>
