/** A program that is to be killed: it keeps a process running through its launcher, and names itself and that one. */
import { launch } from '../../src/processes/launch.ts';
import { withParentDeath } from '../../src/processes/parent-death.ts';

const short = () =>
  new Promise<void>((resolve) => {
    launch('/bin/true', [], { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'ignore'] }).once('close', resolve);
  });

// Many in a row bring the launcher up.
for (let count = 0; count < 20; count += 1) await short();
const [program = '', ...args] = withParentDeath(['/bin/sleep', '600']);
const last = launch(program, args, { cwd: '/', env: {}, stdio: ['ignore', 'ignore', 'ignore'] });
last.once('spawn', () => process.stdout.write(`${process.pid} ${last.pid}\n`));
