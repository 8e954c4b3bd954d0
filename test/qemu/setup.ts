/** Says once why the tests are skipped, where they are. */
import { absent } from './support.ts'

export function setup(): void {
  if (absent !== null)
    process.stderr.write(`The tests with QEMU are skipped: ${absent.subject}: ${absent.message} [${absent.code}]; `
      + `${absent.next}\n`)
}
