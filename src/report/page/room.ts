/** How much a page holds. */

/** Characters of data in one page; with script and style it stays below 2 MB. */
export const most_chars = 1_300_000
