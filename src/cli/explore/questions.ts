/** The questions of the explorer's page, checked and answered. */
import { join } from 'node:path'
import * as v from 'valibot'
import { boundsOf, boundsOfTrace, checkCapabilities } from '../../check/bounds-text.ts'
import type { Subject } from '../../check/subject.ts'
import { errorText, longestWay, mostStates, Walk } from '../../check/walk.ts'
import { isPrintable, usage } from '../../errors.ts'
import type { ExploreStart, Ground, Op, Question, Refused, Saved, Searched, Walked } from '../../page/live.ts'
import { traceStyle } from '../../report/trace-style.ts'
import type { TraceStyle } from '../../report/view.ts'
import { counted } from '../../text/count.ts'
import { shellWord } from '../../text/shell.ts'
import { saveTrace } from '../../trace/store.ts'
import type { StoredTrace } from '../../trace/store.ts'
import { claimsOf } from '../../../properties/index.ts'
import { bounds, showBounds } from '../../../spec/bounds.ts'
import { scopesFor, scopesOn } from '../../../spec/scopes.ts'
import { placed, shown } from '../io.ts'
import type { Io } from '../io.ts'
import { located } from '../samples.ts'

/** What is explored: designs, the one to begin with, its bounds, and the steps to begin with. */
export interface Tour {
  readonly subjects: readonly Subject[]
  readonly ground: Ground
  readonly way: readonly Op[]
  readonly known: readonly StoredTrace[]
  /** What no longer fits of these steps, for people; empty where they do what they did. */
  readonly notes: readonly string[]
}

const word = v.pipe(v.string(), v.maxLength(200), v.check(isPrintable))
const ground = v.strictObject({ design: word, bounds: v.pipe(v.string(), v.maxLength(1000)) })
const op = v.strictObject({ action: word, args: v.record(word, v.union([v.number(), word, v.boolean(), v.null()])) })
const way = v.pipe(v.array(op), v.maxLength(longestWay))
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const questions = v.variant('ask', [
  v.strictObject({ ask: v.literal('start'), ground }),
  v.strictObject({ ask: v.literal('walk'), ground, way, from: count }),
  v.strictObject({ ask: v.literal('search'), ground, way,
    states: v.pipe(count, v.minValue(1), v.maxValue(mostStates)) }),
  v.strictObject({ ask: v.literal('save'), ground, way }),
])

/** Ways that were walked go here, below the user's folder. */
const folder = join('traces', 'explored')

export class Questions {
  /** Machines by their ground; the one asked about last is last. */
  private readonly walks = new Map<string, Walk>()
  constructor(private readonly tour: Tour, private readonly io: Io) {}

  /** Never throws for what was asked: a mistake is an answer. */
  async answer(given: unknown, signal: AbortSignal): Promise<ExploreStart | Walked | Searched | Saved | Refused> {
    const parsed = v.safeParse(questions, given)
    if (!parsed.success) return { error: `the question is none: ${v.getDotPath(parsed.issues[0]) ?? ''} `
      + parsed.issues[0].message }
    try { return await this.answerTo(parsed.output as Question, signal) } catch (cause) {
      return { error: errorText(cause) }
    }
  }

  private async answerTo(question: Question, signal: AbortSignal):
  Promise<ExploreStart | Walked | Searched | Saved> {
    if (question.ask === 'start') return this.start(question.ground)
    const walk = this.walkOn(this.settled(question.ground))
    switch (question.ask) {
      case 'walk': return walk.walk(question.way, question.from)
      case 'search':
        return await walk.search(question.way, question.states, AbortSignal.any([signal, this.io.signal]))
      case 'save': {
        const path = shown(this.io, saveTrace(placed(this.io, folder), walk.trace(question.way)))
        const { path: module } = this.subjectOf(question.ground)
        return { path, command: ['npx remapcheck replay', shellWord(path),
          ...module === null ? [] : ['--design', shellWord(module)]].join(' ') }
      }
    }
  }

  /** What the page begins with. @throws UserError. */
  start(asked: Ground): ExploreStart {
    const { subjects, way: steps, known, notes } = this.tour, subject = this.subjectOf(asked), { design } = subject
    const of = this.settled(asked)
    const begun = of.design === this.tour.ground.design && of.bounds === this.tour.ground.bounds
    return {
      ground: of, says: design.says, trace: this.walkOn(of).start(),
      way: begun ? steps : [], notes: begun ? notes : [],
      designs: subjects.map(one => ({ name: one.design.name, says: one.design.says })),
      scopes: scopesOn(design, scopesFor([design])).map(scope =>
        ({ name: scope.name, says: scope.says, bounds: showBounds(scope.bounds) })),
      claims: claimsOf(design).map(({ property: { name, claim } }) => ({ name, says: claim })),
      known: known.filter(({ trace }) => trace.design === design.name).map(({ path, trace }) => ({
        name: trace.property, says: `${counted(trace.ops.length, 'step')}: ${trace.because}`, design: design.name,
        bounds: showBounds(boundsOfTrace(trace, path)), way: trace.ops })),
    }
  }

  private settled(of: Ground): Ground {
    return of.bounds === '' ? firstGround(this.subjectOf(of), undefined) : of
  }
  private subjectOf({ design: name }: Ground): Subject {
    const found = this.tour.subjects.find(({ design }) => design.name === name)
    if (found !== undefined) return found
    throw usage(name, 'no design of this tour has this name', 'choose one of the list', 'DESIGN')
  }
  private walkOn(of: Ground): Walk {
    const key = JSON.stringify(of), style = { ...traceStyle, place: (at: string) => located(this.io, at) }
    const walk = this.walks.get(key) ?? this.newWalk(of, style)
    this.walks.delete(key)
    this.walks.set(key, walk)
    if (this.walks.size > mostWalks) this.walks.delete([...this.walks.keys()][0]!)
    return walk
  }
  private newWalk(of: Ground, style: TraceStyle): Walk {
    const subject = this.subjectOf(of), b = boundsOf(of.bounds, 'bounds')
    if (subject.machine === undefined) checkCapabilities(b, [subject])
    return new Walk(subject, b, style)
  }
}
/** A machine with the way that was walked on it takes some megabytes. */
const mostWalks = 8

/** Within these bounds, or the first scope of the design where none are given. */
export function firstGround(subject: Subject, asked: string | undefined): Ground {
  const { design } = subject
  if (asked !== undefined) return { design: design.name, bounds: showBounds(boundsOf(asked)) }
  const [first] = scopesOn(design, scopesFor([design]))
  return { design: design.name, bounds: showBounds(first?.bounds ?? bounds()) }
}
