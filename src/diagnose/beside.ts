/** What stands beside a log and serves its faults: tables that texts list, dumps of memory, tables of the firmware, the
 *  map of RAM, interrupts. Lines come here once a heading has told what a file has. No manual: it collects. */
import { audit } from '../audit/report.ts'
import type { AuditReport } from '../audit/report.ts'
import type { Entry } from '../audit/interrupts.ts'
import { firmwareAlarms, firmwareRows } from '../audit/firmware.ts'
import type { Raised } from '../audit/alarms.ts'
import { deviceName, spanName } from '../dump/acpi/firmware.ts'
import type { Firmware } from '../dump/acpi/firmware.ts'
import { firmwareOf } from '../dump/acpi/read.ts'
import { isTable, TableTextReader } from '../dump/acpi/text.ts'
import { byUnit, openDump } from '../dump/dump.ts'
import type { AnyDump, Dump } from '../dump/dump.ts'
import { MachineText } from '../dump/text/machine.ts'
import { TableTexts } from '../dump/text/tables.ts'
import { UserError } from '../errors.ts'
import { Irqs } from './interrupts/irqs.ts'
import type { Region } from './happening.ts'
import type { Served } from './kinds.ts'

const mostListed = 8

export class Beside {
  readonly texts = new TableTexts()
  readonly machine = new MachineText()
  readonly irqs = new Irqs()
  readonly firmware: (Firmware & { readonly path: string })[] = []
  readonly #acpi = new TableTextReader()
  readonly #memory: string[] = []
  #path = ''
  readonly #served = new Set<Served>()
  #opened: readonly AnyDump[] | null = null
  #audited: readonly AuditReport[] | null = null

  open(path: string): void { this.close(); this.#path = path; this.irqs.open(path) }
  /** The file has lines for this. */
  serve(what: Served): void { this.#served.add(what) }
  take(line: string): boolean {
    const served = this.#served
    if (served.size === 0) return false
    const text = line.startsWith('>') ? line.replace(/^(?:> ?)+/, '') : line
    return served.has('tables') && this.texts.take(text) || served.has('acpi') && this.#acpi.take(text)
      || served.has('irqs') && this.irqs.take(text) || served.has('machine') && this.machine.take(text)
  }
  close(): void {
    this.#served.clear()
    this.#acpi.end()
    for (const one of this.#acpi.tables.splice(0)) this.#table(one)
  }
  #table(one: Parameters<typeof firmwareOf>[0]): void {
    const of = firmwareOf(one)
    if (of !== null) this.firmware.push({ ...of, path: this.#path })
  }

  /** The bytes of a file that is no text. */
  bytes(path: string, head: Buffer): void {
    if (isTable(head)) this.#table({ signature: head.toString('latin1', 0, 4), bytes: head, holes: false })
    else this.#memory.push(path)
  }

  /** Of units whose tables a fault can be walked through. */
  get dumps(): readonly Dump[] {
    return this.#dumps.flatMap(dump => byUnit<Dump[]>(dump, { vtd: of => [of], amdvi: () => [] }))
  }
  /** Of all units that tables are known of; memory without registers takes those of a text. */
  get #dumps(): readonly AnyDump[] { return this.#opened ??= [...this.#ofTexts(), ...this.#ofMemory()] }
  #ofTexts(): readonly AnyDump[] {
    try { return this.texts.units.map(name => this.texts.dumpOf(name, this.texts.unit(name)?.nameless === true
      ? 'a unit that is not named' : name)) } catch (cause) {
      if (cause instanceof UserError) return []
      throw cause
    }
  }
  #ofMemory(): readonly AnyDump[] {
    const [name] = this.texts.units
    const values = name === undefined ? {} : Object.fromEntries(this.texts.unit(name)?.values ?? [])
    return this.#memory.flatMap(path => {
      try { return [openDump(path, { values, absentZero: false })] } catch (cause) {
        if (cause instanceof UserError) return []
        throw cause
      }
    })
  }

  /** Reserved for devices, by the tables of the firmware. */
  get regions(): readonly Region[] {
    return this.firmware.flatMap(({ table, path, regions }) => regions.map(({ from, to, devices, behind }): Region => ({
      from, to, unmapped: false, open: behind.length > 0, by: `${table} table, ${path}`,
      devices: [...devices.flatMap(span => span.to - span.from < 64
        ? Array.from({ length: span.to - span.from + 1 }, (_, i) => deviceName(span.from + i, span.segment))
        : [spanName(span)]), ...behind] })))
  }
  /** What else sends by an id, as the tables of the firmware have it: `I/O APIC 0x2`; null where nothing does. */
  special(device: string): { readonly what: string; readonly by: string } | null {
    for (const { table, path, units } of this.firmware)
      for (const { kind, id, device: of } of units.flatMap(unit => unit.specials))
        if (of === device) return { what: `${kind} 0x${id.toString(16)}`, by: `${table} table, ${path}` }
    return null
  }

  /** What is there, in sentences. */
  says(): readonly string[] {
    const several = (n: number, what: string, many = `${what}s`): string => `${n} ${n === 1 ? what : many}`
    const alarms = this.alarms()
    const list = (['error', 'warning'] as const).flatMap(severity => {
      const codes = [...new Set(alarms.filter(one => one.severity === severity).map(({ code }) => code))]
      return codes.length === 0 ? [] : [`${several(codes.length, `sort of ${severity}`, `sorts of ${severity}`)}: `
        + codes.join(', ')]
    })
    const parts = [
      ...this.#audits.map(({ dump: { unit, path }, unit: { mode }, devices, interrupts: { known, entries } }) =>
        `tables of ${unit ?? path}: ${[...mode === 'unknown' ? [] : [several(devices.length, 'device')],
          ...known ? [several(entries.length, 'interrupt entry', 'interrupt entries')] : []].join(', ')
          || 'registers or queue alone'}`),
      ...firmwareRows(this).flatMap(({ table, flags, units, regions, doubts }) => [
        `${table} of the firmware: ${[...flags, several(units.length, 'unit'),
          several(regions.length, 'reserved region'), ...doubts].join('; ')}`,
        ...units.slice(0, mostListed).map(({ name, base, covers }) => `${name}, registers at ${base}: `
          + covers.join('; ')),
        ...regions.slice(0, mostListed).map(({ from, to, devices }) => `reserved: ${from} to ${to} for `
          + (devices.join(', ') || 'all devices')),
      ]),
      ...this.texts.xen.domains.size === 0 ? [] : [`page tables of ${several(this.texts.xen.domains.size, 'domain')} `
        + `of Xen: `
        + several(this.texts.xen.pages.size, 'page')],
      ...this.irqs.rows.size === 0 ? [] : [`/proc/interrupts: ${several(this.irqs.rows.size, 'row')}`],
      ...this.irqs.traced === null ? [] : [`events of vectors: ${this.irqs.traced}`],
    ]
    const judged = this.firmware.length > 0
      || this.#dumps.some(({ shows: { translation, interrupts } }) => translation || interrupts)
    return [...parts, ...!judged ? [] : [list.length === 0 ? 'remapcheck audit finds no error and no warning in them'
      : `remapcheck audit finds in them ${list.join('; ')}`]]
  }

  /** Entries of interrupt tables with a vector. */
  entriesOf(vector: number): readonly (Entry & { readonly unit: string })[] {
    return this.#audits.flatMap(({ dump: { unit, path }, interrupts }) => interrupts.entries
      .filter(entry => entry.vector === vector).map(entry => ({ ...entry, unit: unit ?? path })))
  }

  /** What the tables and the firmware give rise to, as `audit` finds it. */
  alarms(): readonly Raised[] {
    return [...this.#audits.flatMap(of => of.alarms), ...firmwareAlarms(this, [])]
  }
  get #audits(): readonly AuditReport[] { return this.#audited ??= this.#dumps.map(dump => ended(dump)) }
}

function ended(dump: AnyDump): AuditReport {
  const steps = audit(dump)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
