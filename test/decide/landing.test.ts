/** Stories of what lands and of what surrounds it: the lane, the freeze, unknown facts, slots, other people's pull requests. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Effect } from '../../src/domain/effect.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { BASE, HEAD, makeCommand, makeEffect, makeProject, makeSettings, NOW, REPOSITORY, sha } from './make.ts';
import { Outside } from './outside.ts';
import { acts, ready } from './ready.ts';
import { begun, causes, done, ending, inTurn, live, parked } from './stories.ts';

describe('the merge', () => {
  it('waits for its turn: two at once land one after the other, the second brought up to date and judged again', () => {
    const outside = begun();
    outside.put('ENG-2', { priority: 1 });
    outside.settle();
    done(outside);
    done(outside, 'ENG-2');
    assert.equal(outside.writes.filter((write) => write.kind === 'update-branch').length, 1);
    assert.deepEqual(
      outside.landings.map((landing) => landing.number),
      [outside.record('ENG-2').pullRequest, outside.record('ENG-1').pullRequest],
    );
  });

  it('of many keeps the lane serial: each is brought up to date at most once', () => {
    const outside = new Outside();
    for (const key of ['ENG-1', 'ENG-2', 'ENG-3', 'ENG-4']) outside.put(key);
    outside.settle();
    for (const key of ['ENG-1', 'ENG-2', 'ENG-3', 'ENG-4']) done(outside, key);
    assert.equal(outside.writes.filter((write) => write.kind === 'update-branch').length, 3);
  });

  it('conflicts: the dev resolves it, and what lands is reviewed and checked', () => {
    const outside = begun({
      work: (run) => ({ kind: 'work', clash: run.cause.kind === 'implement' && run.issueKey === 'ENG-1' }),
    });
    outside.put('ENG-2', { priority: 1 });
    outside.settle();
    done(outside, 'ENG-2');
    done(outside);
    assert.ok(causes(outside).includes('dev: conflict'));
  });

  it('conflicts, and the dev changes nothing: parked instead of sent for ever', () => {
    const outside = begun({
      work: (run) =>
        run.cause.kind === 'conflict' ? ending('nothing-new') : { kind: 'work', clash: run.issueKey === 'ENG-1' },
    });
    outside.put('ENG-2', { priority: 1 });
    parked(outside, /conflicts with main\. The dev resolves it\. dev was sent to mend that and changed nothing/);
  });

  it('waits while the repository is frozen, and a person hears of it', () => {
    const outside = begun();
    outside.frozen.set(REPOSITORY, { reason: 'A bad merge.', cause: 'bad-merge', branch: 'main', sha: null });
    const decision = outside.settle();
    assert.deepEqual(outside.landings, []);
    assert.match(decision.issues[0]?.verdict.reason ?? '', /Merging is frozen in acme\/shop: A bad merge/);
    outside.frozen.clear();
    outside.settle();
    done(outside);
  });

  it('that landed otherwise than tested freezes the repository, and the next one stays out', () => {
    const outside = begun();
    outside.put('ENG-2', { priority: 4 });
    const land = outside.land.bind(outside);
    outside.land = (number, by) => {
      const commit = land(number, by);
      const made = outside.commits.get(commit);
      if (made !== undefined) outside.commits.set(commit, { ...made, parents: [...made.parents].reverse() });
      return commit;
    };
    outside.settle();
    assert.equal(outside.landings.length, 1);
    assert.equal(outside.record().phase, 'parked');
    assert.equal(outside.frozen.size, 1);
    assert.equal(outside.record('ENG-2').phase, 'active');
  });

  it('refused by GitHub for good is parked with what GitHub said', () => {
    const outside = begun({ fault: (action) => (action.kind === 'merge' ? 'refused' : 'none') });
    parked(outside, /GitHub said no\. Put it right/);
  });
});

describe('what is merged', () => {
  const LANDED = sha(0x1a9d);
  const asked = (value: Partial<Effect>): Effect =>
    makeEffect({ key: `merge:issue-1:${HEAD}:${BASE}:merge`, kind: 'merge', confirmedAt: null, ...value });
  const done = { confirmedAt: NOW - 5_000, outsideId: LANDED } as const;
  const old = { key: `merge:issue-1:${HEAD}:${BASE}` };
  const again = { key: `merge:issue-1:${HEAD}:${BASE}:merge~${NOW - 9_000}` };
  const queued = (value: Partial<Effect>) =>
    makeEffect({ key: `enqueue:issue-1:${HEAD}`, kind: 'enqueue', confirmedAt: null, ...value });
  const ROWS: readonly { readonly when: string; readonly effects: readonly Effect[]; readonly as: string }[] = [
    { when: 'ours was done', effects: [asked(done)], as: 'merge' },
    { when: 'ours was done under an order to go on', effects: [asked({ ...done, ...again })], as: 'merge' },
    { when: 'ours was done when keys told no method', effects: [asked({ ...done, ...old })], as: 'squash' },
    { when: 'nothing was heard of ours', effects: [asked({ unheardSince: NOW - 9_000 })], as: 'merge' },
    { when: 'ours was put off', effects: [asked({ retryAt: NOW + 60_000, lastError: '405' })], as: 'theirs' },
    { when: 'ours was refused', effects: [asked({ refused: true, lastError: '405' })], as: 'theirs' },
    {
      when: 'ours was put off and is in the queue',
      effects: [asked({ retryAt: NOW + 60_000 }), queued({ confirmedAt: NOW - 9_000 })],
      as: 'queue',
    },
    { when: 'the queue put ours off', effects: [queued({ retryAt: NOW + 60_000 })], as: 'theirs' },
    { when: 'there is none of ours', effects: [], as: 'theirs' },
  ];
  for (const { when, effects, as } of ROWS)
    it(`when ${when} is compared as ${as}, whatever the settings say by now`, () => {
      const change = { state: 'merged', mergeCommit: LANDED } as const;
      const settings = { mergeMethod: 'squash' } as const;
      const [action] = acts(
        ready({ effects, pullRequest: change, record: { mergeCommit: LANDED }, project: settings }),
      );
      const theirs = action?.kind === 'update-record' && /A person merged/.test(action.reason);
      assert.equal(action?.kind === 'verify-merge' ? action.method : theirs ? 'theirs' : action?.kind, as);
    });
});

describe('what is not known', () => {
  for (const [what, down] of [
    ['Linear', 'linearDown'],
    ['GitHub', 'githubDown'],
  ] as const) {
    it(`decides nothing: ${what} is down at any turn, and it lands all the same when it is back`, () => {
      for (let at = 0; at < 14; at += 1) {
        const outside = begun({ review: inTurn(ending('request-changes'), ending('approve')) });
        for (let turn = 0; turn < at; turn += 1) outside.turn();
        outside[down] = true;
        const decision = outside.settle();
        const view = decision.issues.find((one) => one.key === 'ENG-1');
        if (outside.records[0]?.phase === 'active')
          assert.match(view?.verdict.reason ?? '', new RegExp(`${what} could not be read: No answer`));
        outside[down] = false;
        outside.settle();
        done(outside);
      }
    });
  }

  it('a project that was taken out of the config leaves its issues waiting in words', () => {
    const outside = begun({ review: () => ending('busy') });
    outside.until(() => outside.records.length > 0);
    outside.settings = { ...outside.settings, projects: [makeProject({ name: 'other' })] };
    const decision = outside.turn();
    assert.match(decision.issues[0]?.verdict.reason ?? '', /No project "shop" is configured any more/);
  });
});

describe('slots', () => {
  it('are not passed: five issues with two slots all land, never more than two at work', () => {
    const settings = makeSettings();
    const outside = new Outside({}, { ...settings, limits: { ...settings.limits, runsMax: 2 } });
    const keys = ['ENG-1', 'ENG-2', 'ENG-3', 'ENG-4', 'ENG-5'];
    for (const key of keys) outside.put(key);
    outside.settle();
    for (const key of keys) done(outside, key);
  });
});

describe('a pull request by a person', () => {
  const theirs = (rule: Parameters<typeof makeProject>[0]): Outside => {
    const outside = new Outside({}, makeSettings({ projects: [makeProject(rule)], separateReviewer: true }));
    const head = outside.commit({ parents: [outside.tip('main')], by: 'person' });
    outside.setBranch('ada/fix', head);
    outside.addPull({ branch: 'ada/fix', author: 'ada', labels: ['please'], head });
    return outside;
  };

  it('is reviewed once for each head, as a comment, and never merged', () => {
    const outside = theirs({ reviewPullRequests: 'all' });
    outside.settle();
    outside.personPushes('ada/fix');
    outside.settle();
    const posts = outside.writes.filter((write) => write.kind === 'post-review');
    assert.deepEqual(
      posts.map((post) => post.event),
      ['comment', 'comment'],
    );
    assert.equal(outside.reports.filter((report) => report.event === 'reviewed').length, 2);
    assert.deepEqual(outside.landings, []);
    assert.deepEqual(outside.violations, []);
  });

  it('costs one try only: a review that fails waits for a new push', () => {
    const outside = theirs({ reviewPullRequests: 'all' });
    outside.script = { ...outside.script, review: () => ending('failed') };
    const decision = outside.settle();
    assert.equal(outside.runs.length, 1);
    assert.match(
      decision.pullRequests[0]?.verdict.reason ?? '',
      /ended as failed: It broke\. A new push is reviewed again/,
    );
  });

  const unwanted: readonly { readonly when: string; readonly value: Partial<PullRequest>; readonly back: boolean }[] = [
    { when: 'is made a draft', value: { draft: true }, back: true },
    { when: 'is closed', value: { state: 'closed' }, back: true },
    { when: 'is merged', value: { state: 'merged' }, back: false },
  ];
  for (const { when, value, back } of unwanted) {
    it(`${when} while it is read: the review ends${back ? ', and goes on when it is handed in again' : ''}`, () => {
      const outside = theirs({ reviewPullRequests: 'all' });
      outside.script = { ...outside.script, review: () => ending('busy') };
      outside.settle();
      assert.equal(live(outside).length, 1);
      const [number = 0] = outside.pulls.keys();
      outside.githubDown = true;
      outside.changePull(number, value);
      outside.settle();
      assert.equal(live(outside).length, 1, 'nothing is concluded from what could not be read');
      outside.githubDown = false;
      outside.settle();
      assert.deepEqual(live(outside), []);
      if (!back) return;
      outside.changePull(number, { state: 'open', draft: false });
      outside.script = { ...outside.script, review: () => ending('approve') };
      outside.settle();
      assert.equal(outside.writes.filter((write) => write.kind === 'post-review').length, 1);
      assert.equal(new Set(outside.runs.map((run) => run.sessionId)).size, 1);
      assert.deepEqual(outside.violations, []);
    });
  }

  it('is pushed to while it is read: that review ends, and the new head gets its own', () => {
    const outside = theirs({ reviewPullRequests: 'all' });
    outside.script = { ...outside.script, review: () => ending('busy') };
    outside.settle();
    const newer = outside.personPushes('ada/fix');
    outside.settle();
    assert.deepEqual(
      outside.runs.map((run) => run.state),
      ['cancelled', 'running'],
    );
    outside.script = { ...outside.script, review: () => ending('approve') };
    outside.settle();
    const posts = outside.writes.filter((write) => write.kind === 'post-review');
    assert.deepEqual(
      posts.map((post) => post.head),
      [newer],
    );
    assert.deepEqual(outside.violations, []);
  });

  it('that is gone from GitHub’s list has its review ended', () => {
    const outside = theirs({ reviewPullRequests: 'all' });
    outside.script = { ...outside.script, review: () => ending('busy') };
    outside.settle();
    outside.pulls.clear();
    outside.settle();
    assert.deepEqual(live(outside), []);
  });

  it('is not reviewed as a draft, though its merge was asked for', () => {
    const outside = theirs({ reviewPullRequests: 'none' });
    const [number = 0] = outside.pulls.keys();
    const on = { kind: 'pull-request', repository: REPOSITORY, number } as const;
    const sha = outside.pulls.get(number)?.head ?? '';
    outside.commands = [makeCommand({ kind: 'merge', sha }, { on })];
    outside.changePull(number, { draft: true });
    outside.settle();
    assert.deepEqual(outside.runs, []);
  });

  const rules = [
    { rule: 'none' as const, reviewed: false },
    { rule: { authors: ['ada'], labels: [] }, reviewed: true },
    { rule: { authors: ['bob'], labels: ['please'] }, reviewed: true },
    { rule: { authors: ['bob'], labels: ['other'] }, reviewed: false },
  ];
  for (const { rule, reviewed } of rules) {
    it(`is ${reviewed ? '' : 'not '}reviewed under ${JSON.stringify(rule)}`, () => {
      const outside = theirs({ reviewPullRequests: rule });
      outside.settle();
      assert.equal(outside.runs.length, reviewed ? 1 : 0);
    });
  }
});
