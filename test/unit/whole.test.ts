/** Files written whole: what killed processes left is removed, and nothing else. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { emptyBaseline, writeBaseline } from '../../src/cost/index.ts'
import { saveTrace } from '../../src/trace/store.ts'
import { writeWhole } from '../../src/whole.ts'
import { toyTrace } from '../golden/toy.ts'

let dir = ''
beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'remapcheck-whole-')) })
afterEach(() => { rmSync(dir, { recursive: true }) })
const leave = (...names: readonly string[]): void => {
  for (const name of names) writeFileSync(join(dir, name), 'left')
}
/** The number of a process that has ended. */
const gone = spawnSync(process.execPath, ['--version']).pid

describe('a file that is written whole', () => {
  it('takes the drafts of it with it that killed processes left, and nothing else', () => {
    const others = [`.a.json.${process.ppid}.part`, `.b.json.${gone}.part`, `.aajson.${gone}.part`,
      `.a.json.${gone}.part.txt`, `a.json.${gone}.part`, '.a.json.x.part', '.a.json.0.part', `.a.json.0${gone}.part`]
    leave(`.a.json.${gone}.part`, `.a.json.${process.pid}.part`, ...others)
    writeWhole(join(dir, 'a.json'), 'new')
    expect(readdirSync(dir).sort()).toEqual(['a.json', ...others].sort())
    expect(readFileSync(join(dir, 'a.json'), 'utf8')).toBe('new')
  })
  it('is not written through a link with the name of its draft', () => {
    leave('mine')
    symlinkSync(join(dir, 'mine'), join(dir, `.a.json.${process.pid}.part`))
    writeWhole(join(dir, 'a.json'), 'new')
    expect(readdirSync(dir)).toEqual(['a.json', 'mine'])
    expect(readFileSync(join(dir, 'mine'), 'utf8')).toBe('left')
  })
  it('is a trace', () => {
    const path = saveTrace(dir, toyTrace())
    rmSync(path)
    leave(`.${path.slice(dir.length + 1)}.${gone}.part`)
    expect([saveTrace(dir, toyTrace()), readdirSync(dir)]).toEqual([path, [path.slice(dir.length + 1)]])
  })
  it('is the baseline', () => {
    leave(`.baseline.json.${gone}.part`)
    writeBaseline(join(dir, 'baseline.json'), emptyBaseline)
    expect(readdirSync(dir)).toEqual(['baseline.json'])
  })
})
