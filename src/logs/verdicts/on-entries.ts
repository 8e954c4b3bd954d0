/** Claims on entries bit by bit: by themselves, by what was made of them, and by a dump of memory (VT-d rev 5.10: ch.
 *  6, 9, table 28). */
import { thousands } from '../numbers.ts'
import type { Agreement, TablesReport } from '../tables/agreement.ts'
import { no, open, several, yes } from './judging.ts'
import type { Claim, Judged } from './judging.ts'
import { unlessLacking } from './lacks.ts'

const entriesWellFormed: Claim = {
  claim: 'entries-well-formed', kind: 'rule', of: 'log',
  says: 'No entry, descriptor or register write that the log prints has a bit set that must be 0.',
  judge: ({ entries: { by, rows, first }, tables }) => {
    const decoded = rows.reduce((sum, row) => sum + row.decoded, 0)
    const bad = rows.filter(row => row.bad.count > 0)
    const count = bad.reduce((sum, row) => sum + row.bad.count, 0)
    const lines = bad.flatMap(row => row.bad.lines).sort((a, b) => a - b)
    if (count > 0 && tables !== null && tables.refused !== null)
      return open(`${thousands(count)} of ${thousands(decoded)} by the capabilities of a dump that does not fit`, lines)
    if (count > 0)
      return no(`${thousands(count)} of ${thousands(decoded)}; first: ${first[0]!.structure}, ${first[0]!.wrong}`,
        lines)
    if (decoded === 0) return open('the log prints none')
    return yes(`${thousands(decoded)} in ${several(rows.length, 'structure')}, `
      + (by === 'capabilities' && tables?.refused === null ? 'by the capabilities in the dump'
        : 'capabilities unknown'))
  },
}

const entriesObeyed: Claim = unlessLacking({
  claim: 'entries-obeyed', kind: 'rule', of: 'log',
  says: 'Each translation went to the host address, and each interrupt became the one, that the bits of the entry say.',
  judge: ({ iotlb: { translated, addressDiffers }, irtes: { remapped, remapDiffers } }) => {
    const differing = addressDiffers.count + remapDiffers.count
    if (differing > 0)
      return no(`${several(addressDiffers.count, 'translation')} and ${several(remapDiffers.count, 'interrupt')} `
        + 'otherwise',
      [...addressDiffers.lines, ...remapDiffers.lines].sort((a, b) => a - b))
    return translated + remapped === 0 ? open('no entry was put to use')
      : yes(`${several(translated, 'translation')}, ${several(remapped, 'interrupt')}`)
  },
})

/** Claims on a log alone. */
export const claimsOnEntries: readonly Claim[] = [entriesWellFormed, entriesObeyed]

const onTables = (claim: string, says: string, noun: string, part: (tables: TablesReport) => Agreement): Claim => ({
  claim, says, kind: 'rule', of: 'log',
  judge: ({ tables }): Judged => {
    if (tables === null) return open('no dump was given')
    if (tables.refused !== null) return open(tables.refused)
    const { agreeing, differing, differences, open: unjudged } = part(tables)
    const all = agreeing + differing.count
    const first = differences[0]
    if (first !== undefined)
      return no(`${differing.count} of ${several(all, noun)}; first: ${first.what}: ${first.log} in the log, `
        + `${first.dump} in the dump`, differing.lines)
    const why = unjudged.map(({ places, means }) => `${thousands(places.count)} ${means}`)
    return agreeing === 0 ? open([`no ${noun} could be compared`, ...why].join('; ')) : yes(several(agreeing, noun))
  },
})

/** Claims that need a dump. */
export const claimsOnTables: readonly Claim[] = [
  onTables('translations-in-tables',
    'Each translation held in the IOTLB when the dump was made is what the walk of the dumped tables finds.',
    'translation',
    ({ translations }) => translations),
  onTables('contexts-in-tables', 'Each context entry held when the dump was made stands in the dumped tables.',
    'context entry', ({ contexts }) => contexts),
  onTables('irtes-in-tables',
    'Each interrupt entry read last before the dump, and not invalidated since, stands in the dumped table.',
    'interrupt entry', ({ irtes }) => irtes),
]
