/** At the end every issue rests where a person can see why: merged, parked, stopped, waiting for them, or never begun. */

import { pullOf } from '../people/acts.ts';
import type { TicketPlan } from '../plan.ts';
import { issueId } from '../world/board.ts';
import type { World } from '../world/world.ts';
import { isBatch, type OracleMaker } from './oracle.ts';

export type Rest =
  | 'merged'
  | 'parked'
  | 'stopped'
  | 'waiting-for-a-person'
  | 'never-started'
  | 'taken-away'
  | 'under-way';

export const settled: OracleMaker = ({ world, plan, violation }) => ({
  see: () => {},
  end: () => {
    const left = [...world.hub.pulls.values()].find((one) => one.state === 'open' && isBatch(one.branch));
    if (left !== undefined && !plan.faults.some(({ fault }) => LASTING.has(fault)) && plan.denied.length === 0)
      violation(`#${left.number}, a batch, was left open`);
    for (const ticket of plan.tickets) {
      const rest = restOf(world, ticket);
      if (rest === 'under-way')
        violation(`${ticket.key} never came to rest: ${headlineOf(world, ticket.key) || 'nothing was said'}`);
      // What nobody was to start, a person may take away all the same.
      else if (ticket.expect === 'never-started' && rest === 'taken-away') continue;
      else if (ticket.expect !== 'any' && rest !== ticket.expect)
        violation(`${ticket.key} should be ${ticket.expect} and is ${rest}: ${headlineOf(world, ticket.key)}`);
    }
  },
});

export function restOf(world: World, ticket: TicketPlan): Rest {
  const { key } = ticket;
  const issue = world.board.issue(issueId(key));
  const headline = headlineOf(world, key);
  if (pullOf(world, key)?.state === 'merged' && (issue.state.type === 'completed' || headline.startsWith('**Done**')))
    return 'merged';
  if (headline.startsWith('**Parked.**')) return 'parked';
  if (headline.startsWith('**Stopped.**')) return 'stopped';
  if (headline.startsWith('**Waiting for you**')) return 'waiting-for-a-person';
  if (headline === '') {
    if (issue.archived) return 'taken-away';
    if (issue.state.name === 'Todo') return restOfTodo(world, ticket);
    if (!movedByBot(world, issue.id)) return 'taken-away';
  }
  return reported(world, issue.id) ?? 'under-way';
}

/** Where the bot put it, it is the bot's to say why: silence there is no rest. */
function movedByBot({ log }: World, id: string): boolean {
  const last = log.findLast(({ happening }) => happening.kind === 'moved' && happening.issueId === id)?.happening;
  return last?.kind === 'moved' && last.by === 'bot';
}

/** The comment, or the look whether it stands already, may have been refused for good; then the chat alone tells people. */
function reported({ log }: World, id: string): Rest | null {
  const refused = log.some(
    ({ happening: it }) => it.kind === 'fault' && /Comment|linear comment$/.test(it.what) && LASTING.has(it.fault),
  );
  if (!refused) return null;
  const told = (key: string): boolean => /^(parked|cancelled|waiting):/.test(key) && key.split(':')[1] === id;
  const last = log.findLast(({ happening: it }) => it.kind === 'reported' && told(it.key))?.happening;
  if (last?.kind !== 'reported') return null;
  if (last.key.startsWith('parked:')) return 'parked';
  if (last.key.startsWith('cancelled:')) return 'stopped';
  return last.key.startsWith('waiting:') ? 'waiting-for-a-person' : null;
}

const LASTING: ReadonlySet<string> = new Set(['refused', 'invalid', 'denied']);

/** In Todo and untouched: at rest only when somebody was told why, or it is plain to see on the board. */
function restOfTodo(world: World, { key, value }: TicketPlan): Rest {
  const issue = world.board.issue(issueId(key));
  const told = world.log.some(
    ({ happening }) =>
      happening.kind === 'reported' && happening.key.startsWith('refused:') && happening.text.includes(key),
  );
  const stopped = world.board.comments.some(
    ({ on, body }) => on.kind === 'issue' && on.issueId === issue.id && body === '/stop',
  );
  const unlabelled = value.labels?.some((label) => !issue.labels.includes(label)) === true;
  return told || stopped || unlabelled || issue.blockers.some((one) => !one.settled) ? 'never-started' : 'under-way';
}

function headlineOf({ board }: World, key: string): string {
  const comment = board.comments.find(
    ({ body, on }) => on.kind === 'issue' && on.issueId === issueId(key) && body.includes('<!-- heartline:progress:'),
  );
  return comment?.body.split('\n')[0] ?? '';
}
