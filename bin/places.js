/** Where in the sources the lines of a bundle stand that make a property: properties tell their place, which they know from the stack while they are
 *  made. */
import { findSourceMap, SourceMap } from 'node:module'

/** @returns {Record<number, string>} by line of the bundle: `properties/…ts:LINE`. */
export function placesIn(map, code, bundle, root) {
  const of = new SourceMap(JSON.parse(map))
  return Object.fromEntries(code.split('\n').flatMap((text, i) => {
    const { originalSource, originalLine } = of.findEntry(i, text.search(/\S|$/))
    const path = originalSource && new URL(originalSource, bundle).href.slice(root.href.length)
    return path && /^(?:properties\/|src\/model\/property\.ts)/.test(path) ? [[i + 1, `${path}:${originalLine + 1}`]] : []
  }))
}

/** From now on stacks name the sources for those lines. `places`: by address of a bundle. */
export function showPlaces(places, root) {
  Error.prepareStackTrace = (error, sites) => [error, ...sites.map(site => {
    const place = places[site.getFileName()]?.[site.getLineNumber()]
    return `    at ${place === undefined ? mapped(site) : new URL(place, root)}`
  })].join('\n')
}

/** As Node itself would show it, which maps no place once somebody else makes the stacks: TypeScript of a user. */
function mapped(site) {
  const [file, line, column] = [site.getFileName(), site.getLineNumber(), site.getColumnNumber()]
  const { originalSource: source, originalLine, originalColumn } = (file && findSourceMap(file)?.findEntry(line - 1, column - 1)) || {}
  return source === undefined ? `${site}` : `${site}`.replace(`${file}:${line}:${column}`, `${source}:${originalLine + 1}:${originalColumn + 1}`)
}
