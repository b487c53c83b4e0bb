// People in the demo: whenever the world has changed each looks at their issue, and does once what they then want to do.
import { CHECK, CI_APP, REPOSITORY, type World } from '../world/start-world.ts';
import { devCalls } from './dev-calls.ts';
import type { Deed, DemoTicket, Sight } from './tickets.ts';

export interface People {
  /** Nobody is in the middle of something. */
  atRest(): boolean;
  leave(): void;
}

export function letPeopleAct(world: World, tickets: readonly DemoTicket[], onDeed: (text: string) => void): People {
  const done = new Set<string>();
  let acting = 0;
  const busy = tickets.filter((ticket) => ticket.people.length > 0);
  const look = (): void => {
    for (const ticket of busy) {
      for (const person of ticket.people) {
        const deed = person(sightOf(world, ticket.key));
        if (deed === null || done.has(`${ticket.key} ${deed.key}`)) continue;
        done.add(`${ticket.key} ${deed.key}`);
        onDeed(wordsOf(deed, ticket.key));
        acting += 1;
        perform(world, ticket.key, deed).finally(() => {
          acting -= 1;
        });
      }
    }
  };
  const stops = [world.linear.onChange(look), world.github.onChange(look), world.models.onChange(look)];
  look();
  return {
    atRest: () => acting === 0,
    leave: () => {
      for (const stop of stops) stop();
    },
  };
}

async function perform(world: World, key: string, deed: Deed): Promise<void> {
  switch (deed.kind) {
    case 'move-issue':
      world.linear.act.moveIssue(key, deed.toState, deed.by);
      return;
    case 'comment-on-pull-request':
      await world.github.act.comment(REPOSITORY, deed.number, deed.by, deed.body);
      return;
  }
}

function wordsOf(deed: Deed, key: string): string {
  switch (deed.kind) {
    case 'move-issue':
      return `${deed.by} moves ${key} to ${deed.toState}`;
    case 'comment-on-pull-request':
      return `${deed.by} comments on #${deed.number}: ${deed.body.split('\n').at(-1)}`;
  }
}

function sightOf(world: World, key: string): Sight {
  const issue = world.linear.state.issues.find((one) => one.identifier === key);
  const repository = world.github.state.repository(REPOSITORY);
  const pullRequest = [...repository.pullRequests.values()].findLast(
    (one) => one.body?.includes(`<!-- heartline:issue:${issue?.id}:`) === true,
  );
  const requests = world.models.log.flatMap((call) => (call.request === null ? [] : [call.request]));
  if (pullRequest === undefined) return { devCalls: devCalls(requests, key), pullRequest: null };
  const head = pullRequest.headSha;
  const status = repository.statuses.findLast((one) => one.sha === head && one.context === 'heartline/review');
  const run = [...repository.checkRuns.values()].findLast(
    (one) => one.sha === head && one.name === CHECK && one.app.slug === CI_APP.slug,
  );
  return {
    devCalls: devCalls(requests, key),
    pullRequest: {
      number: pullRequest.number,
      head,
      open: pullRequest.state === 'open',
      reviewApproved: status?.state === 'success',
      checksPassed: run?.conclusion === 'success',
    },
  };
}
