/** A program that is to be killed: it keeps a process running through its launcher, and names itself and that one. */
import { launch } from '../../src/processes/launch.ts';
import type { Launched } from '../../src/processes/launched.ts';
import { withParentDeath } from '../../src/processes/parent-death.ts';
import { RemoteProcess } from '../../src/processes/remote-process.ts';

const short = () =>
  new Promise<Launched>((resolve) => {
    const child = launch('/bin/true', [], { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'ignore'] });
    child.once('close', () => resolve(child));
  });

// Many in a row bring the launcher up.
while (!((await short()) instanceof RemoteProcess));
const [program = '', ...args] = withParentDeath(['/bin/sleep', '600']);
const last = launch(program, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'ignore'] });
last.once('spawn', () => process.stdout.write(`${process.pid} ${last.pid}\n`));
