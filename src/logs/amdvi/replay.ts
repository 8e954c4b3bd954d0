/** Sends each event of an AMD unit to the caches and checks that it concerns. */
import type { Command } from '../../../spec/amdvi/index.ts'
import type { EntryLedger } from '../replay/entries.ts'
import { Doubts } from '../replay/doubts.ts'
import { UnremappedReplay } from '../replay/unremapped.ts'
import type { TableTrail, Trail } from '../replay/trail.ts'
import type { UnitFacts } from '../side.ts'
import { CommandReplay } from './commands.ts'
import type { AmdviEvent, CommandDone } from './event.ts'
import { InterruptReplay } from './interrupts.ts'
import { PageReplay } from './pages.ts'
import type { Placing } from './placing.ts'
import { FaultReplay, RegisterReplay } from './registers.ts'

type Handlers = { readonly [K in AmdviEvent['kind']]: (event: Extract<AmdviEvent, { readonly kind: K }>) => void }

/** Commands that make the unit forget interrupt entries, and device table entries; for a dump only. */
export interface Forgotten {
  readonly interrupts: number[]
  readonly devices: { readonly line: number; readonly device: number }[]
}

export interface ReplayOptions {
  readonly entries: EntryLedger
  readonly trail: Trail | null
  readonly tableTrail: TableTrail | null
  /** Told of commands, to find where a dump was made. */
  readonly placing: Placing | null
}

export class AmdviReplay {
  readonly #entries: EntryLedger
  readonly #pages: PageReplay
  readonly #interrupts: InterruptReplay
  readonly #registers: RegisterReplay
  readonly doubts = new Doubts()
  readonly #commands = new CommandReplay(this.doubts)
  readonly #unremapped = new UnremappedReplay()
  readonly #faults = new FaultReplay()
  readonly #placing: Placing | null
  readonly #handlers: Handlers
  readonly forgotten: Forgotten = { interrupts: [], devices: [] }

  /** @param capacity how many translations the unit holds at most. */
  constructor(capacity: number, { entries, trail, tableTrail, placing }: ReplayOptions) {
    this.#entries = entries
    this.#pages = new PageReplay(trail, capacity, this.doubts)
    this.#interrupts = new InterruptReplay(entries, tableTrail, this.doubts)
    this.#registers = new RegisterReplay(entries)
    this.#placing = placing
    this.#handlers = { ...this.#ofCaches(), ...this.#ofCommands(), ...this.#ofMessages() }
  }

  take(event: AmdviEvent): void {
    this.#faults.next(event)
    ;(this.#handlers[event.kind] as (event: AmdviEvent) => void)(event)
  }

  facts(): Omit<UnitFacts, 'tables'> {
    this.doubts.settle()
    return {
      entries: this.#entries.report(), iotlb: this.#pages.pages(), contexts: this.#pages.devices(),
      irtes: this.#interrupts.report(), queue: this.#commands.report(), registers: this.#registers.report(),
      faults: this.#faults.report(), unremapped: this.#unremapped.report(),
    }
  }

  #ofCaches(): Pick<Handlers, 'pageFill' | 'pageHit' | 'result' | 'dropped'> {
    return {
      pageFill: event => {
        const unwaited = this.#pages.fill(event)
        if (unwaited !== null) this.#commands.reliedOn(unwaited)
      },
      pageHit: event => this.#pages.hit(event),
      result: event => this.#pages.result(event),
      dropped: ({ by, at }) => this.#pages.empty(by, at.line),
    }
  }

  #keep(command: Command, line: number): void {
    if (command.type === 'interrupts' || command.type === 'all') this.forgotten.interrupts.push(line)
    if (command.type === 'devtab') this.forgotten.devices.push({ line, device: command.device })
  }

  #ofCommands(): Pick<Handlers, 'command' | 'done' | 'wait' | 'unknownCommand' | 'control' | 'access'> {
    return {
      command: event => { this.#commands.fetched(event); this.#placing?.fetched(event) },
      done: event => {
        this.#commands.done(event.what, event.at.line)
        this.#placing?.done()
        const command = commandOf(event)
        if (command === null) return
        if (this.#placing !== null) this.#keep(command, event.at.line)
        this.#pages.invalidate(command, event.at)
        if (command.type === 'interrupts' || command.type === 'all') this.#interrupts.invalidate(event.at.line)
      },
      wait: event => {
        this.#commands.wait(event)
        this.#placing?.waited(event)
        this.#pages.waited()
        this.#interrupts.waited(event.at)
      },
      unknownCommand: event => this.#commands.unknown(event),
      control: event => {
        const changed = this.#registers.control(event)
        if (changed.includes('CmdBufEn=1')) this.#commands.restarted()
        for (const on of [0, 1]) if (changed.includes(`IommuEn=${on}`)) this.#unremapped.enable(on === 1)
      },
      access: event => this.#registers.access(event),
    }
  }

  #ofMessages(): Pick<Handlers, 'message' | 'entryAt' | 'entry' | 'became' | 'refused'> {
    return {
      message: ({ device }) => {
        this.#interrupts.message()
        this.#faults.message(device)
      },
      entryAt: ({ address }) => this.#interrupts.at(address),
      entry: event => this.#interrupts.read(event),
      became: event => {
        this.#faults.messageEnded()
        if (this.#interrupts.became(event)) return
        this.#unremapped.passed({ kind: 'unremapped', at: event.at, ...event.from })
      },
      refused: event => this.#faults.refused(event),
    }
  }
}

/** As the manual's, where it removes entries of caches. Pages are of the whole domain: no range is printed. */
function commandOf({ what, id }: CommandDone): Command | null {
  switch (what) {
    case 'devtab': return { type: 'devtab', device: id! }
    case 'pages': return { type: 'pages', domain: id!, page: 0, pages: Infinity, directories: true }
    // No device is printed.
    case 'interrupts': return { type: 'interrupts', device: 0 }
    case 'all': return { type: 'all' }
    default: return null
  }
}
