/** What `list` shows: rows for people, whose first cell is the name. */

/** What can be listed, in the order in which it is shown, and what it is. */
export const listSays = {
  designs: 'kernel designs (on another IOMMU: NAME@IOMMU), and their systems',
  systems: 'systems of the forum thread, and the designs that stand for them',
  migrations: 'ways to move an interrupt: DESIGN+NAME',
  properties: 'what the checker claims of them',
  scopes: 'the small configurations they are checked in',
  bounds: 'sizes, switches and capabilities of a configuration',
  steps: 'what protocols are made of',
  state: 'what steps see as `s`, and claims as `state`',
  exports: 'what a module of yours can import',
  actions: 'what traces consist of: steps of the calls, of hardware and of devices',
  clauses: 'rules of the manuals that the model follows',
  layouts: 'registers, structures, commands and events, bit by bit',
  profiles: 'prices for `cost`',
  units: 'what `cost` counts',
  paths: 'what the counts belong to',
  verdicts: 'what `validate` says about a boot',
  alarms: 'what `audit` warns about in a dump',
  faults: 'reasons of faults and refusals, in hexadecimal',
  errors: 'codes of messages',
  terms: 'words of reports and pages',
  exits: 'exit codes',
} as const
export type ListName = keyof typeof listSays
export const listNames = Object.keys(listSays) as readonly ListName[]

export interface ListedRows {
  readonly name: ListName
  readonly says: string
  /** None where the lists alone are named. */
  readonly rows: readonly (readonly string[])[]
}
