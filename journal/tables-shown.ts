/** What of the journal people may see, by the name they ask for it. Signed bytes, proofs and salts are in none of them. */
export const shownTables = {
  actions: {
    about: 'what was intended on chain',
    sql: `select id, key, kind, state, observationKey, resultId, value, deadline, reason, createdAt, updatedAt from action`,
    time: 'updatedAt',
    order: 'id',
  },
  attempts: {
    about: 'transactions that were signed',
    sql: `select attempt.hash, action.kind, attempt.state, action.resultId, actionId, sender, nonce, blockNumber, blockHash,
      gasPaid, attempt.createdAt from attempt join action on action.id = attempt.actionId`,
    time: 'createdAt',
    order: 'createdAt',
  },
  verdicts: {
    about: 'what replays concluded',
    sql: `select observationKey, verdict.kind, observation.settlement as state, observation.resultId, modelId, node, step,
      output, distance, tolerance, reason, evidence, runtimes, ms, judgedAt, tries, retryAt
      from verdict join observation on observation.key = observationKey`,
    time: 'judgedAt',
    order: 'judgedAt',
  },
  results: {
    about: 'results that were seen',
    sql: `select key, coalesce(verdict.kind, 'unjudged') as kind,
      case when vanishedAt is not null then 'vanished' else coalesce(settlement, 'open') end as state, resultId, requestId,
      modelId, node, blockNumber, blockHash, seenAt, vanishedAt, settlement
      from observation left join verdict on verdict.observationKey = observation.key`,
    time: 'seenAt',
    order: 'seenAt',
  },
  findings: {
    about: 'what was found in traces',
    sql: `select observationKey, finding.kind, observation.settlement as state, observation.resultId, claim, operator, entry,
      element, reason, foundAt from finding join observation on observation.key = observationKey`,
    time: 'foundAt',
    order: 'foundAt',
  },
  attestations: {
    about: 'verdicts that were signed to be published',
    sql: `select id, verdict as kind, state, resultId, network, chainId, blockNumber, blockHash, digest, signer, signature,
      message, reason, root, judgedAt, signedAt from attestation`,
    time: 'judgedAt',
    order: 'id',
  },
  audits: {
    about: 'what audits of settled LLM calls showed',
    sql: `select key, coalesce(kind, 'pending') as kind, case when vanishedAt is not null then 'vanished' when retryAt is not null
      then 'due' else 'done' end as state, batchId, blockNumber, leaves, counts, findings, reason, registryAt, outputConfirmed,
      evidenceHash, evidenceBytes, ms, seenAt, auditedAt, tries, retryAt from audit`,
    time: 'seenAt',
    order: 'blockNumber',
  },
  entries: {
    about: 'the ledger: every movement of wei',
    sql: `select at, kind, case when blockHash is null then 'rolled' else 'single' end as state, account, amount, resultId,
      reference, transactionHash, blockNumber, blockHash, logIndex, count from entry`,
    time: 'at',
    order: 'blockNumber, logIndex',
  },
} as const

export type ShownTable = keyof typeof shownTables
