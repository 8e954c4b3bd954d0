/** What a gate asks of a boot: `validate LOG --expect …`. */
import { usage } from '../../errors.ts'
import { bdf, thousands } from '../numbers.ts'
import { mostPages } from '../replay/reports.ts'
import type { FaultAt } from '../replay/reports.ts'
import type { Facts } from '../report.ts'
import { no, open, several, yes } from './judging.ts'
import type { Judged, Verdict } from './judging.ts'
import { lackOf } from './lacks.ts'

export type Expectation =
  | { readonly is: 'strict' | 'lazy' | 'no-faults'; readonly text: string }
  | { readonly is: 'fault'; readonly text: string; readonly sid: number; readonly page: number }

const faultForm = /^fault:(?:0000:)?([0-9a-f]{2}):([01][0-9a-f])\.([0-7]):(?:0x)?([0-9a-f]{1,16})$/i
export const expectationForm = 'strict|lazy|no-faults|fault:DEV:ADDR'

/** @throws UserError for what is none. */
export function expectationsOf(flag: string): Expectation[] {
  return flag.split(',').map(text => {
    if (text === 'strict' || text === 'lazy' || text === 'no-faults') return { is: text, text }
    const found = faultForm.exec(text)
    if (found === null)
      throw usage('--expect', `'${text}' is nothing to expect`,
        `give ${expectationForm}, several with commas: fault:00:03.0:0x1000`)
    const [bus, device, fn, address] = found.slice(1).map(digits => Number.parseInt(digits, 16))
    return { is: 'fault', text, sid: bus! * 256 + device! * 8 + fn!, page: Math.floor(address! / 4096) }
  })
}

/** What is known beside the facts: the verdicts on claims, and why invalidations have no range; null where they do. */
interface Known { readonly verdicts: readonly Verdict[]; readonly rangesUnknown: string | null }

/** A verdict for each. What the log lacks may speak against what it bears out. */
export function expected(facts: Facts, known: Known, all: readonly Expectation[]): Verdict[] {
  return all.map(expectation => {
    const of = expectation.is === 'strict' || expectation.is === 'lazy' ? 'kernel' : 'log'
    const lack = lackOf(facts, of)
    const { verdict, because, lines = [] } = judgeOf(expectation, facts, known, all)
    // Of a part of the unmaps neither kind of answer need be the more frequent one.
    const canTurn = expectation.is === 'lazy' ? verdict !== 'not-shown'
      : verdict === 'true' && expectation.is !== 'fault'
    const isOpen = lack !== null && canTurn
    return {
      claim: `expect ${expectation.text}`, says: saysOf(expectation), kind: 'expectation', of,
      verdict: isOpen ? 'not-shown' : verdict, because: isOpen ? `${because}, but ${lack}` : because,
      lines: lines.slice(0, 20),
    }
  })
}

function saysOf(expectation: Expectation): string {
  switch (expectation.is) {
    case 'strict': return 'Each unmap is answered by an invalidation of its own, none by a flush.'
    case 'lazy': return 'More unmaps are answered by flushes of whole domains than one by one.'
    case 'no-faults': return 'No DMA was refused but those that are expected.'
    case 'fault': return 'The unit refused this device this page.'
  }
}

function judgeOf(expectation: Expectation, facts: Facts, { verdicts, rangesUnknown }: Known,
  all: readonly Expectation[]): Judged {
  switch (expectation.is) {
    case 'strict': case 'lazy':
      return rangesUnknown === null ? flushing(facts, expectation.is) : open(rangesUnknown)
    case 'no-faults': return faultless(facts, verdicts, all)
    case 'fault': return faulted(facts, expectation)
  }
}

/** With a kernel log its unmaps say it; without, what the invalidations took out of the IOTLB: a flush that comes with
 *  another table of a device is no answer to an unmap. */
function flushing({ iotlb: { removed, detached }, kernel }: Facts, want: 'strict' | 'lazy'): Judged {
  if (kernel !== null && kernel.pairing.refused !== null) return open(kernel.pairing.refused)
  const rows = kernel?.pairing.rows ?? []
  const unmapsOf = (own: boolean): number =>
    rows.reduce((sum, { answer, unmaps }) => sum + ((answer === 'page') === own ? unmaps : 0), 0)
  const [own, flushed, noun] = kernel === null
    ? [removed.page, removed.domain + removed.pasid + removed.global - detached, 'cached page'] as const
    : [unmapsOf(true), unmapsOf(false), 'unmap'] as const
  const said = `${several(own, noun)} one by one, ${thousands(flushed)} by flushes`
  if (own + flushed === 0) return open(kernel === null ? 'no invalidation took anything out of the IOTLB'
    : 'no unmap could be paired')
  const holds = want === 'strict' ? flushed === 0 : flushed > own
  return holds ? yes(said) : no(said, kernel === null ? [] : kernel.pairing.flushed.lines)
}

const isExpected = (all: readonly Expectation[], { sid, page }: FaultAt): boolean =>
  all.some(one => one.is === 'fault' && one.sid === sid && one.page === page)

/** A fault whose device or page the log does not say is not expected. */
function faultless({ faults }: Facts, verdicts: readonly Verdict[], all: readonly Expectation[]): Judged {
  const plain = verdicts.find(({ claim }) => claim === 'no-faults')!
  const others = faults.refused.filter(at => !isExpected(all, at))
  const isWhole = faults.unplaced === 0 && faults.refused.length > 0 && faults.refused.length < mostPages
  if (plain.verdict !== 'false' || !isWhole || !all.some(({ is }) => is === 'fault'))
    return { verdict: plain.verdict, because: plain.because, lines: plain.lines }
  if (others.length > 0)
    return no(`${several(others.length, 'fault')} that nothing expects; first: ${bdf(others[0]!.sid)} at `
      + `0x${(others[0]!.page * 4096).toString(16)}`, others.map(({ line }) => line))
  return yes(`${several(faults.total, 'fault')}, each expected`)
}

function faulted({ faults, unread }: Facts, { sid, page }: Extract<Expectation, { is: 'fault' }>): Judged {
  const found = faults.refused.find(at => at.sid === sid && at.page === page)
  if (found !== undefined) return yes(`line ${found.line}`)
  if (unread.total > 0 || faults.refused.length >= mostPages) return open('it may be among what was not read or kept')
  if (faults.unplaced > 0)
    return open(`of ${several(faults.unplaced, 'fault')} the log does not say which device or page was refused`)
  return no(faults.total === 0 ? 'no fault' : `${several(faults.total, 'fault')} of other devices or pages`,
    faults.refused.map(({ line }) => line))
}
