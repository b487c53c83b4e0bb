/** A bot that does nothing but run one command, to be killed by a test. Arguments: options of the isolation, the command, as JSON. */

import { createIsolation } from '../../src/isolation/create-isolation.ts';
import { noneDriver } from '../../src/isolation/none-driver.ts';
import { findToolchain } from '../../src/isolation/toolchain.ts';

const [options = '{}', command = '{}'] = process.argv.slice(2);
const { namespaces, ...rest } = JSON.parse(options);
const isolation =
  namespaces === 'never' ? noneDriver({ toolchain: findToolchain([]), namespaces }) : createIsolation(rest);
await isolation.exec({
  ...JSON.parse(command),
  timeoutMs: 600_000,
  outputBytesMax: 1_000,
  signal: new AbortController().signal,
});
