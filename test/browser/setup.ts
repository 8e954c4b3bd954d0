/** Says once why the tests are skipped, where they are. */
import { chromium } from './support.ts'

export function setup(): void {
  if (chromium === null)
    process.stderr.write('The tests in a browser are skipped: no Chromium is in the PATH. Install it, for example '
      + '`apt-get install chromium`, or name one: REMAPCHECK_CHROMIUM=/path/to/chromium\n')
}
