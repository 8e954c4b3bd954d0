/** The file of a search that was stopped: a first line, what is known as JSON, the bytes of the states, and a SHA-256
 *  over all of it. */
import { createHash } from 'node:crypto'
import {
  closeSync, existsSync, fsyncSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync, writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { SavedSearch, Snapshot } from '../explore/checkpoint.ts'
import { UserError } from '../errors.ts'

const format = 'remapcheck-checkpoint/4'
/** The first line: format, and the length of the JSON that follows. */
const firstLine = (length: number): string => `${format} ${String(length).padStart(12, '0')}\n`
const firstLength = firstLine(0).length
const digestLength = 32
const piece = 1 << 24

/** Which search it is; each has to be the same when it goes on. */
export interface About {
  readonly version: string; readonly design: string; readonly machine: string; readonly bounds: string
  readonly symmetry: string
  /** Of its steps and claims (code.ts). */
  readonly code: string
}
const differences: { readonly [F in keyof About]: (of: string, asked: string) => string } = {
  version: (of, asked) => `was written by version ${of}, and this is ${asked}`,
  design: (of, asked) => `holds a search of design ${of}, not ${asked}`,
  bounds: (of, asked) => `holds a search at bounds ${of}, not ${asked}`,
  symmetry: (of, asked) => `holds a search with symmetry of ${of}, not of ${asked}`,
  machine: () => 'holds a search of another machine: its state, actions or properties differ',
  code: () => 'holds a search of other code: a step or a claim, or a file with some, is not what it was',
}
interface Document {
  readonly about: About
  readonly command: string
  readonly facts: SavedSearch['facts']
  readonly parts: readonly number[]
}

const mistake = (path: string, problem: string, next: string): UserError =>
  new UserError({ code: 'E-CHECKPOINT', subject: path, problem, next })

/** Of this process alone: two searches may have one file, and the last that ends leaves its own there, whole. */
const unfinishedOf = (path: string): string => `${path}.${process.pid}.unfinished`

/** What killed searches left: of those that run, nothing. */
function removeLeftovers(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    const [, pid] = name.startsWith(`${basename(path)}.`) ? /\.(\d+)\.unfinished$/.exec(name) ?? [] : []
    if (pid !== undefined && name === `${basename(path)}.${pid}.unfinished` && !isRunning(Number(pid)))
      rmSync(join(dirname(path), name), { force: true })
  }
}
function isRunning(pid: number): boolean {
  try { process.kill(pid, 0); return true } catch (cause) { return (cause as NodeJS.ErrnoException).code === 'EPERM' }
}
const unwritable = (path: string, cause: unknown): UserError =>
  mistake(path, `cannot be written: ${(cause as Error).message}`,
    'give --checkpoint a file in a folder that can be written, with room for the states')

/** Before the search, not after hours of it. @throws UserError E-CHECKPOINT. */
export function checkWritable(path: string): void {
  try {
    removeLeftovers(path)
    closeSync(openSync(unfinishedOf(path), 'w'))
    rmSync(unfinishedOf(path))
    if (existsSync(path) && !statSync(path).isFile()) throw new Error('it is no file')
  } catch (cause) { throw unwritable(path, cause) }
}

/** Whole, or not at all: what was there before stays until then. @throws UserError E-CHECKPOINT where it cannot be
 *  written. */
export function writeCheckpoint(path: string, about: About, command: string, { facts, parts }: Snapshot): void {
  const document: Document = { about, command, facts, parts: parts.map(part => part.length) }
  const json = Buffer.from(JSON.stringify(document))
  const unfinished = unfinishedOf(path)
  try {
    const file = openSync(unfinished, 'w')
    try {
      const hash = createHash('sha256')
      for (const part of [Buffer.from(firstLine(json.length)), json, ...parts])
        for (let at = 0; at < part.length; at += piece) {
          // A copy: threads share the memory that it comes from.
          const bytes = Uint8Array.from(part.subarray(at, at + piece))
          hash.update(bytes)
          writeAll(file, bytes)
        }
      writeAll(file, hash.digest())
      fsyncSync(file)
    } finally { closeSync(file) }
    renameSync(unfinished, path)
  } catch (cause) {
    try {
      rmSync(unfinished, { force: true })
    } catch { /* what stands in the way of the file stands in the way of this */ }
    throw unwritable(path, cause)
  }
}
function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
}

/** @throws UserError E-CHECKPOINT where it is none, damaged, or of another search. */
export function readCheckpoint(path: string, about: About): SavedSearch {
  let file: number
  try { file = openSync(path, 'r') } catch (cause) {
    throw mistake(path, `cannot be read: ${(cause as Error).message}`, 'give the file that --checkpoint wrote')
  }
  const { size } = statSync(path)
  if (statSync(path).isDirectory()) throw mistake(path, 'is a folder', 'give the file that --checkpoint wrote')
  const first = bytesOf(file, 0, Math.min(size, firstLength)).toString('latin1')
  const made = /^remapcheck-checkpoint\/(\d+) /.exec(first)
  if (made === null) throw mistake(path, 'is no checkpoint of remapcheck', 'give the file that --checkpoint wrote')
  const length = Number(first.slice(format.length))
  if (!first.startsWith(`${format} `) || !Number.isSafeInteger(length))
    throw mistake(path, `has format ${made[1]}, which this version does not read`,
      'start the search again, or use the version that wrote it')
  checkDigest(path, file, size)
  const { about: of, command, facts, parts } = JSON.parse(bytesOf(file, firstLength, length).toString()) as Document
  for (const field of Object.keys(differences) as (keyof About)[])
    if (of[field] !== about[field])
      throw mistake(path, differences[field](of[field], about[field]), field === 'code'
        ? 'what was found is no answer about the code as it is now: start the search again'
        : `continue it with: ${command}`)
  const starts = parts.map((_, i) => firstLength + length + parts.slice(0, i).reduce((sum, n) => sum + n, 0))
  return { facts, read: (part, into) => {
    for (let at = 0; at < into.length; at += piece)
      into.set(bytesOf(file, starts[part]! + at, Math.min(piece, into.length - at)), at)
  } }
}

function checkDigest(path: string, file: number, size: number): void {
  const hash = createHash('sha256')
  const end = size - digestLength
  for (let at = 0; at < end; at += piece) hash.update(bytesOf(file, at, Math.min(piece, end - at)))
  if (end < firstLength || !hash.digest().equals(bytesOf(file, end, digestLength)))
    throw mistake(path, 'is damaged or incomplete', 'start the search again: nothing in the file can be trusted')
}
/** Fewer bytes where the file ends before. */
function bytesOf(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  let got = 0
  while (got < length) {
    const n = readSync(file, bytes, got, length - got, from + got)
    if (n === 0) break
    got += n
  }
  return bytes.subarray(0, got)
}
