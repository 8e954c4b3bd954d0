/** Flags that several verbs share. */
import { iommus, standardIommu } from '../../spec/iommus.ts'

export const iommuOption = { iommu: { value: 'NAME',
  says: `the IOMMU that built-in designs are on: ${iommus.map(({ name }) => name).join(', ')} `
    + `(${standardIommu.name})` } } as const
export const jsonOption = { json: { says: 'print one JSON document on stdout' } } as const
export const fullOption = { full: { says: 'print whole traces, with whole states beside the changes' } } as const
export const colorOption = { 'no-color': { says: 'no colours (NO_COLOR does the same)' } } as const
export const helpOption = { help: { says: 'this help' } } as const
