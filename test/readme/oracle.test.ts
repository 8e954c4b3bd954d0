/** docs/oracle.md is made from the table of exceptions: `vitest run test/readme -u` writes it anew. */
import { expect, test } from 'vitest'
import { clauses } from '../../spec/clauses.ts'
import { exceptions } from '../../src/qemu/oracle/exceptions.ts'
import { shares, setups } from '../../src/qemu/oracle/suites.ts'
import { suiteNames } from '../../src/qemu/oracle/suite.ts'

const head = `# The model held against QEMU

\`remapcheck oracle --cases N --seed S\` draws random cases, does each to a QEMU (see [qemu.md](qemu.md)) and to the model, and compares. A case is one request, a DMA or an interrupt,
whose outcome is compared: what it reached, by which page size, or why it was blocked; where the data landed; the fault record and FSTS bit by bit. The model is made from the manual and
never from QEMU: where they differ, the difference is unexplained and fails the run, unless it is one of the exceptions below. The same seed gives the same cases and the same counts.

| suite | what | machines |
| --- | --- | --- |`

const suites: Readonly<Record<(typeof suiteNames)[number], string>> = {
  walks: 'Root, context and second-stage tables of every kind, reserved bits, superpages, pass-through, FPD, tables nowhere, addresses too wide, permissions. Each request from cold caches, 16 devices at once.',
  sequences: 'Three devices in two domains; table writes, invalidations of every granularity by the queue or by registers, bad descriptors, fault events masked and pending. QEMU must be within the set of what caches may hold (`spec/vtd/unit/possible-caches.ts`).',
  interrupts: 'Interrupt tables and messages of every kind, by MSI and by DMA writes; xAPIC and x2APIC destinations. QEMU before 9 says of a blocked interrupt only that it was blocked.',
  scalable: 'As walks, by scalable-mode root, context and PASID tables, second stage and pass-through.',
}
const middle = `
A difference is brought down by fast-check to the least case that shows it, printed side by side with the clause, and saved; \`remapcheck oracle --replay FILE\` does it again. The report
counts how many cases reached each fault reason, each state of the caches and each exception, and names those never reached.

## Where QEMU leaves the manual

As QEMU 7.2.22 does it. An exception explains a difference only where QEMU did exactly what it says: most are a change to what the model reads, and the changed model must then agree with
QEMU in everything. Where several meet in one request, the fewest that together do so are counted. Each has a test of its own (\`test/qemu/oracle-exceptions.test.ts\`) that expects the
difference, so that a QEMU that follows the manual is noticed.

| exception | QEMU | manual | clause |
| --- | --- | --- | --- |`
const tail = `
Left open by our sources, and so allowed both ways: the priority of several faults of one entry; whether AW counts where PGTT is pass-through; whether faults of a source that has one
pending are recorded (QEMU does not). Of a fault record of a request without PASID, PV is not compared.

## What is not compared

- Requests with PASID, ATS, page requests, first-stage and nested translation, accessed and dirty bits, posting, protected memory: QEMU 7.2 has none of them, or no device that asks.
- Reads of, and writes of other than four bytes to, FEEx_xxxx; interrupts from the I/O APIC.
- Caches in scalable mode (QEMU ignores PASID-cache invalidations), and the interrupt entry cache (it has none).
- Walks of reads: QEMU's trace says where they went; only in sequences what was read is looked at as well.

## Speed

\`npm run bench:oracle\` prints cases a second from one QEMU, suite by suite, and where the time goes.
`

test('docs/oracle.md is what the exceptions say', async () => {
  const machines = (suite: string): string => setups.filter(one => one.suite === suite).map(({ name }) => `\`${name}\``).join(', ')
  const of = suiteNames.map(suite => `| \`${suite}\` (${shares[suite]} in 10) | ${suites[suite]} | ${machines(suite)} |`)
  const rows = exceptions.map(({ name, qemu, manual, clause }) => `| \`${name}\` | ${qemu} | ${manual} | ${clause} |`)
  expect(exceptions.filter(({ clause }) => clauses[clause] === undefined)).toEqual([])
  await expect([head, ...of, middle, ...rows, tail].join('\n')).toMatchFileSnapshot('../../docs/oracle.md')
})
