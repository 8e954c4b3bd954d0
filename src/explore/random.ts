export function exploreRandomly() {}
export interface RandomOptions {}
