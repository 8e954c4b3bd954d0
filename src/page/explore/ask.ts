/** Questions to the server of the page. */
import type { ExploreStart, Question, Refused, Saved, Searched, Walked } from '../live.ts'

interface Answers { readonly start: ExploreStart; readonly walk: Walked; readonly search: Searched
  readonly save: Saved }

/** @throws Error in words for people, also where the server has ended. */
export async function ask<K extends keyof Answers>(question: Extract<Question, { readonly ask: K }>,
  signal?: AbortSignal): Promise<Answers[K]> {
  let response: Response
  try {
    response = await fetch('api', { method: 'POST', body: JSON.stringify(question),
      headers: { 'content-type': 'application/json' }, ...signal === undefined ? {} : { signal } })
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new Error('The explorer has ended. Start it again, and open the address that it prints.', { cause })
  }
  if (!response.ok) throw new Error(await response.text())
  const answer = await response.json() as Answers[K] | Refused
  if ('error' in answer) throw new Error(answer.error)
  return answer
}
