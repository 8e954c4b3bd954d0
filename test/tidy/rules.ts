/** The style rules, each a function from sources to complaints `path:line: what`. */
import type { Source } from './sources.ts'

export const most = { fileLines: 300, functionLines: 60, columns: 120, proseColumns: 120 } as const

/** A part of the tree, and the parts it may import besides itself. */
interface Layer { readonly at: RegExp; readonly name: string; readonly may: readonly string[] }
const base = ['model', 'base']
/** The first that matches counts. Dependencies point one way: model <- spec <- properties <- check <- cli, and model <-
 *  the rest of src. */
export const layers: readonly Layer[] = [
  {
    name: 'test', at: /^(?:test|bench)\/|\.test\.ts$|^vitest\.(?:\w+\.)?config\.ts$/,
    may: [...base, 'text', 'explore', 'trace', 'cost', 'report', 'page', 'qemu', 'logs', 'diagnose', 'dump', 'audit',
      'check', 'cli', 'index', 'vitest', 'spec', 'properties'],
  },
  { name: 'model', at: /^src\/model\//, may: [] },
  { name: 'base', at: /^src\/(?:errors|exit|glob|patience|meter|seeded|whole)\.ts$/, may: [] },
  { name: 'page', at: /^src\/page\//, may: [] },
  { name: 'text', at: /^src\/text\//, may: ['base'] },
  { name: 'explore', at: /^src\/explore\//, may: base },
  { name: 'trace', at: /^src\/trace\//, may: [...base, 'text'] },
  { name: 'cost', at: /^src\/cost\//, may: [...base, 'text'] },
  { name: 'dump', at: /^src\/dump\//, may: [...base, 'text', 'spec'] },
  { name: 'qemu', at: /^src\/qemu\//, may: [...base, 'text', 'spec'] },
  { name: 'logs', at: /^src\/logs\//, may: [...base, 'text', 'qemu', 'dump', 'spec'] },
  { name: 'diagnose', at: /^src\/diagnose\//, may: [...base, 'text', 'logs', 'dump', 'audit', 'spec'] },
  { name: 'audit', at: /^src\/audit\//, may: [...base, 'text', 'dump', 'spec'] },
  {
    name: 'report', at: /^src\/report\//,
    may: [...base, 'text', 'explore', 'trace', 'cost', 'page', 'qemu', 'logs', 'diagnose', 'audit', 'spec'],
  },
  {
    name: 'check', at: /^src\/check\//,
    may: [...base, 'text', 'explore', 'trace', 'cost', 'report', 'page', 'qemu', 'spec', 'properties'],
  },
  { name: 'index', at: /^src\/index\.ts$/, may: [...base, 'text', 'explore', 'trace', 'cost'] },
  {
    name: 'vitest', at: /^src\/vitest\//,
    may: [...base, 'text', 'explore', 'trace', 'report', 'check', 'spec', 'properties'],
  },
  {
    name: 'cli', at: /^src\/cli\//,
    may: [...base, 'text', 'explore', 'trace', 'cost', 'report', 'page', 'qemu', 'logs', 'diagnose', 'dump', 'audit',
      'check', 'index', 'spec', 'properties'],
  },
  { name: 'spec', at: /^spec\//, may: ['model'] },
  { name: 'properties', at: /^properties\//, may: ['model', 'spec'] },
]
export const layerOf = (path: string): Layer | null => layers.find(({ at }) => at.test(path)) ?? null

export function importDirection(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    const from = layerOf(path)
    if (from === null) return [`${path}: belongs to no layer`]
    return imports.filter(({ from: file }) => !file.endsWith('.json')).flatMap(({ from: file }) => {
      const to = layerOf(file)
      if (to === null) return [`${path}: imports ${file}, which belongs to no layer`]
      return to.name === from.name || from.may.includes(to.name) ? [] : [`${path}: ${from.name} imports ${file}`]
    })
  })
}

/** Circles of imports that exist at run time. */
export const circles = (sources: readonly Source[]): string[] => circlesOf(new Map(sources.map(({ path, imports }) =>
  [path, imports.filter(({ typeOnly }) => !typeOnly).map(({ from }) => from)])))

/** Circles of the folders of src and spec, by imports of values and types: who reads one of them would have to read
 *  them all. */
export function folderCircles(sources: readonly Source[]): string[] {
  const folderOf = (path: string): string | null => /^(?:src|spec)\/[^/]+(?=\/)/.exec(path)?.[0] ?? null
  const next = new Map<string, string[]>()
  for (const { path, imports } of sources) {
    const from = folderOf(path)
    if (from === null) continue
    const to = imports.map(({ from: file }) => folderOf(file))
      .filter(folder => folder !== null && folder !== from) as string[]
    next.set(from, [...new Set([...next.get(from) ?? [], ...to])])
  }
  return circlesOf(next)
}

function circlesOf(next: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) { found.push([...above.slice(above.indexOf(path)), path].join(' -> ')); return }
    if (done.has(path)) return
    for (const to of next.get(path) ?? []) visit(to, [...above, path])
    done.add(path)
  }
  for (const path of next.keys()) visit(path, [])
  return found
}

export function fileSize(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length
    return lines > most.fileLines ? [`${path}: ${lines} lines, at most ${most.fileLines}`] : []
  })
}

/** A `describe` is a chapter, not a function. */
export function functionSize(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, functions }) =>
    functions.filter(({ lines, calledBy }) => lines > most.functionLines && !calledBy.startsWith('describe'))
      .map(({ name, line, lines }) =>
        `${path}:${line}: ${name || 'a function'} has ${lines} lines, at most ${most.functionLines}`))
}

export function longLines(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) => text.split('\n').flatMap((line, i) => {
    const columns = [...line].length
    return columns > most.columns ? [`${path}:${i + 1}: ${columns} columns, at most ${most.columns}`] : []
  }))
}

export function firstComment(sources: readonly Source[]): string[] {
  return sources.filter(({ text }) => !text.startsWith('/** '))
    .map(({ path }) => `${path}: does not begin with a /** comment */`)
}

export const noAny = (sources: readonly Source[]): string[] =>
  sources.flatMap(({ path, anys }) => anys.map(line => `${path}:${line}: any`))

const impure = /^(?:Date\.now|Math\.random|performance\.now|new Date\b.*)$/
/** Clock and chance are for the command line, the search's time limit, tests and benches; and for what keeps recipes
 *  from them. */
export function noClock(sources: readonly Source[]): string[] {
  const mayAsk = (path: string): boolean =>
    path === 'src/model/clock.ts' || ['cli', 'check', 'explore', 'test'].includes(layerOf(path)?.name ?? '')
  return sources.filter(({ path }) => !mayAsk(path))
    .flatMap(({ path, accesses }) =>
      accesses.filter(({ text }) => impure.test(text)).map(({ text, line }) => `${path}:${line}: ${text}`))
}

const vendor = /\b(?:vt-?d|intel|amd(?:-?vi)?)\b|isIntel|isAmd/i
/** The checker knows no vendor, and no branch outside a vendor's folder asks for one. */
export function vendorsApart(sources: readonly Source[]): string[] {
  const ignorant = ['model', 'base', 'explore', 'trace', 'cost', 'report', 'index']
  return sources.flatMap(({ path, text, conditions }) => {
    const layer = layerOf(path)?.name ?? ''
    const words = !ignorant.includes(layer) ? []
      : text.split('\n').flatMap((line, i) => vendor.test(line) ? [`${path}:${i + 1}: ${vendor.exec(line)![0]}`] : [])
    const apart = /^(?:spec|src\/diagnose)\/(?:vtd|amdvi)\//.test(path) || ['test', 'qemu', 'logs'].includes(layer)
    return [...words, ...apart ? []
      : conditions.filter(({ text: condition }) => vendor.test(condition))
        .map(({ text: condition, line }) => `${path}:${line}: branches on ${condition}`)]
  })
}

/** Folders of vendors. What knows one by more than its face stands here: the registry, and adapters to what real units
 *  print and hold. */
const vendorFolder = /^spec\/(vtd|amdvi)\//
const mayEnter = /^spec\/(?:iommus|steps)\.ts$/
const adapterFolder = /^src\/(?:audit|diagnose\/(?:vtd|amdvi)|dump|logs|qemu)\//
const adapterFile = /^src\/(?:check\/on-qemu|cli\/(?:explain-faults|layouts|log-words|registries))\.ts$/
const isAdapter = (path: string): boolean => adapterFolder.test(path) || adapterFile.test(path)
/** A vendor's folder is entered by its own files and the registry; adapters use its door, `index.ts`; nothing else. */
export function vendorImports(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, imports }) => {
    if (layerOf(path)?.name === 'test' || mayEnter.test(path)) return []
    return imports.flatMap(({ from }) => {
      const vendor = vendorFolder.exec(from)?.[1]
      if (vendor === undefined || path.startsWith(`spec/${vendor}/`)) return []
      return isAdapter(path) && from === `spec/${vendor}/index.ts` ? [] : [`${path}: imports ${from}`]
    })
  })
}

const notOfFormats =
  /^src\/logs\/(?:(?:replay|pairing|tables|verdicts|render)\/|(?:vtd|amdvi)\/(?!(?:index|forms?|format)\.ts))/
/** What is done with a log's events names no format: a second one needs no change of it. */
export function formatsApart(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => notOfFormats.test(path))
    .flatMap(({ path, imports }) => imports.filter(({ from }) => from.startsWith('src/logs/formats/'))
      .map(({ from }) => `${path}: imports ${from}`))
}

/** Files that each vendor's folder has, so that whoever knows one finds their way in the other. */
const vendorFiles = [
  'bounded/actions.ts', 'bounded/deliver.ts', 'bounded/request.ts', 'bounded/start.ts', 'bounded/state.ts',
  'bounded/tables.ts', 'capabilities.ts', 'caps.ts', 'clauses.ts', 'designs.ts', 'facts.ts', 'faults.ts', 'index.ts',
  'invalidation/covers.ts', 'invalidation/order.ts', 'iommu.ts', 'layout/index.ts', 'layout/interrupts.ts',
  'layout/read-entries.ts', 'layout/registers.ts', 'layout/structures.ts', 'layout/write-entries.ts', 'remap/post.ts',
  'remap/remap.ts', 'steps/index.ts', 'unit/program.ts', 'unit/registers/faults.ts', 'unit/registers/illegal.ts',
  'unit/registers/map.ts', 'unit/registers/queue.ts', 'unit/registers/state.ts', 'unit/requests.ts', 'unit/unit.ts',
  'walk/first-stage.ts', 'walk/raw-tables.ts', 'walk/second-stage.ts', 'walk/tables.ts', 'walk/translation.ts',
  'walk/walk.ts',
] as const
export function sameVendorFiles(sources: readonly Source[]): string[] {
  const vendors = new Set(sources.flatMap(({ path }) => vendorFolder.exec(path)?.[0] ?? []))
  return [...vendors].flatMap(folder => vendorFiles.filter(file => !sources.some(({ path }) => path === folder + file))
    .map(file => `${folder}: has no ${file}`))
}

/** Paths of somebody's machine, and hosts that packages were fetched from. Written so that this file is none of
 *  them. */
const places = [/(?<![\w.])\/(?:wor[k]|hom[e]|Users|roo[t])\/[\w.]/, /[A-Z]:\\User[s]/, /registr[y]\.\w+\.\w+/,
  /npmj[s]\.(?:org|com)/, /artifactor[y]|verdacci[o]/]
export function noPlaces(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.flatMap(({ path, text }) => text.split('\n').flatMap((line, i) => {
    const found = places.map(place => place.exec(line)).find(match => match !== null)
    return found === undefined || found === null ? [] : [`${path}:${i + 1}: ${found[0]}`]
  }))
}

const listItem = /^\s*(?:[-*]|\d+\.) /
/** Nothing but links, each perhaps with a mark between, in a list item or not: an address cannot be broken. */
const bareLinks = /^\s*(?:[-*] +)?(?:\[[^\]]*\]\([^)]*\)[\s·,.]*|<?https?:\S+\s*|\[[^\]]*\]: \S+\s*)+$/
/** Prose has lines that fit beside code. Table rows, code, headings with links and bare links cannot be wrapped. */
export function proseWidth(files: readonly { readonly path: string; readonly text: string }[]): string[] {
  return files.filter(({ path }) => path.endsWith('.md')).flatMap(({ path, text }) => {
    let fence = '', indented = false, blank = true, inList = false
    return text.split('\n').flatMap((line, i) => {
      const mark = /^ *(`{3,}|~{3,})/.exec(line)?.[1] ?? ''
      if (fence !== '') {
        if (mark.startsWith(fence)) fence = ''
        return []
      }
      fence = mark
      indented = line.startsWith('    ') && !inList && (blank || indented)
      inList = listItem.test(line) || (inList && (line === '' || line.startsWith(' ')))
      blank = line === ''
      const free = mark !== '' || indented || line.startsWith('|') || bareLinks.test(line) || /^#.*\]\(/.test(line)
      return free || [...line].length <= most.proseColumns ? []
        : [`${path}:${i + 1}: ${[...line].length} columns, at most ${most.proseColumns}`]
    })
  })
}

const clocks = [
  /^(?:setTimeout|setInterval|Date|Date\.now|performance\.now|Atomics\.wait(?:Async)?)$/,
  /^process\.(?:hrtime(?:\.bigint)?|cpuUsage|uptime)$/,
]
const limits = /^(?:timeout|timeout_ms|(?:test|hook|teardown)Timeout|interruptAfterTimeLimit|maxSeconds)$/
const hooks = /^(?:test|it|(?:before|after)(?:All|Each))\b/
/** Of a line: what is compared with a time, and a limit of the command line that is neither met at once nor never. */
const judged = /expect\([^)]*(?:seconds|elapsed|duration|took|_ms|_s)\b[^)]*\)\.(?:not\.)?toBe(?:Less|Greater|Close)\w+/
const timed = /(?<!example )--time[ =](?!0\.001ms|1000h)[\d.]+(?:ms|s|m|h)\b/
const slept = /\b(?:sleep|timeout)\s+(?:-\S+\s+)*\d+/
const sleeper = /\b(?:setTimeout|setInterval|scheduler)\b[^}]*\} from '(?:node:)?timers/
const sleepIn = (words: string): RegExpExecArray | null => slept.exec(words) ?? sleeper.exec(words)
/** Who means a clock and waits for none: recipes that are refused for it, a step that blocks, work that is counted in
 *  processor time. */
const clockOfAll = ['test/unit/explore-mistakes.test.ts', 'test/unit/plain-meaning.test.ts',
  'test/cli/fixtures/sleeping-step.mjs', 'test/cli/watchdog.test.ts']

/** No test depends on how long something takes: it counts looks, steps or work, under a clock that is counted too
 *  (test/clock.ts). */
export function noDeadlines(sources: readonly Source[]): string[] {
  return sources.filter(({ path }) => layerOf(path)?.name === 'test' && !/^(?:bench|test\/tidy)\//.test(path))
    .flatMap(({ path, text, calls, fields, accesses }) => {
      const asked = clockOfAll.includes(path) ? []
        : [...calls.filter(({ text: callee }) => clocks.some(one => one.test(callee))),
          ...accesses.filter(one => /^new Date\(\)$/.test(one.text))]
      const set = [
        ...fields.filter(({ name, value }) => limits.test(name) && value !== '0' && value !== 'hang_ms')
          .map(({ name, value, line }) => ({ line, text: `${name}: ${value}` })),
        ...calls.filter(({ text: callee, last }) => hooks.test(callee) && /^[\d_.e]+$/.test(last))
          .map(({ text: callee, last, line }) => ({ line, text: `${callee}(…, ${last})` })),
      ]
      const said = text.split('\n').flatMap((words, i) => {
        const found = (clockOfAll.includes(path) ? null : judged.exec(words)) ?? timed.exec(words) ?? sleepIn(words)
        return found === null ? [] : [{ line: i + 1, text: found[0] }]
      })
      return [...asked, ...set, ...said].toSorted((a, b) => a.line - b.line)
        .map(({ line, text: what }) => `${path}:${line}: ${what}`)
    })
}
/** The same of what CI runs, and of how vitest is set up. */
export const noDeadlinesOfScripts = (files: readonly { readonly path: string; readonly text: string }[]): string[] =>
  files.filter(({ path }) => /^(?:\.ci\/|vitest\.)/.test(path))
    .flatMap(({ path, text }) => text.split('\n').flatMap((words, i) => {
      const found = sleepIn(words) ?? /\w+Timeout: \d+/.exec(words)
      return found === null ? [] : [`${path}:${i + 1}: ${found[0]}`]
    }))
