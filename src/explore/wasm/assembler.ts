/** WebAssembly as nested arrays of bytes: as much of an assembler as generated search code needs (core specification
 *  2.0, chapter 5; threads proposal). */

export type Code = readonly (number | Uint8Array | Code)[]

/** Unsigned and signed LEB128. */
export function uleb(value: number): number[] {
  const bytes = []
  do {
    const low = value % 128
    value = Math.floor(value / 128)
    bytes.push(value > 0 ? low | 128 : low)
  } while (value > 0)
  return bytes
}
function sleb32(value: number): number[] {
  for (const bytes: number[] = []; ;) {
    const low = value & 127
    value >>= 7
    if (value === 0 && (low & 64) === 0 || value === -1 && (low & 64) !== 0) { bytes.push(low); return bytes }
    bytes.push(low | 128)
  }
}
function sleb(value: bigint): number[] {
  for (const bytes: number[] = []; ;) {
    const low = Number(value & 127n)
    value >>= 7n
    if (value === 0n && (low & 64) === 0 || value === -1n && (low & 64) !== 0) return [...bytes, low]
    bytes.push(low | 128)
  }
}

export const i32 = (value: number): Code => [0x41, sleb32(value)]
export const i64 = (value: bigint): Code => [0x42, ...sleb(BigInt.asIntN(64, value))]
/** Shared: most of the code is made of these. */
const gets = Array.from({ length: 128 }, (_, local): Code => [0x20, local])
export const get = (local: number): Code => gets[local] ?? [0x20, uleb(local)]
export const set = (local: number, value: Code): Code => [value, 0x21, uleb(local)]
export const tee = (local: number, value: Code): Code => [value, 0x22, ...uleb(local)]
export const getGlobal = (index: number): Code => [0x23, ...uleb(index)]
export const setGlobal = (index: number, value: Code): Code => [value, 0x24, ...uleb(index)]

const binary = (opcode: number) => (a: Code, b: Code): Code => [a, b, opcode]
export const eq = binary(0x46), ne = binary(0x47), ltU = binary(0x49), gtS = binary(0x4a), gtU = binary(0x4b),
  geU = binary(0x4f)
export const add = binary(0x6a), sub = binary(0x6b), mul = binary(0x6c), divU = binary(0x6e), and = binary(0x71),
  or = binary(0x72), xor = binary(0x73)
export const shl = binary(0x74), shrU = binary(0x76)
export const eq64 = binary(0x51), ne64 = binary(0x52), mul64 = binary(0x7e), add64 = binary(0x7c), and64 = binary(0x83),
  or64 = binary(0x84), xor64 = binary(0x85)
export const shl64 = binary(0x86), shrU64 = binary(0x88)
/** `a` where `condition` is not 0, else `b`: without a branch. */
export const select = (a: Code, b: Code, condition: Code): Code => [a, b, condition, 0x1b]
export const eqz = (a: Code): Code => [a, 0x45]
export const eqz64 = (a: Code): Code => [a, 0x50]
export const wrap = (a: Code): Code => [a, 0xa7]
export const extend = (a: Code): Code => [a, 0xad]

export const load = (address: Code, offset = 0): Code => [address, 0x28, 2, uleb(offset)]
export const load16 = (address: Code, offset = 0): Code => [address, 0x2f, 1, ...uleb(offset)]
export const load64 = (address: Code, offset = 0): Code => [address, 0x29, 3, ...uleb(offset)]
export const store = (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, 2, uleb(offset)]
export const store16 = (address: Code, value: Code, offset = 0): Code => [address, value, 0x3b, 1, ...uleb(offset)]
export const store64 = (address: Code, value: Code, offset = 0): Code => [address, value, 0x37, 3, ...uleb(offset)]
export const atomicLoad = (address: Code, offset = 0): Code => [address, 0xfe, 0x10, 2, ...uleb(offset)]
export const atomicLoad64 = (address: Code, offset = 0): Code => [address, 0xfe, 0x11, 3, ...uleb(offset)]
export const atomicAdd = (address: Code, value: Code, offset = 0): Code =>
  [address, value, 0xfe, 0x1e, 2, ...uleb(offset)]
export const exchange = (address: Code, expected: Code, value: Code, offset = 0): Code =>
  [address, expected, value, 0xfe, 0x48, 2, ...uleb(offset)]
export const exchange64 = (address: Code, expected: Code, value: Code, offset = 0): Code =>
  [address, expected, value, 0xfe, 0x49, 3, ...uleb(offset)]

/** Two 64-bit numbers side by side. */
export const loadPair = (address: Code, offset = 0): Code => [address, 0xfd, 0x00, 4, ...uleb(offset)]
export const pairOf = (a: Code): Code => [a, 0xfd, 0x12]
export const eqPairs = (a: Code, b: Code): Code => [a, b, 0xfd, 0xd6, 0x01]
export const orPairs = (a: Code, b: Code): Code => [a, b, 0xfd, 0x50]
export const anyTrue = (a: Code): Code => [a, 0xfd, 0x53]

const none = 0x40
export const block = (...body: Code): Code => [0x02, none, body, 0x0b]
export const loop = (...body: Code): Code => [0x03, none, body, 0x0b]
export const when = (condition: Code, then: Code, otherwise: Code | null = null): Code =>
  otherwise === null || otherwise.length === 0 ? [condition, 0x04, none, then, 0x0b]
    : [condition, 0x04, none, then, 0x05, otherwise, 0x0b]
/** Leaves `depth` blocks, or begins a loop anew. */
export const br = (depth: number): Code => [0x0c, ...uleb(depth)]
export const brIf = (depth: number, condition: Code): Code => [condition, 0x0d, ...uleb(depth)]
export const brTable = (index: Code, depths: readonly number[], otherwise: number): Code =>
  [index, 0x0e, ...uleb(depths.length), depths.map(uleb), ...uleb(otherwise)]
export const ret = (value: Code): Code => [value, 0x0f]
export const call = (index: number, ...args: Code): Code => [args, 0x10, ...uleb(index)]
export const drop = (value: Code): Code => [value, 0x1a]

export type ValueType = 'i32' | 'i64' | 'v128'
const typeCode = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const
export interface Signature { readonly params: readonly ValueType[]; readonly results: readonly ValueType[] }
export interface Func extends Signature {
  readonly name: string | null
  readonly locals: readonly ValueType[]
  readonly body: Code
}
export interface ModuleSpec {
  /** Shared memory, imported as `env.memory`, in pages of 64 KiB. */
  readonly pages: number
  /** Imported functions `env.NAME`; they come first in the numbering. */
  readonly imports: readonly (Signature & { readonly name: string })[]
  /** Immutable i32 globals imported as `env.NAME`; then come mutable ones of the module's own. */
  readonly globals: readonly string[]
  readonly ownGlobals: number
  readonly functions: readonly Func[]
}

/** Grows with the largest code so far. */
let buffer = new Uint8Array(1 << 16)
function write(code: Code, at: number): number {
  for (let i = 0; i < code.length; i++) {
    const part = code[i]!
    if (typeof part === 'number') {
      if (at === buffer.length) grow(at + 1)
      buffer[at++] = part
    } else if (part instanceof Uint8Array) {
      if (at + part.length > buffer.length) grow(at + part.length)
      buffer.set(part, at)
      at += part.length
    } else at = write(part, at)
  }
  return at
}
function grow(least: number): void {
  const bigger = new Uint8Array(Math.max(2 * buffer.length, least))
  bigger.set(buffer)
  buffer = bigger
}
function flat(code: Code): Uint8Array<ArrayBuffer> {
  const end = write(code, 0)
  return buffer.slice(0, end)
}
const vector = (items: readonly Code[]): Code => [...uleb(items.length), items]
const text = (of: string): Code => vector([...new TextEncoder().encode(of)].map(byte => [byte]))
function section(id: number, body: Code): Code {
  const bytes = flat(body)
  return [id, ...uleb(bytes.length), bytes]
}

/** The module's bytes. */
export function assemble({ pages, imports, globals, ownGlobals, functions }: ModuleSpec): Uint8Array<ArrayBuffer> {
  const signatures = [...imports, ...functions]
  const env = text('env')
  return flat([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    section(1, vector(signatures.map(({ params, results }) =>
      [0x60, vector(params.map(one => [typeCode[one]])), vector(results.map(one => [typeCode[one]]))]))),
    section(2, vector([
      [env, text('memory'), 0x02, 0x03, ...uleb(pages), ...uleb(pages)],
      ...imports.map(({ name }, i): Code => [env, text(name), 0x00, ...uleb(i)]),
      ...globals.map((name): Code => [env, text(name), 0x03, 0x7f, 0x00]),
    ])),
    section(3, vector(functions.map((_, i) => uleb(imports.length + i)))),
    section(6, vector(Array.from({ length: ownGlobals }, () => [0x7f, 0x01, i32(0), 0x0b]))),
    section(7,
      vector(functions.flatMap(({ name }, i) =>
        name === null ? [] : [[text(name), 0x00, ...uleb(imports.length + i)]]))),
    section(10, vector(functions.map(({ locals, body }) => {
      const bytes = flat([vector(locals.map(one => [1, typeCode[one]])), body, 0x0b])
      return [...uleb(bytes.length), bytes]
    }))),
  ])
}
