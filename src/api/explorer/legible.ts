/** Characters that are not seen, or that move others about: controls, joiners, direction marks, tags, lone surrogates. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u115f\u1160\u3164\uffa0]|[\u{e0000}-\u{e0fff}]|[\u{fe00}-\u{fe0f}]/gu

/**
 * A stranger's text as a reader may see it: cut, and with every character that is not seen by itself written out as
 * ‹U+202E›, so that nothing can hide in it, turn what stands around it, or pass for something else. Still text, not HTML.
 *
 * @param most longest length in UTF-16 units before cutting
 */
export function legible(text: string, most = 160): string {
  // A page that begins inside a surrogate pair would show half of it.
  const cut = text.length > most ? text.slice(0, most).replace(/[\ud800-\udbff]$/, '') : text
  const shown = cut.replace(UNSEEN, (character) => `‹U+${codeOf(character)}›`)
  return text.length > most ? `${shown}… (${text.length.toLocaleString('en')} characters)` : shown
}

function codeOf(character: string): string {
  return (character.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0')
}

/**
 * Where a link to a stranger's URI may lead: only `https:`, and `ipfs:` as itself, which a browser without a handler
 * leaves alone. Undefined for everything else (`javascript:`, `data:`, relative paths, what does not parse).
 */
export function safeLink(uri: string): string | undefined {
  if (uri.length > 2048 || legible(uri, uri.length) !== uri) return undefined
  try {
    const url = new URL(uri)
    const isPlain = url.username === '' && url.password === ''
    if (url.protocol === 'https:' && isPlain && url.hostname !== '') return url.href
    return url.protocol === 'ipfs:' ? url.href : undefined
  } catch {
    return undefined
  }
}
