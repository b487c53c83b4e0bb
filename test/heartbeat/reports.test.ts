// What people hear: each outcome reaches every sink at least once, signed, however often the receiver was away; and the
// digest says how everything stands, also when nothing happened.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { IssueView } from '../../src/decide/issue-view.ts';
import { OutsideError } from '../../src/domain/outside-error.ts';
import { createReporter, digestText } from '../../src/heartbeat/report.ts';
import { need } from '../needs.ts';
import { temporaryStore } from '../store/temporary-store.ts';
import { bwrapWorks } from '../world/bwrap-works.ts';
import { HELLO, wellBehaved } from './agents.ts';
import { startStory, stateOf } from './story.ts';

const room = need('bwrap', await bwrapWorks(), 'sudo apt-get install -y bubblewrap');
const SECRET = 'a-secret-of-both-sides';

test(
  'a merge is told to a webhook that was away at first, once it is back, with a signature that holds',
  room,
  async (t) => {
    const heard: {
      readonly event: string;
      readonly delivery: string;
      readonly signed: boolean;
      readonly text: string;
    }[] = [];
    let refusals = 2;
    const receiver = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        if (refusals > 0) {
          refusals -= 1;
          outgoing.writeHead(503).end();
          return;
        }
        const body = Buffer.concat(chunks).toString('utf8');
        const { 'heartline-timestamp': timestamp, 'heartline-signature': signature } = incoming.headers;
        const expected = `sha256=${createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex')}`;
        heard.push({
          event: String(incoming.headers['heartline-event']),
          delivery: String(incoming.headers['heartline-delivery']),
          signed: signature === expected,
          text: JSON.parse(body).text,
        });
        outgoing.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const story = await startStory({
      issues: [HELLO],
      script: wellBehaved,
      settings: { reports: { digest: null, webhook: { url, secret: { env: 'HOOK_SECRET' } } } },
      secrets: { HOOK_SECRET: SECRET },
    });
    t.after(story.end);
    t.after(() => receiver.close());

    await story.until('ENG-1 is Done', () => stateOf(story.world, 'ENG-1') === 'Done');
    await story.rest();
    const merged = heard.filter((one) => one.event === 'merged');
    assert.equal(merged.length, 1);
    assert.match(merged[0]?.text ?? '', /^ENG-1 merged: Say hello/);
    assert.equal(refusals, 0);
    assert.ok(heard.every((one) => one.signed));
    assert.equal(new Set(heard.map((one) => one.delivery)).size, heard.length);
    assert.equal(story.reports.filter((line) => line.startsWith('ENG-1 merged')).length, 1);
  },
);

/** Passes half a minute apart, and what the webhook makes of each report: `at` is the number of the pass. */
const lanes: readonly {
  readonly name: string;
  readonly answers: (key: string, at: number) => 'taken' | 'away' | 'refused';
  readonly passes: number;
  readonly heard: readonly string[];
  /** How often it was asked at most. */
  readonly askedMax: number;
}[] = [
  { name: 'takes all', answers: () => 'taken', passes: 1, heard: ['a', 'b', 'c', 'd'], askedMax: 4 },
  {
    name: 'is away for a moment',
    answers: (_, at) => (at === 1 ? 'away' : 'taken'),
    passes: 2,
    heard: ['a', 'b', 'c', 'd'],
    askedMax: 5,
  },
  {
    name: 'is away for an hour',
    answers: (_, at) => (at <= 120 ? 'away' : 'taken'),
    passes: 140,
    heard: ['a', 'b', 'c', 'd'],
    askedMax: 45,
  },
  {
    name: 'refuses one',
    answers: (key) => (key === 'b' ? 'refused' : 'taken'),
    passes: 1,
    heard: ['a', 'c', 'd'],
    askedMax: 4,
  },
  {
    name: 'breaks at one for ever',
    answers: (key) => (key === 'b' ? 'away' : 'taken'),
    passes: 10,
    heard: ['a', 'c', 'd'],
    askedMax: 12,
  },
  {
    name: 'breaks at one for an hour',
    answers: (key, at) => (key === 'a' && at <= 120 ? 'away' : 'taken'),
    passes: 140,
    heard: ['b', 'c', 'd', 'a'],
    askedMax: 30,
  },
];

for (const { name, answers, passes, heard, askedMax } of lanes) {
  test(`a webhook that ${name} hears ${heard.join(', ')}`, async (t) => {
    const { as, clock } = await temporaryStore(t);
    const journal = as('bot', ['stdout', 'webhook']);
    const told: string[] = [];
    const got: string[] = [];
    let asked = 0;
    let at = 0;
    const webhook = async ({ key }: { readonly key: string }): Promise<void> => {
      asked += 1;
      const answer = answers(key, at);
      if (answer === 'taken') got.push(key);
      else throw new OutsideError(answer === 'away' ? 'unreachable' : 'refused', 'deliver', answer);
    };
    const reporter = createReporter({
      clock: { now: () => clock.now },
      journal,
      sinks: [
        { name: 'stdout', deliver: async ({ text }) => void told.push(text) },
        { name: 'webhook', deliver: webhook },
      ],
      redact: (text) => text.replace('secret', '***'),
    });
    for (const key of ['a', 'b', 'c', 'd'])
      await journal.enqueueReport({ key, event: 'parked', text: `secret ${key}`, data: null });
    for (at = 1; at <= passes; at += 1) {
      await reporter.deliver();
      assert.deepEqual(told, ['*** a', '*** b', '*** c', '*** d']);
      clock.now += 30_000;
    }
    assert.deepEqual(got, heard);
    assert.ok(asked <= askedMax, `asked ${asked} times`);
  });
}

test('a sink that hangs holds back no other, and what came meanwhile is told as soon as it lets go', async (t) => {
  const { as } = await temporaryStore(t);
  const journal = as('bot', ['stdout', 'webhook']);
  const say = (key: string) => journal.enqueueReport({ key, event: 'frozen', text: key, data: null });
  const hangs = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const got: string[] = [];
  const reporter = createReporter({
    clock: { now: () => 0 },
    journal,
    sinks: [
      {
        name: 'webhook',
        deliver: async ({ key }) => {
          await hangs.promise;
          got.push(key);
        },
      },
      { name: 'stdout', deliver: async ({ key }) => (key === 'late' ? late.resolve() : undefined) },
    ],
    redact: (text) => text,
  });
  await say('early');
  const first = reporter.deliver();
  await say('late');
  const second = reporter.deliver();
  await late.promise;
  assert.deepEqual(got, []);
  hangs.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(got, ['early', 'late']);
  assert.deepEqual(await journal.pendingReports(), []);
});

test('a webhook that takes requests and never answers holds up neither standard output nor a stop', room, async (t) => {
  const receiver = createServer(() => {}).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.after(() => {
    receiver.closeAllConnections();
    receiver.close();
  });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  const story = await startStory({
    issues: [HELLO],
    script: wellBehaved,
    settings: {
      reports: { digest: null, webhook: { url, secret: { env: 'HOOK_SECRET' } } },
      timeouts: { webhookSeconds: 600 },
    },
    secrets: { HOOK_SECRET: SECRET },
  });
  await story.until('ENG-1 is Done', () => stateOf(story.world, 'ENG-1') === 'Done');
  await story.rest();
  assert.equal(story.reports.filter((line) => line.startsWith('ENG-1 merged')).length, 1);
  await story.end();
});

const quiet = {
  decision: { actions: [], issues: [], pullRequests: [] },
  landed: [],
  dayMicroUsd: 0,
  dayMicroUsdMax: 100_000_000,
  nextLookAt: Date.UTC(2026, 8, 1, 9, 0, 30),
  unread: [],
};

test('a digest with nothing to tell still says what was spent and when the next look is', () => {
  assert.equal(digestText(quiet), 'Money today: $0.00 of $100.00. Next look: 2026-09-01T09:00:30.000Z.');
});

test('a digest tells what landed, what is in flight, who waits for whom, what is parked and why, and what could not be read', () => {
  const issues = [
    view('ENG-1', 'active', 'implement', 'wait', 'dev is at work.'),
    view('ENG-2', 'active', 'merge', 'no', 'package.json: needs a person.'),
    view('ENG-3', 'parked', null, 'no', 'Three rounds did not help. Comment /retry.'),
    view('ENG-4', 'waiting', null, 'wait', 'Blocked by ENG-1.'),
  ];
  const text = digestText({
    ...quiet,
    decision: { ...quiet.decision, issues },
    landed: ['ENG-9 merged'],
    dayMicroUsd: 1_230_000,
    unread: ['GitHub answered 502'],
  });
  assert.deepEqual(text.split('\n'), [
    'Landed:',
    '- ENG-9 merged',
    'In flight:',
    '- ENG-1 implement: dev is at work.',
    'Waiting for you:',
    '- ENG-2: package.json: needs a person.',
    'Parked:',
    '- ENG-3: Three rounds did not help. Comment /retry.',
    'Not started:',
    '- ENG-4: Blocked by ENG-1.',
    'Could not be read:',
    '- GitHub answered 502',
    'Money today: $1.23 of $100.00. Next look: 2026-09-01T09:00:30.000Z.',
  ]);
});

function view(
  key: string,
  phase: IssueView['phase'],
  stage: IssueView['stage'],
  status: 'yes' | 'no' | 'wait',
  reason: string,
): IssueView {
  return {
    issueId: key,
    key,
    title: key,
    url: '',
    project: 'cart',
    phase,
    stage,
    verdict: { name: 'gate', status, reason, children: [] },
    pullRequest: null,
    mergeCommit: null,
    rounds: { review: 0, checks: 0 },
    microUsd: 0,
  };
}
