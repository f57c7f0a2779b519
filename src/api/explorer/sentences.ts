import type { Cause, Mode, Status } from '../../../protocol/status.ts'
import { measured } from './amounts.ts'
import { legible } from './legible.ts'

/** Characters of a reason that are shown; it may name what a stranger has named. */
const MOST_REASON = 400

/** What the top of a result's page says. */
export interface Answer {
  readonly tone: 'good' | 'bad' | 'open' | 'warn'
  readonly sign: string
  /** whether it can be relied on */
  readonly line: string
  /** why, in a sentence */
  readonly why: string
}

const CAUSES: Readonly<Record<Cause, string>> = {
  conviction:
    'The contract itself convicted it: a proof showed an operator whose output does not follow from its input.',
  silence: 'It was challenged, and its node never revealed how it came to it.',
  withheld: 'It was challenged, and its node kept a demanded part of its trace to itself.',
  ruling: "It was challenged, and the model's arbiter ruled against it.",
}

type VerdictKind = 'valid' | 'invalid' | 'undetermined'

const NOBODY_SETTLES =
  'Its network has no challenges: nothing on chain says that it is right or wrong, and nobody is paid for it.'

/** What is said of a result that nothing settles: what its replay said, and whose word that is. */
const RECORDED: Readonly<Record<VerdictKind | 'none', Answer>> = {
  valid: {
    // Not the green of what the chain has settled.
    ...{ tone: 'open', sign: '✓', line: 'Replayed, and right by the word of this watcher' },
    why: 'Rely on it as far as you rely on this watcher, or replay it yourself.',
  },
  invalid: {
    ...{ tone: 'bad', sign: '✕', line: 'Do not rely on it: its replay says something else' },
    why: 'Two runtimes of this watcher agree that its model gives another output on this input.',
  },
  undetermined: {
    ...{ tone: 'warn', sign: '?', line: 'Nobody here can tell whether it can be relied on' },
    why: 'This watcher could not replay it, or not to an end.',
  },
  none: {
    ...{ tone: 'open', sign: '▪', line: 'Recorded, and not replayed yet' },
    why: 'No watcher of this index has looked at it.',
  },
}

/** How an inference is to be verified, in words. */
export function modeText(mode: Mode): string {
  return {
    vanilla: 'vanilla: by whoever replays it',
    zkml: 'zkml: by a zero-knowledge proof, which is not in the event',
    tee: 'tee: by the word of a trusted execution environment, which is not in the event',
    unknown: 'unknown: one that this index does not know',
  }[mode]
}

/** Whether a result can be relied on and why. @param until when the present window is over, as text */
export function answerOf(
  status: Status,
  cause: Cause | null,
  until: string,
  { isChallenged, verdict }: { isChallenged: boolean; verdict: VerdictKind | null },
): Answer {
  switch (status) {
    case 'finalized':
      return {
        ...{ tone: 'good', sign: '✓', line: 'Can be relied on' },
        why: isChallenged
          ? 'It was challenged, its node revealed how it came to it, and nobody could convict it.'
          : 'Nobody challenged it while its window was open, and its node was paid.',
      }
    case 'rejected':
      return {
        ...{ tone: 'bad', sign: '✕', line: 'Do not rely on it' },
        why: cause ? CAUSES[cause] : 'It was rejected.',
      }
    case 'recorded':
      return { ...RECORDED[verdict ?? 'none'], why: `${RECORDED[verdict ?? 'none'].why} ${NOBODY_SETTLES}` }
    case 'posted':
      return {
        ...{ tone: 'open', sign: '◔', line: 'Do not rely on it yet' },
        why: `It is posted, and anybody can challenge it until ${until}. If nobody does, it stands.`,
      }
    case 'challenged':
      return {
        ...{ tone: 'warn', sign: '!', line: 'Do not rely on it yet: it is challenged' },
        why: `Its node must reveal how it came to it by ${until}, or it is rejected.`,
      }
    case 'revealed':
      return {
        ...{ tone: 'warn', sign: '◑', line: 'Do not rely on it yet: it is disputed' },
        why: `Its node has revealed its trace. Anybody can convict it by a proof until ${until}.`,
      }
    case 'expired':
      return {
        ...{ tone: 'warn', sign: '–', line: 'There is no result' },
        why: 'No node answered in time; the requester gets the fee back.',
      }
    default:
      return {
        ...{ tone: 'open', sign: '○', line: 'There is no result yet' },
        why: `A node can answer until ${until}.`,
      }
  }
}

/** What this watcher found, in a sentence. */
export function verdictSentence(
  verdict: {
    kind: string
    step: string | null
    distance: number | null
    tolerance: number | null
    reason: string | null
  } | null,
): string {
  if (!verdict) return 'The watcher of this index has not replayed it.'
  const { kind, step, distance, tolerance, reason } = verdict
  if (kind === 'undetermined') {
    const [, notReplayed] = /^not replayed: (.*)$/s.exec(reason ?? '') ?? []
    return notReplayed
      ? `This watcher did not replay it: ${legible(notReplayed, MOST_REASON)}.`
      : `This watcher could not tell: ${legible(reason ?? 'no reason is recorded', MOST_REASON)}.`
  }
  if (kind === 'valid')
    return step === 'bytes'
      ? 'This watcher replayed it and got the same output, bit by bit.'
      : `This watcher replayed it: the output deviates by ${measured(distance ?? 0)}, of ${measured(tolerance ?? 0)} that are tolerated.`
  if (distance === null || !tolerance) return 'This watcher replayed it, and the output is another one.'
  const times = distance / tolerance
  return `This watcher replayed it: the output deviates by ${measured(distance)}, ${times >= 1.05 ? `${times >= 100 ? Math.round(times).toLocaleString('en') : times.toPrecision(2)} times` : 'more than'} what is tolerated.`
}

/** What somebody was paid for, in words. */
export const REASONS = {
  fee: "the request's fee",
  refund: "the request's fee back",
  reward: 'reward for showing that it is wrong',
  compensation: "compensation out of the node's bond",
  challengeBondReturned: "the challenge's bond back",
  challengeBondForfeited: 'the bond of a challenge that was lost',
  unbonded: 'bond taken out',
  demandPaid: 'for supplying what was demanded',
  demandReturned: "a demand's fee back",
} as const
