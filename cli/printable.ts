/** A stranger's text without what would move the cursor or turn the line around, cut to a length. */
export function printable(text: string, length = 80): string {
  return JSON.stringify(text.slice(0, length))
    .slice(1, -1)
    .replace(/[\p{Cf}\p{Cc}]/gu, '�')
}
