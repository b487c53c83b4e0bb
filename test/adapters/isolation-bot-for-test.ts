/** A bot that does nothing but run one command, to be killed by isolation-ends.test.ts. Arguments: setup, command as JSON. */

import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { noneDriver } from '../../src/isolation/none-driver.ts';
import { findToolchain } from '../../src/isolation/toolchain.ts';

const [name = '', command = '{}'] = process.argv.slice(2);
const isolation =
  name === 'none without namespaces'
    ? noneDriver({ toolchain: findToolchain([]), namespaces: 'never' })
    : createIsolation({ driver: name === 'bwrap' ? 'bwrap' : 'none' });
await isolation.exec({
  ...JSON.parse(command),
  timeoutMs: 600_000,
  outputBytesMax: 1_000,
  signal: new AbortController().signal,
});
