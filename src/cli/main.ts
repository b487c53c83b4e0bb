/** The command line: names the commands and turns their errors into one plain line. Each command is a file of its own. */
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config-error.ts';
import { StoreLocked } from '../store/store-locked.ts';
import { StoreRefused } from '../store/store-refused.ts';
import { Complaint } from './complaint.ts';

/** Returns the exit code: 0 fine, 1 what was asked for failed, 2 the call or the configuration is wrong. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const done = (result: number): void => {
    code = result;
  };
  const program = new Command('heartline')
    .description(
      'Put a ticket in Todo. Come back to a merged pull request, a report, and a bill you agreed to in advance.',
    )
    .version(await version(), '-V, --version')
    .option(
      '-c, --config <file>',
      'settings file (default: $HEARTLINE_CONFIG, ./heartline.yaml, config/heartline.yaml)',
    )
    .exitOverride()
    .showHelpAfterError('(heartline --help lists the commands)');
  const config = (): string | null => program.opts<{ config?: string }>().config ?? null;

  program
    .command('up')
    .description('run the bot until it is told to stop')
    .option('--json', 'reports and the ready line as JSON lines')
    .action(async (options: { json?: boolean }) =>
      done(await (await import('./up.ts')).up({ config: config(), json: options.json === true })),
    );
  program
    .command('tick')
    .description('look once, do what follows, see the sessions it starts to their end, and exit')
    .option('--dry-run', 'only say what would be done; nothing is written anywhere')
    .option('--json', 'one JSON document')
    .action(async (options: { dryRun?: boolean; json?: boolean }) =>
      done(
        await (await import('./tick.ts')).tickOnce({
          config: config(),
          dryRun: options.dryRun === true,
          json: options.json === true,
        }),
      ),
    );
  program
    .command('status')
    .description('what the bot is doing, as the running bot tells it')
    .option('--json', 'one JSON document')
    .action(async (options: { json?: boolean }) =>
      done(await (await import('./status.ts')).status({ config: config(), json: options.json === true })),
    );
  program
    .command('why')
    .argument('<issue>', 'key of an issue, for example ENG-12')
    .description('why an issue is where it is, and what would move it')
    .option('--json', 'one JSON document')
    .action(async (issue: string, options: { json?: boolean }) =>
      done(await (await import('./why.ts')).why({ config: config(), issue, json: options.json === true })),
    );
  program
    .command('check')
    .description('config, credentials, scopes, branch rules, isolation, git: a line each, ok or what to do')
    .option('--json', 'one JSON document')
    .action(async (options: { json?: boolean }) =>
      done(await (await import('./check.ts')).check({ config: config(), json: options.json === true })),
    );
  program
    .command('thaw')
    .argument('<repository>', 'owner/name')
    .description('allow merging again in a repository that was frozen')
    .option('--json', 'one JSON document')
    .action(async (repository: string, options: { json?: boolean }) =>
      done(await (await import('./thaw.ts')).thaw({ config: config(), repository, json: options.json === true })),
    );
  program
    .command('demo')
    .description('the whole thing on local stand-ins: no keys, nothing leaves this machine')
    .option('--json', 'logs on standard error, one JSON document on standard output')
    .option(
      '--seed <n>',
      'where kills fall and how slowly models answer; the rest of a run is as the machine has it',
      '1',
    )
    .option('--kill <n>', 'kill the bot with SIGKILL this many times on the way', '0')
    .option('--reviewer-identity', 'review under a second GitHub identity')
    .option('--keep', 'leave the world serving and print its addresses')
    .option('--assert', 'fail when it takes longer than the README says')
    .action(async (options: Record<string, unknown>) => done(await (await import('./demo.ts')).demo(options)));

  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    return explain(error);
  }
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')).version;
}

/** What a person can act on is told in words; anything else is a bug and keeps its stack. */
function explain(error: unknown): number {
  // Commander has printed its own message by now; --help and --version come this way too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (error instanceof StoreLocked || error instanceof StoreRefused || error instanceof Complaint) {
    process.stderr.write(`heartline: ${error.message}\n`);
    return 1;
  }
  process.stderr.write(`heartline: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
