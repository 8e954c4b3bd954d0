/** Numbers as people read them. */

export const hex = (value: number): string => `0x${value.toString(16)}`

/** `4K`, `2M`, `16.5M`; exact where it is whole. */
export function size(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T', 'P', 'E']
  let value = bytes, unit = 0
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++ }
  return `${Number.isInteger(value) ? value : value.toFixed(1)}${units[unit]!}`
}

/** `1 table`, `2 tables`. */
export const several = (count: number, what: string, many = `${what}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? what : many}`
