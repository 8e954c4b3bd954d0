/** `replay --on qemu` where there is no QEMU, and flags that do not go with it. */
import { expect, it } from 'vitest'
import { run } from './run.ts'

const trace = 'traces/known/no-access-after-unmap-ring0-deferred-????.json'

it('without QEMU: one line and what to do, no report, its own exit code', async () => {
  const { code, out, err } = await run(`replay ${trace} --on qemu`, { env: { REMAPCHECK_QEMU: 'no-such-qemu' } })
  expect({ code, out }).toEqual({ code: 69, out: '' })
  expect(err).toMatch(/^no-such-qemu: .* \[E-QEMU-MISSING\]\n {2}→ install QEMU .*\n$/)
})
it.each([
  ['--on kvm', /^--on: 'kvm' is no machine to replay on \[E-USAGE\]\n {2}→ replay --on qemu/],
  ['--on qemo', /did you mean 'qemu'\?/],
  ['--on qemu --lanes', /^--on: cannot be combined with --lanes/],
  ['--on qemu --expect holds', /^--on: cannot be combined with --expect holds/],
])('%s', async (flags, says) => {
  const { code, err } = await run(`replay ${trace} ${flags}`)
  expect(code).toBe(2)
  expect(err).toMatch(says)
})
