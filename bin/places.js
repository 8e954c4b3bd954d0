/** Where in the sources the lines of a bundle stand that make a property: properties tell their place, which they know from the stack while they are
 *  made. */
import { SourceMap } from 'node:module'

/** @returns {Record<number, string>} by line of the bundle: `properties/…ts:LINE`. */
export function placesIn(map, code, bundle, root) {
  const of = new SourceMap(JSON.parse(map))
  return Object.fromEntries(code.split('\n').flatMap((text, i) => {
    const { originalSource, originalLine } = of.findEntry(i, text.search(/\S|$/))
    const path = originalSource && new URL(originalSource, bundle).href.slice(root.href.length)
    return path && /^(?:properties\/|src\/model\/property\.ts)/.test(path) ? [[i + 1, `${path}:${originalLine + 1}`]] : []
  }))
}

/** From now on stacks name the sources for those lines. `places`: by address of a bundle. Returns what undoes it. */
export function showPlaces(places, root) {
  const before = Error.prepareStackTrace
  Error.prepareStackTrace = (error, sites) => [error, ...sites.map(site => {
    const place = places[site.getFileName()]?.[site.getLineNumber()]
    return `    at ${place === undefined ? site : new URL(place, root)}`
  })].join('\n')
  return () => { Error.prepareStackTrace = before }
}
