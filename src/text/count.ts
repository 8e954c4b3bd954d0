/** Numbers of things, as people write them. */

export const thousands = (n: number): string => n.toLocaleString('en-US')
/** `1 op`, `1,234 ops`; `counted(2, 'search', 'es')`. */
export const counted = (n: number, noun: string, plural = 's'): string =>
  `${thousands(n)} ${noun}${n === 1 ? '' : plural}`
