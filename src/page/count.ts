/** Numbers, as pages write them. */

export const n = (value: number): string => value.toLocaleString('en-US')
/** `1 step`, `1,234 steps`. */
export const many = (count: number, noun: string): string => `${n(count)} ${noun}${count === 1 ? '' : 's'}`
/** Three digits, or all of a whole number. */
export const digits = (value: number): string =>
  Math.abs(value) >= 100 ? n(Math.round(value)) : String(Number(value.toPrecision(3)))
