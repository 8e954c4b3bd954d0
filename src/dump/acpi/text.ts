/** ACPI tables as people have them: the bytes themselves, acpidump's hexadecimal, or the text of iasl, from whose
 *  offsets and lengths the bytes are put together again (ACPICA's acpidump and iasl: facts about their texts). */

/** One table: its bytes, and whether the text lacked some in between. */
export interface TableBytes { readonly signature: string; readonly bytes: Buffer; readonly holes: boolean }

const signatures = ['DMAR', 'IVRS']
/** No table of an IOMMU has as much. */
const most_bytes = 1 << 20

export const isTable = (head: Buffer): boolean =>
  signatures.includes(head.toString('latin1', 0, 4)) && head.length >= 8 && head[7] === 0

const hexHead = /^([A-Z0-9]{4}) @ 0x[0-9a-f]+/i
const hexLine = /^\s*([0-9a-f]{4,8}):((?: [0-9a-f]{2}){1,16})(?:\s|$)/i
const field = /^\[([0-9a-f]+)h (\d+)\s+([0-9a-f]+)(h?)\]\s*([^:]*?) : (.*)$/i

/** Takes lines; `tables` are those that were there. */
export class TableTextReader {
  readonly tables: TableBytes[] = []
  #signature = ''
  #bytes = Buffer.alloc(0)
  #have = new Set<number>()

  take(line: string): boolean {
    const head = hexHead.exec(line), of = field.exec(line), dump = hexLine.exec(line)
    if (head !== null) { this.#end(); this.#signature = head[1]!; return signatures.includes(head[1]!) }
    if (of !== null) return this.#field(of)
    if (dump === null) return false
    const at = parseInt(dump[1]!, 16)
    const bytes = Buffer.from(dump[2]!.replaceAll(' ', ''), 'hex')
    if (at === 0) {
      // The raw data at the end of iasl's text is the same table once more, and whole.
      if (this.#have.size > 0 && bytes.toString('latin1', 0, 4) !== this.#bytes.toString('latin1', 0, 4)) this.#end()
      this.#signature = bytes.toString('latin1', 0, 4)
    }
    if (!signatures.includes(this.#signature)) return false
    this.#put(at, bytes)
    return true
  }
  end(): void { this.#end() }

  #field([, offset, , length, isHex, name, value]: RegExpExecArray): boolean {
    const at = parseInt(offset!, 16), bytes = parseInt(length!, isHex === '' ? 10 : 16)
    if (at === 0 && /^Signature$/i.test(name!.trim())) {
      this.#end()
      this.#signature = /"(\w{4})"/.exec(value!)?.[1] ?? ''
    }
    if (!signatures.includes(this.#signature) || bytes > 4096) return signatures.includes(this.#signature)
    const found = bytesOf(value!.trim(), bytes)
    if (found !== null) this.#put(at, found)
    return true
  }

  #put(at: number, bytes: Buffer): void {
    if (at + bytes.length > most_bytes) return
    if (this.#bytes.length < at + bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at + bytes.length - this.#bytes.length)])
    this.#bytes.set(bytes, at)
    for (let i = at; i < at + bytes.length; i++) this.#have.add(i)
  }
  #end(): void {
    if (this.#have.size > 0 && signatures.includes(this.#signature))
      this.tables.push({ signature: this.#signature, bytes: this.#bytes, holes: this.#have.size < this.#bytes.length })
    this.#signature = ''
    this.#bytes = Buffer.alloc(0)
    this.#have = new Set()
  }
}

/** A text in quotes, numbers of a byte each, or one number, lowest byte first. */
function bytesOf(value: string, length: number): Buffer | null {
  const quoted = /^"([^"]*)"/.exec(value)
  if (quoted !== null) return Buffer.from(quoted[1]!.padEnd(length, '\0').slice(0, length), 'latin1')
  const digits = /^(?:[0-9a-f]{2}[ ,])*[0-9a-f]+/i.exec(value)?.[0]
  if (digits === undefined) return null
  const parts = digits.split(/[ ,]/)
  if (parts.length > 1) return Buffer.from(parts.map(part => parseInt(part, 16)).slice(0, length))
  if (digits.length > 2 * length) return null
  return Buffer.from(digits.padStart(2 * length, '0'), 'hex').reverse()
}
