/** Flags that several verbs share. */
import { reporterNames } from '../report/reporters.ts'
import { iommus, standardIommu } from '../../spec/iommus.ts'

export const iommuOption = { iommu: { value: 'NAME',
  says: `the IOMMU that built-in designs are on: ${iommus.map(({ name }) => name).join(', ')} `
    + `(${standardIommu.name})` } } as const
export const jsonOption = { json: { says: 'print one JSON document on stdout' } } as const
export const claimsOption = {
  claims: { value: 'FILE', says: 'your module with `claims`, judged with the built-in ones' },
} as const
/** Of verbs that judge. */
export const reportOptions = {
  reporter: { value: reporterNames.join('|'), says: 'form of the report (text); several with commas' },
  out: {
    value: 'FILE',
    says: 'write the report to FILE, whole or not at all; of several reporters one each with commas, - is stdout',
  },
  report: { value: 'DIR', says: 'write the report as web pages too, into DIR: open DIR/index.html' },
  json: { says: 'short for --reporter json: one JSON document on stdout, on errors too' },
} as const
export const fullOption = { full: { says: 'print whole traces, with whole states beside the changes' } } as const
export const colorOption = { 'no-color': { says: 'no colours (NO_COLOR does the same)' } } as const
export const helpOption = { help: { says: 'this help' } } as const
