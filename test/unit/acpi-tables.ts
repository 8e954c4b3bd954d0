/** ACPI tables of IOMMUs as bytes, and as acpidump and iasl print them. */
const u = (width: 1 | 2 | 4 | 8, value: number | bigint): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes.subarray(0, width)
}
function table(signature: string, rest: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from(signature), u(4, 36 + rest.length), u(1, 1), u(1, 0), Buffer.from('OEM   '),
    Buffer.from('TABLE   '), u(4, 1), Buffer.from('INTL'), u(4, 1), rest])
  bytes[9] = 256 - bytes.reduce((sum, byte) => sum + byte & 0xff, 0) & 0xff
  return bytes
}
/** `type`: 1 endpoint, 2 bridge, 3 I/O APIC, 4 HPET; `path`: device and function, again below each bridge. */
export const scope = (type: number, id: number, bus: number, ...path: readonly number[]): Buffer =>
  Buffer.concat([u(1, type), u(1, 6 + path.length), u(2, 0), u(1, id), u(1, bus), Buffer.from(path)])
const structure = (type: number, body: Buffer): Buffer => Buffer.concat([u(2, type), u(2, body.length + 4), body])
export const drhd = (base: number, flags: number, ...scopes: readonly Buffer[]): Buffer =>
  structure(0, Buffer.concat([u(1, flags), u(1, 0), u(2, 0), u(8, base), ...scopes]))
export const rmrr = (from: number, to: number, ...scopes: readonly Buffer[]): Buffer =>
  structure(1, Buffer.concat([u(2, 0), u(2, 0), u(8, from), u(8, to), ...scopes]))
export const dmar = (flags: number, ...structures: readonly Buffer[]): Buffer =>
  table('DMAR', Buffer.concat([u(1, 38), u(1, flags), Buffer.alloc(10), ...structures]))

const select = (type: number, id: number, flags = 0): Buffer => Buffer.concat([u(1, type), u(2, id), u(1, flags)])
/** `alias`: of entries of 8 bytes. */
export const entry = (type: number, id: number, alias?: number): Buffer =>
  alias === undefined ? select(type, id) : Buffer.concat([select(type, id), u(1, 0), u(2, alias), u(1, 0)])
export const special = (handle: number, id: number, variety: 1 | 2): Buffer =>
  Buffer.concat([u(1, 0x48), u(2, 0), u(1, 0), u(1, handle), u(2, id), u(1, variety)])
export const ivhd = (type: 0x10 | 0x11 | 0x40, id: number, base: number, ...entries: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(entries), head = type === 0x10 ? 24 : 40
  return Buffer.concat([u(1, type), u(1, 0), u(2, head + body.length), u(2, id), u(2, 0x40), u(8, base), u(2, 0), u(2,
    0),
  u(4, 0), Buffer.alloc(head - 24), body])
}
export const ivmd = (type: 0x20 | 0x21 | 0x22, id: number, last: number, from: number, length: number, flags: number):
  Buffer => Buffer.concat([u(1, type), u(1, flags), u(2, 32), u(2, id), u(2, last), u(8, 0), u(8, from), u(8, length)])
export const ivrs = (...blocks: readonly Buffer[]): Buffer =>
  table('IVRS', Buffer.concat([u(4, 0x203043), Buffer.alloc(8), ...blocks]))

const lines = (bytes: Buffer, before: string): string[] =>
  Array.from({ length: Math.ceil(bytes.length / 16) }, (_, i) => {
    const part = [...bytes.subarray(i * 16, i * 16 + 16)].map(byte => byte.toString(16).padStart(2, '0').toUpperCase())
    return `${before}${(i * 16).toString(16).padStart(4, '0').toUpperCase()}: ${part.join(' ').padEnd(47)}  ascii...`
  })
export const acpidump = (bytes: Buffer): string =>
  [`${bytes.toString('latin1', 0, 4)} @ 0x0000000000000000`, ...lines(bytes, '    '), ''].join('\n')
/** Fields of no table but a DMAR's head, one unit and one region are named here. */
export function iasl(bytes: Buffer, fields: readonly (readonly [at: number, length: number, name: string])[],
  raw: boolean): string {
  const row = ([at, length, name]: readonly [number, number, string]): string => {
    const part = bytes.subarray(at, at + length)
    const value = name === 'Signature' ? `"${part.toString('latin1')}"    [a table]`
      : name === 'PCI Path' ? [...part].map(byte => byte.toString(16).padStart(2, '0').toUpperCase()).join(',')
        : Buffer.from(part).reverse().toString('hex').toUpperCase()
    return `[${at.toString(16).padStart(3, '0').toUpperCase()}h ${String(at).padStart(4, '0')} `
      + `${length.toString(16).padStart(3, '0').toUpperCase()}h] ${name.padStart(27)} : ${value}`
  }
  return ['/*', ' * Intel ACPI Component Architecture', ' */', '', ...fields.map(row), '',
    ...raw ? [`Raw Table Data: Length ${bytes.length} (0x${bytes.length.toString(16).toUpperCase()})`, '',
      ...lines(bytes, '    ').map(line => line.replace('ascii...', '// ascii'))] : [], ''].join('\n')
}
