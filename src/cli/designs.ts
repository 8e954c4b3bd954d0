/** The designs a command is about: built-in ones by name, a user's own by the path of its module. User code runs only
 *  when named. */
import { existsSync } from 'node:fs'
import { createRequire, register } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { editedDesign, subjectOfMachine } from '../check/subject.ts'
import type { Subject } from '../check/subject.ts'
import { suggest, usage, UserError } from '../errors.ts'
import type { Machine } from '../model/index.ts'
import { editedName } from '../../spec/kernel/edits.ts'
import { designNamed, designs, designsOn, everyDesign, iommuNameOf, placedName } from '../../spec/designs.ts'
import { iommuOf, iommus, standardIommu } from '../../spec/iommus.ts'
import { migrations } from '../../spec/kernel/migration.ts'
import type { Claim } from '../../spec/claim.ts'
import type { Design } from '../../spec/kernel/design.ts'
import { placed } from './io.ts'
import type { Io } from './io.ts'
import { recordedLoad } from './heartbeat-file.ts'
import { entries, packageRoot } from './package.ts'
import { isPath } from './paths.ts'
import { parseClaims, parseDesign } from './design-schema.ts'
import { iommuCalled } from './explain-iommu.ts'
import { moduleError } from './module-errors.ts'

/** `claims`: a module whose claims are asked too. `machines`: modules may give a machine in place of a design.
 *  `iommu`: of built-in designs. `unnamed`: those that are taken where none is named; else all on the IOMMU. */
interface Asked {
  readonly claims?: string | undefined
  readonly machines?: boolean
  readonly iommu?: string | undefined
  readonly unnamed?: readonly Design[]
}

/** All built-in designs where none is named; with the claims of a module, where one is named. @throws UserError
 *  E-DESIGN, E-DESIGN-FILE, -MODULE, -EXPORT or -SHAPE, E-CLAIMS-SHAPE; E-USAGE for an IOMMU that there is not, E-IOMMU
 *  for a design on another. */
export async function subjectsOf(io: Io, named: readonly string[],
  { claims: claimsPath, machines = false, iommu, unnamed }: Asked = {}): Promise<readonly Subject[]> {
  const subjects: readonly Subject[] = named.length > 0 ? await namedSubjects(io, named, iommu)
    : (unnamed ?? designsOn(iommuNamed(iommu))).map(design => ({ design, path: null }))
  const machine = subjects.find(one => one.machine !== undefined)
  if (machine !== undefined && (!machines || claimsPath !== undefined))
    throw usage(machine.path!, 'exports a machine, not a design', machines ? 'a machine has its claims with it'
      : 'check, replay and `toHold` take machines', 'MACHINE')
  if (claimsPath === undefined) return subjects
  const module = await openModule(io, claimsPath)
  const claims = parseClaims(claimsIn(module, claimsPath), claimsPath)
  if (claims.length === 0)
    throw usage(claimsPath, 'exports no claims', 'export const claims = [always(…), …]', 'CLAIMS-EXPORT')
  return subjects.map(({ design, path }) => ({ design: withClaims(design, claims, claimsPath), path, claimsPath }))
}
/** `claims`, or the default, which may be a design where there are both. @throws UserError E-CLAIMS-EXPORT. */
function claimsIn({ claims, default: other }: Readonly<Record<string, unknown>>, path: string): unknown {
  if (claims === undefined) return other ?? []
  if (!isWithin(listOf(other).filter(isClaim), listOf(claims)))
    throw usage(path, 'exports as `default` claims that its `claims` do not have', 'export all of them as `claims`',
      'CLAIMS-EXPORT')
  return claims
}
const isClaim = (given: unknown): boolean =>
  typeof given === 'object' && given !== null && ('property' in given || 'claim' in given)
function withClaims(design: Design, claims: readonly Claim[], path: string): Design {
  // A module may export the claims that its design has anyway.
  const more = claims.filter(({ property }) => !design.claims.some(one => one.property === property))
  return more.length === 0 ? design : parseDesign({ ...design, claims: [...design.claims, ...more] }, path)
}

async function namedSubjects(io: Io, named: readonly string[], iommu?: string): Promise<readonly Subject[]> {
  const on = iommuNamed(iommu)
  const found: Subject[] = []
  for (const name of named)
    found.push(...isPath(name) ? await load(io, name) : [{ design: builtIn(placedName(name, on)), path: null }])
  const elsewhere = iommu === undefined ? undefined : found.find(({ design, machine }) =>
    machine === undefined && (design.remapsDma || design.remapsInterrupts) && iommuOf(design).name !== on)
  if (elsewhere !== undefined)
    throw usage(elsewhere.path ?? '--iommu',
      `design '${elsewhere.design.name}' takes its steps on ${iommuOf(elsewhere.design).name}`,
      elsewhere.path === null ? 'leave --iommu out' : `leave --iommu out, or ${alikeOn(elsewhere, on)}`,
      'IOMMU')
  const names = found.map(({ design }) => design.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw usage(twice, 'two designs have this name', 'name each once', 'DESIGN')
  return found
}

/** What a user's own design would be on that IOMMU: the same edit, where it is one of a built-in design. */
function alikeOn({ design: { name, memoryOf } }: Subject, on: string): string {
  const base = [name.split(' ')[0]!, memoryOf ?? ''].map(one => placedName(one.replace(/@.*/, ''), on))
    .find(one => designNamed(one) !== null)
  return base === undefined ? `give it \`iommu: '${on}'\` and steps for that` : `edit designNamed('${base}') instead`
}

/** The standard one where none is named; `subject`: what names it. @throws UserError E-USAGE, with the nearest name. */
export function iommuNamed(name: string = standardIommu.name, subject = '--iommu'): string {
  const known = iommus.map(one => one.name)
  if (known.includes(name)) return name
  const meant = iommuCalled(name)
  throw usage(subject, `no IOMMU is named '${name}'`, meant !== null ? `did you mean '${meant.name}'?`
    : suggest(name.toLowerCase(), known, `there are ${known.join(', ')}`))
}

/** @throws UserError E-DESIGN, with the nearest name; E-USAGE for an IOMMU that there is not. */
export function builtIn(name: string): Design {
  const found = designNamed(name)
  if (found !== null) return found
  const change = editedName(name)
  if (change !== null) return editedDesign(builtIn(change.base), change.edits)
  if (name.includes('~'))
    throw usage(name, 'no edit of a design has this form', 'give DESIGN~CALL/STEP, or DESIGN~CALL/STEP<>STEP', 'EDIT')
  if (name.includes(','))
    throw usage(name, 'no design has a name with commas', 'name designs one after the other, with spaces', 'DESIGN')
  const elsewhere = onAnother(name)
  if (elsewhere !== null) throw elsewhere
  const [base, migration] = name.split('+')
  const isBase = migration !== undefined && everyDesign.some(design => design.name === base && !design.postsInterrupts)
  const on = base!.split('@')[1]
  const of = on === undefined ? designs : everyDesign.filter(one => iommuNameOf(one) === iommuNamed(on, name))
  const known = isBase ? migrations.map(one => `${base}+${one.name}`) : of.map(design => design.name)
  throw usage(name, 'no built-in design has this name',
    `${suggest(name, known, `there are ${known.join(', ')}`)} (give your own module by its path, ./mine.ts)`, 'DESIGN')
}

/** Where a built-in design is on another IOMMU only, and why, as far as that is known. */
export function onAnother(name: string): UserError | null {
  const [, base, on = standardIommu.name] = /^([^@+]+)(?:@(\w+))?(?:\+.*)?$/.exec(name) ?? []
  const iommu = iommus.find(one => one.name === on)
  const alike = iommu === undefined ? [] : everyDesign.filter(one => one.name.replace(/@.*/, '') === base)
  const [found] = alike
  if (found === undefined) return null
  if (iommuNameOf(found) === null) return usage(name, `'${base!}' uses no IOMMU`, `name it '${base!}'`, 'DESIGN')
  if (alike.some(one => iommuOf(one) === iommu)) return null
  const why = found.postsInterrupts && iommu!.posting === null ? `: it posts its interrupts, and this model of `
    + `${iommu!.title} posts none` : ''
  return usage(name, `'${base!}' is on ${iommuOf(found).title} only${why}`,
    `name it '${found.name}' without --iommu`, 'DESIGN')
}

async function load(io: Io, text: string): Promise<Subject[]> {
  const change = editedName(text)
  const path = change?.base ?? text
  const module = await openModule(io, path)
  const claims = parseClaims(module['claims'] ?? [], path)
  const found = designsIn(module, path).map(one => isMachine(one)
    ? subjectOfMachine(one, path) : { design: withClaims(parseDesign(one, path), claims, path), path })
  return change === null ? found : editedOnes(found, change.edits)
}

/** What a module exports to be checked. Of several such exports the longest has what the others have: none is left
 *  out unseen. @throws UserError E-DESIGN-EXPORT. */
function designsIn(module: Readonly<Record<string, unknown>>, path: string): readonly unknown[] {
  const [all, ...others] = ['designs', 'default', 'design', 'machine']
    .map(name => ({ name, has: listOf(module[name]) })).filter(({ has }) => has.length > 0)
    .sort((one, other) => other.has.length - one.has.length)
  if (all === undefined)
    throw usage(path, 'exports no design', 'export it as default, `design` or `designs`, or a `machine`',
      'DESIGN-EXPORT')
  const stray = others.find(({ has }) => !isWithin(has, all.has))
  if (stray !== undefined)
    throw usage(path, `exports as \`${stray.name}\` what its \`${all.name}\` does not have`,
      'export all that are to be checked as `designs`, or one as default', 'DESIGN-EXPORT')
  return all.has
}
const listOf = (given: unknown): readonly unknown[] => [given].flat().filter(one => one !== undefined)
const isWithin = (some: readonly unknown[], all: readonly unknown[]): boolean => some.every(one => all.includes(one))

/** Made by `machine(…)` of the modelling language. */
const isMachine = (given: unknown): given is Machine =>
  typeof given === 'object' && given !== null && 'instances' in given && 'worldDomain' in given

async function openModule(io: Io, path: string): Promise<Record<string, unknown>> {
  const file = resolve(placed(io, path))
  if (!existsSync(file))
    throw usage(path, 'no such file', 'give the path of a module that exports a design, or claims', 'DESIGN-FILE')
  return await importModule(io, path, file)
}

/** Of several designs of a module, those that have what is edited. @throws UserError E-EDIT when none has. */
function editedOnes(found: readonly Subject[], edits: string): Subject[] {
  const failed: unknown[] = []
  const made = found.flatMap(({ design, path }): Subject[] => {
    try { return [{ design: editedDesign(design, edits), path }] } catch (cause) { failed.push(cause); return [] }
  })
  if (made.length === 0 && failed.length > 0) throw failed[0]
  return made
}

async function importModule(io: Io, path: string, file: string): Promise<Record<string, unknown>> {
  try {
    if (/\.[cm]?ts$/.test(file)) await useTsx(path, file)
    await useOwnModules()
    return await recordedLoad(async () => await import(pathToFileURL(file).href) as Record<string, unknown>)
  } catch (cause) {
    if (cause instanceof UserError) throw cause
    if ((cause as { code?: unknown }).code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw noTypeScript(path, 'give the module itself as TypeScript, with tsx beside it')
    throw moduleError(path, file, cause)
  } finally {
    for (let url; told !== null && (url = receiveMessageOnPort(told) as { message: string } | undefined) !== undefined;)
      loadedNow(io, fileURLToPath(url.message))
  }
}

/** Modules of this program by their paths, and the bundle that exports them, where a clone runs them bundled
 *  (bin/clone.js). */
interface Bundled { readonly bundle: string, readonly modules: Readonly<Record<string, object>> }
const bundled = async (): Promise<Bundled> =>
  await (globalThis as unknown as Record<symbol, (() => Promise<Bundled>) | undefined>)[
    Symbol.for('remapcheck.modules')]?.() ?? { bundle: '', modules: {} }
let ownModules = false, tsx = false
/** On which the hooks name the files of the user's that they load. */
let told: MessagePort | null = null
const files = new Set<string>()
/** The user's files that this process has loaded as modules. */
export const filesLoaded = (): readonly string[] => [...files]
function loadedNow(io: Io, file: string): void {
  files.add(file)
  io.loaded?.(file)
}
/** `remapcheck/spec`, or a path into this clone, means this very program, wherever the design lies: steps are known by
 *  identity, so a second copy would not do. */
async function useOwnModules(): Promise<void> {
  if (ownModules) return
  ownModules = true
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const base = extension === 'ts' ? packageRoot : join(packageRoot, 'dist')
  const urlOf = (path: string): string => pathToFileURL(join(base, path)).href
  const own = Object.fromEntries([...entries].map(([name, path]) => [name, urlOf(`${path}.${extension}`)]))
  const { bundle, modules } = await bundled()
  const loaded = Object.fromEntries(Object.entries(modules)
    .map(([path, module]) => [urlOf(path), { path, names: Object.keys(module) }]))
  const { port1: port, port2 } = new MessageChannel()
  told = port2
  register(`data:text/javascript,${encodeURIComponent(hooks)}`,
    { data: { own, bundle, loaded, port }, transferList: [port] })
}
/** A design is an ES module. Where a project says nothing of its `.ts` files, or calls them CommonJS as `npm init`
 *  does, they are taken as what they are. */
const hooks = `let own, bundle, loaded, port
export const initialize = data => { ({ own, bundle, loaded, port } = data) }
const asModule = { commonjs: 'module', 'commonjs-typescript': 'module-typescript' }
export const resolve = async (name, context, next) => {
  const found = await next(Object.hasOwn(own, name) ? own[name] : name, context)
  const isSource = /^[^?]*\\.ts(?:\\?|$)/.test(found.url) && !found.url.includes('/node_modules/')
  return isSource && Object.hasOwn(asModule, found.format) ? { ...found, format: asModule[found.format] } : found
}
export const load = (url, context, next) => {
  if (!Object.hasOwn(loaded, url)) {
    if (url.startsWith('file:') && !url.includes('/node_modules/')) port.postMessage(url)
    return next(url, context)
  }
  const { path, names } = loaded[url]
  const source = 'import { modules } from ' + JSON.stringify(bundle) + '\\n'
    + 'const of = modules[' + JSON.stringify(path) + ']\\n'
    + names.map(name => 'export const ' + name + ' = of.' + name).join('\\n')
  return { format: 'module', source, shortCircuit: true }
}`

/** TypeScript through the user's own tsx, or that of a clone; else as Node reads it. */
async function useTsx(path: string, file: string): Promise<void> {
  if (tsx) return
  const [api] = [file, import.meta.url].flatMap(from => {
    try { return [createRequire(from).resolve('tsx/esm/api')] } catch { return [] }
  })
  if (api === undefined) {
    if ((process.features as { typescript?: unknown }).typescript) return
    throw noTypeScript(path, 'npm install --save-dev tsx, or give JavaScript')
  }
  // What `require` would get looks for its hooks in the wrong folder.
  const { register: registerTsx } =
    await import(pathToFileURL(api.replace(/\.cjs$/, '.mjs')).href) as { register: () => void }
  registerTsx()
  tsx = true
  ownModules = false // of hooks, the last are asked first
}
const noTypeScript = (path: string, next: string): UserError =>
  usage(path, `this Node (${process.version}) does not read TypeScript, and tsx is not installed beside it`, next,
    'DESIGN-TYPESCRIPT')
