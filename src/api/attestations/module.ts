import type { SignedRow } from '../../../journal/attestations.ts'
import { type AttestedVerdict, attestedVerdict } from '../../../protocol/attestation.ts'
import { precisions } from '../../../protocol/status.ts'
import type { ApiContext } from '../graphql/context.ts'
import type { Filtered } from '../graphql/filters.ts'
import type { CostExtensions } from '../graphql/limits/cost.ts'
import type { SchemaModule } from '../graphql/module.ts'
import { DIRECTED, pageOf as pageType } from '../graphql/sdl.ts'
import { pageOf, type Range } from '../journal-lists.ts'
import { emptyPage } from '../page.ts'
import { type ShownAttestation, shownAttestations } from './read.ts'

interface AttestationFilter {
  network?: string | null
  verdict?: ('valid' | 'invalid' | 'undetermined')[] | null
  resultId?: string | null
  signer?: string | null
  signedAt?: Range | null
}

/** One or two a result: a verdict, and one after it where a fault of ours was mended. */
const few: CostExtensions = { assumedSize: 2 }

/** Attestations: verdicts that this watcher has signed, for whoever does not want to believe an API. */
export const attestations: SchemaModule = {
  typeDefs: /* GraphQL */ `
    extend type Query {
      "All attestations of this watcher, the latest signed first"
      attestations(
        "Which ones; all when left out"
        where: AttestationFilter
        ${DIRECTED}
      ): AttestationPage!
    }

    extend type Result {
      "What this watcher has signed about it, the latest judged first: of two that differ, the first counts"
      attestations: [Attestation!]!
    }

    "Which attestations; every field given must hold"
    input AttestationFilter {
      "Those of results on this network"
      network: String
      "Those with one of these verdicts"
      verdict: [VerdictKind!]
      "Those of this result"
      resultId: Hex
      "Those signed by this account"
      signer: Hex
      "Those signed in this range of Unix milliseconds"
      signedAt: Range
    }

    "A signed verdict (EIP-712); /results/<id>/attestations has it in the form that is verified"
    type Attestation {
      "What it is about; null when a reorg took it away"
      result: Result
      "The result's id, as signed"
      resultId: Hex!
      "Whose result it is"
      network: String!
      "The chain that posted it"
      chainId: BigInt!
      "The block that posted it"
      blockHash: Hex!
      "The transaction that posted it"
      transactionHash: Hex!
      "Where in the block its event is"
      logIndex: BigInt!
      "sha256 of the model file that was replayed"
      modelHash: Hex!
      "sha256 of the input"
      inputHash: Hex!
      "sha256 of the output"
      outputHash: Hex!
      "valid or invalid: nothing else is attested"
      verdict: VerdictKind!
      "How the output was compared"
      precision: Precision!
      "What the distance was held against, in 1e-18"
      tolerance: BigInt!
      "How far the output lies from the replay, in 1e-18; 2^256 - 1 where that is no number"
      distance: BigInt!
      "What replayed and judged it, with versions"
      runtimes: String!
      "Unix second of the verdict, as signed"
      judgedAt: BigInt!
      "Whose word it is"
      signer: Hex!
      "65 bytes, with a low s"
      signature: Hex!
      "The EIP-712 hash that is signed"
      digest: Hex!
      "Unix milliseconds"
      signedAt: BigInt!
      "Where it is anchored on a chain; null where it is not"
      anchor: AttestationAnchor
    }

    "The batch of an attestation, whose root is on a chain"
    type AttestationAnchor {
      "Merkle root of the batch"
      root: Hex!
      "How many attestations the batch has"
      count: Int!
      "The chain that it is on"
      chainId: BigInt!
      "The Anchor contract"
      contract: Hex!
      "The account that anchored it"
      by: Hex!
      "The transaction that anchored it; null where it was found anchored"
      transactionHash: Hex
      "The block of it"
      blockNumber: BigInt!
      "Unix second of it"
      anchoredAt: BigInt!
      "What shows that the attestation is in the batch: sister hashes, from the leaf up"
      proof: [Hex!]!
    }

    ${pageType('Attestation')}
  `,
  resolvers: {
    Query: {
      attestations: async (_: unknown, { where, ...args }: Filtered<AttestationFilter>, { journal }: ApiContext) => {
        const { network, verdict, resultId, signer, signedAt } = where ?? {}
        const page = await journal.read((db) => {
          const query = db
            .selectFrom('attestation')
            .selectAll('attestation')
            .where('attestation.state', '=', 'signed')
            .$if(Boolean(network), (q) => q.where('attestation.network', '=', network as string))
            .$if(Boolean(verdict), (q) => q.where('attestation.verdict', 'in', (verdict ?? []) as AttestedVerdict[]))
            .$if(Boolean(resultId), (q) => q.where('attestation.resultId', '=', resultId as string))
            .$if(Boolean(signer), (q) => q.where('attestation.signer', '=', signer as string))
          return pageOf<SignedRow>(query, 'attestation.signedAt', 'attestation.id', signedAt, args)
        })
        if (!page) return emptyPage
        return { ...page, items: await shownAttestations(journal, page.items) }
      },
    },
    Result: {
      attestations: {
        resolve: ({ id }: { id: string }, _: unknown, { loaders }: ApiContext) => loaders.attestationsOfResult.load(id),
        extensions: few,
      },
    },
    Attestation: {
      ...signedFields(),
      result: ({ message }: ShownAttestation, _: unknown, { loaders }: ApiContext) =>
        loaders.result.load(message.resultId),
      verdict: ({ message }: ShownAttestation) => attestedVerdict(message.verdict),
      precision: ({ message }: ShownAttestation) => precisions[message.precision],
    },
  },
}

/** Fields that are shown as they were signed. */
function signedFields() {
  const names = [
    ...(['resultId', 'network', 'chainId', 'blockHash', 'transactionHash', 'logIndex', 'modelHash'] as const),
    ...(['inputHash', 'outputHash', 'tolerance', 'distance', 'runtimes', 'judgedAt'] as const),
  ]
  return Object.fromEntries(names.map((name) => [name, ({ message }: ShownAttestation) => message[name]]))
}
