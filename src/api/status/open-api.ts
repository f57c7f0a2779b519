import { networkNames } from '../../../networks/network.ts'
import { statuses } from '../../../protocol/status.ts'
import { attestationSchemas } from '../attestations/open-api.ts'

const ID = {
  ...{ name: 'id', in: 'path', required: true, description: "The result's id, in any case" },
  schema: { type: 'string', pattern: '^0x[0-9a-fA-F]{64}$' },
} as const
const hex = (description: string) => ({ type: 'string', description, pattern: '^0x[0-9a-f]*$' }) as const
const decimal = (description: string) => ({ type: 'string', description, pattern: '^[0-9]+$' }) as const
const error = (description: string) =>
  ({
    description,
    content: {
      'application/json': {
        schema: { type: 'object', required: ['error'], properties: { error: { type: 'string' } } },
      },
    },
  }) as const
const problems = { 400: error('Not a result id'), 404: error('The index knows no such result') } as const
const unchanged = { 304: { description: 'The answer is the one whose ETag was sent in If-None-Match' } } as const
const status = { $ref: '#/components/schemas/ResultStatus' } as const

/** What `/openapi.json` answers: OpenAPI 3.1, and nothing that the routes do not do (a test holds them together). */
export const openApi = {
  openapi: '3.1.0',
  info: {
    title: 'Gainsay: can this result be relied on?',
    version: '0.1.0',
    description:
      'Small, cacheable answers for explorers and wallets. Every answer has an ETag and may be read from any origin. For more ask /graphql.',
  },
  paths: {
    '/results/{id}/status': {
      get: {
        operationId: 'resultStatus',
        summary: 'The status of one result',
        parameters: [ID],
        responses: {
          200: { description: 'Its status', content: { 'application/json': { schema: status } } },
          ...unchanged,
          ...problems,
        },
      },
    },
    '/results/status': {
      get: {
        operationId: 'resultStatuses',
        summary: 'The status of up to 200 results',
        parameters: [
          {
            ...{ name: 'ids', in: 'query', required: true, description: 'Result ids, separated by commas' },
            schema: { type: 'string' },
          },
        ],
        responses: {
          200: {
            description: 'By id; null where the index knows no such result',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['statuses'],
                  properties: {
                    statuses: { type: 'object', additionalProperties: { anyOf: [status, { type: 'null' }] } },
                  },
                },
              },
            },
          },
          ...unchanged,
          400: problems[400],
        },
      },
    },
    '/results/{id}/badge.svg': {
      get: {
        operationId: 'resultBadge',
        summary: 'A badge with the status',
        parameters: [ID],
        responses: { 200: { description: 'An image', content: { 'image/svg+xml': {} } }, ...unchanged, ...problems },
      },
    },
    '/results/{id}/card': {
      get: {
        operationId: 'resultCard',
        summary: 'A page without scripts to embed in an iframe',
        parameters: [ID],
        responses: { 200: { description: 'A page', content: { 'text/html': {} } }, ...unchanged, ...problems },
      },
    },
    '/results/{id}/attestations': {
      get: {
        operationId: 'resultAttestations',
        summary: 'What this watcher has signed about one result, the latest judged first',
        parameters: [ID],
        responses: {
          200: {
            description: 'Attestations; none for a result that is unknown or not attested',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['attestations'],
                  properties: {
                    attestations: { type: 'array', items: { $ref: '#/components/schemas/Attestation' } },
                  },
                },
              },
            },
          },
          ...unchanged,
          400: problems[400],
        },
      },
    },
  },
  components: {
    schemas: {
      ...attestationSchemas,
      ResultStatus: {
        type: 'object',
        required: [
          ...['id', 'reliable', 'status', 'meaning', 'windowEnd', 'postedAt', 'settledAt', 'block', 'request'],
          ...['model', 'node', 'network', 'chainId', 'outputHash', 'verdict'],
        ],
        properties: {
          id: hex('The result'),
          reliable: {
            enum: ['yes', 'no', 'not yet', 'see verdict'],
            description:
              'Rely on it only when this is yes. see verdict: nothing on chain will ever settle it, so go by the verdict as far as you trust this watcher',
          },
          status: {
            enum: statuses,
          },
          meaning: { type: 'string', description: 'What the status means, in a sentence' },
          windowEnd: {
            anyOf: [decimal('Unix second at which the present window is over'), { type: 'null' }],
            description: 'null once settled',
          },
          postedAt: decimal('Unix second'),
          settledAt: { anyOf: [decimal('Unix second'), { type: 'null' }] },
          block: decimal('Block in which it was posted'),
          request: hex('The request that it answers'),
          model: hex('The model that it claims to come from'),
          node: { anyOf: [hex('Who posted it'), { type: 'null' }], description: 'null where its network does not say' },
          network: { enum: networkNames, description: 'The network it was posted on' },
          chainId: { type: 'integer', description: 'The chain it was posted on' },
          outputHash: hex("sha256 of the output's bytes: compare it with what you were given"),
          verdict: {
            enum: ['valid', 'invalid', 'undetermined', null],
            description: 'What this watcher found when it replayed the result: an opinion, no chain fact',
          },
        },
      },
    },
  },
} as const
