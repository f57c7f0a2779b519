import { Said } from './words.tsx'

/** What names a model's file on a network that has no sha256 of it, where the file is kept, and how it is known to be that one. */
export function ModelFile({ uri }: { uri: string }) {
  const [, kind = '', reference = ''] = /^(\w+):(?:\/\/)?(.*)$/s.exec(uri) ?? []
  if (kind === 'walrus')
    return (
      <>
        Walrus blob <Said text={reference} most={60} />, checked by its id
      </>
    )
  if (kind === 'ipfs')
    return (
      <>
        <Said text={reference} most={120} /> on IPFS, checked by its CID
      </>
    )
  if (reference === '') return <span class="none">the chain names none</span>
  return (
    <>
      nowhere that is known: the chain says <Said text={decoded(reference)} most={130} />
    </>
  )
}

/** Percent-encoded text as it was; as it is where it is no such text. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
