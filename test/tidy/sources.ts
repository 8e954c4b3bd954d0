/** The sources as the compiler sees them: files, imports, functions. TypeScript's own parser, so nothing is guessed
 *  from text. */
import { existsSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { API } from 'typescript/unstable/sync'
import { SyntaxKind } from 'typescript/unstable/ast'
import type { Node } from 'typescript/unstable/ast'

export interface Import { readonly from: string; readonly typeOnly: boolean }
export interface Fn { readonly name: string; readonly line: number; readonly lines: number; readonly calledBy: string }
export interface Source {
  /** Relative to the root, with slashes. */
  readonly path: string
  readonly text: string
  /** Files of the project that it imports. */
  readonly imports: readonly Import[]
  readonly functions: readonly Fn[]
  /** Lines with the type `any`. */
  readonly anys: readonly number[]
  /** Text and line of each call and member access: `Date.now`. */
  readonly accesses: readonly { readonly text: string; readonly line: number }[]
  /** What is called, with its last argument. */
  readonly calls: readonly { readonly text: string; readonly last: string; readonly line: number }[]
  /** Fields of object literals: `timeout: 5`. */
  readonly fields: readonly { readonly name: string; readonly value: string; readonly line: number }[]
  /** Text and line of what branches depend on. */
  readonly conditions: readonly { readonly text: string; readonly line: number }[]
  readonly strings: readonly string[]
}

/** Every TypeScript file of the project at `root`, in the order of paths. */
export function readSources(root: string): Source[] {
  const api = new API({ cwd: root })
  try {
    const openProjects = ['tsconfig.json', 'src/page/tsconfig.json'].map(name => join(root, name)).filter(existsSync)
    const own = new Map(api.updateSnapshot({ openProjects }).getProjects().flatMap(({ program }) =>
      program.getSourceFileNames()
        .filter(name => name.startsWith(`${root}/`) && !name.includes('/node_modules/') && /\.tsx?$/.test(name))
        .map(name => [name, program] as const)))
    return [...own].toSorted(([a], [b]) => a < b ? -1 : 1)
      .map(([name, program]) => sourceOf(root, name, program.getSourceFile(name)!))
  } finally { api.close() }
}

const functionKinds = [
  SyntaxKind.FunctionDeclaration, SyntaxKind.FunctionExpression, SyntaxKind.ArrowFunction, SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor, SyntaxKind.SetAccessor,
]
const branches: Readonly<Record<number, string>> = {
  [SyntaxKind.IfStatement]: 'expression', [SyntaxKind.SwitchStatement]: 'expression',
  [SyntaxKind.ConditionalExpression]: 'condition',
}

function sourceOf(root: string, name: string, file: Node & { readonly text: string }): Source {
  const { text } = file
  const found = { imports: [] as Import[], functions: [] as Fn[], anys: [] as number[],
    accesses: [] as { text: string; line: number }[],
    calls: [] as { text: string; last: string; line: number }[],
    fields: [] as { name: string; value: string; line: number }[],
    conditions: [] as { text: string; line: number }[], strings: [] as string[] }
  const textOf = (node: Node): string => text.slice(node.pos, node.end).replace(/^(?:\s+|\/\*[^]*?\*\/|\/\/.*\n)+/, '')
  const lineOf = (node: Node): number => text.slice(0, node.end - textOf(node).length).split('\n').length
  const visit = (node: Node, parent: Node): void => {
    const { kind } = node
    const parts = node as unknown as Readonly<Record<string, Node | undefined>>
    if (kind === SyntaxKind.ImportDeclaration || kind === SyntaxKind.ExportDeclaration) importOf(node, found.imports)
    if (functionKinds.includes(kind)) {
      const caller = parent.kind === SyntaxKind.CallExpression
        ? textOf((parent as unknown as { expression: Node }).expression) : ''
      found.functions.push({ name: parts['name'] === undefined ? '' : textOf(parts['name']), line: lineOf(node),
        lines: textOf(node).split('\n').length, calledBy: caller })
    }
    if (kind === SyntaxKind.AnyKeyword) found.anys.push(lineOf(node))
    if (kind === SyntaxKind.PropertyAccessExpression || kind === SyntaxKind.NewExpression)
      found.accesses.push({ text: textOf(node), line: lineOf(node) })
    if (kind === SyntaxKind.CallExpression) {
      const last = (node as unknown as { arguments: readonly Node[] }).arguments.at(-1)
      found.calls.push({ text: textOf(parts['expression']!), last: last === undefined ? '' : textOf(last),
        line: lineOf(node) })
    }
    if (kind === SyntaxKind.PropertyAssignment)
      found.fields.push({ name: textOf(parts['name']!), value: textOf(parts['initializer']!), line: lineOf(node) })
    const condition = branches[kind]
    if (condition !== undefined) found.conditions.push({ text: textOf(parts[condition]!), line: lineOf(node) })
    if (kind === SyntaxKind.StringLiteral || kind === SyntaxKind.NoSubstitutionTemplateLiteral)
      found.strings.push((node as unknown as { text: string }).text)
    node.forEachChild(child => { visit(child, node) })
  }
  const importOf = (node: Node, into: Import[]): void => {
    const specifier = (node as unknown as { moduleSpecifier?: { text: string } }).moduleSpecifier?.text
    if (specifier === undefined || !specifier.startsWith('.')) return
    const typeOnly = /^(?:import|export)\s+type\b/.test(textOf(node))
    into.push({ from: relative(root, resolve(dirname(name), specifier)).replaceAll('\\', '/'), typeOnly })
  }
  file.forEachChild(child => { visit(child, file) })
  return { path: relative(root, name).replaceAll('\\', '/'), text, ...found }
}
