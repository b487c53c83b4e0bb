// What somebody sees of a demo: a live board on a terminal, plain lines elsewhere; with --json the lines go to standard
// error, so that standard output is the one document.
import type { Status } from '../../src/heartbeat/status.ts';
import type { World } from '../world/start-world.ts';
import { type BoardState, COLUMNS_MIN, changeLines, plainLine, renderBoard, renderTable } from './board.ts';
import type { DemoDocument } from './demo.ts';
import { outcomeOf } from './outcomes.ts';
import { canShowBoard, openScreen, wantsColor } from './screen.ts';
import type { DemoTicket } from './tickets.ts';

export interface Show {
  /** Something that happened, a line. */
  say(text: string): void;
  /** A line of the bot's log. */
  log(line: string): void;
  board(world: World, status: Status | null, seconds: number): void;
  end(document: DemoDocument): void;
  close(): void;
}

export function openShow({ json, tickets }: { readonly json: boolean; readonly tickets: readonly DemoTicket[] }): Show {
  const started = performance.now();
  const out = json ? process.stderr : process.stdout;
  const size = (): { readonly columns: number; readonly rows: number; readonly color: boolean } => ({
    columns: out.columns ?? 120,
    rows: out.rows ?? 40,
    color: wantsColor(out, process.env),
  });
  const screen = !json && canShowBoard(out, process.env, COLUMNS_MIN) ? openScreen(out, process) : null;
  const notes: string[] = [];
  const kept: string[] = [];
  let before: BoardState | null = null;
  const print = (text: string): void => {
    // While the board is up a line would be painted over: it is kept for when the terminal is given back.
    if (screen === null) out.write(`${text}\n`);
    else kept.push(text);
  };

  return {
    say: (text) => {
      notes.push(text);
      print(plainLine({ seconds: (performance.now() - started) / 1000, text }));
    },
    log: (line) => {
      if (json) process.stderr.write(`${line}\n`);
    },
    board: (world, status, seconds) => {
      const state = stateOf(world, tickets, status, notes, seconds);
      if (screen !== null) screen.draw(renderBoard(state, size()));
      else for (const line of changeLines(before, state)) print(line);
      before = state;
    },
    end: (document) => {
      screen?.close();
      for (const line of kept.splice(0)) out.write(`${line}\n`);
      const { settled, seconds, violations, kills } = document;
      const results = document.issues.map((issue, index) => ({
        ...issue,
        happened: `${tickets[index]?.shows ?? ''}. ${issue.reason}`,
      }));
      out.write(`\n${renderTable(results, size())}\n\n`);
      for (const one of document.reviewed)
        out.write(
          `A person's pull request #${one.number} was reviewed at ${one.head.slice(0, 7)} (${one.verdict}) and left to people.\n`,
        );
      if (kills.length > 0)
        out.write(
          `The bot was killed ${kills.length} times, ${kills.filter((kill) => kill.effectInFlight).length} of them with a write in flight.\n`,
        );
      for (const violation of violations)
        out.write(`VIOLATION ${violation.oracle}, ${violation.subject}: ${violation.detail}\n`);
      const looked = document.oracles.reduce((sum, oracle) => sum + oracle.observed, 0);
      out.write(
        `${settled ? 'Settled' : 'NOT settled'} after ${seconds} s. ${document.oracles.length} judges looked at ${looked} things outside: ${violations.length === 0 ? 'nothing wrong' : `${violations.length} violations`}.\n`,
      );
      for (const blind of document.oracles.filter((oracle) => oracle.observed === 0))
        out.write(`The judge ${blind.name} saw nothing to look at.\n`);
    },
    close: () => screen?.close(),
  };
}

function stateOf(
  world: World,
  tickets: readonly DemoTicket[],
  status: Status | null,
  notes: readonly string[],
  seconds: number,
): BoardState {
  const counts = world.github.log.counts();
  return {
    status,
    issues: tickets.map((ticket) => ({
      key: ticket.key,
      title: ticket.title,
      linearState: outcomeOf(world, ticket.key).state,
      expected: ticket.expected.outcome,
    })),
    notes,
    seconds,
    requests: {
      linear: world.linear.requests.length,
      github: counts.rest + counts.graphql,
      model: world.models.totals.calls,
    },
    money: { microUsd: status?.money.dayMicroUsd ?? 0, microUsdMax: status?.money.dayMicroUsdMax ?? 0 },
  };
}
