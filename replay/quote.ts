/** Text from a stranger (a URI, a name, a runtime's message), made safe to print: escaped and at most `most` characters. */
export function quote(text: string, most = 160): string {
  return JSON.stringify(text.length > most ? `${text.slice(0, most)}…` : text)
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
