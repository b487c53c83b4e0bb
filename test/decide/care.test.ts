/** Stories of one issue from the claim to its end, told by feeding decide() one snapshot after the other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Run } from '../../src/domain/run.ts';
import { makeProject, makeSettings, REPOSITORY, STATES } from './make.ts';
import { type Ending, Outside, type Script } from './outside.ts';

/** Answers in turn, the last one for ever. */
function inTurn<T>(...values: readonly [T, ...T[]]): () => T {
  let at = 0;
  return () => {
    const value = values[Math.min(at, values.length - 1)] ?? values[0];
    at += 1;
    return value;
  };
}

const ending = (kind: Ending['kind']): Ending => ({ kind });

function begun(script: Partial<Script> = {}, settings = makeSettings()): Outside {
  const outside = new Outside(script, settings);
  outside.put('ENG-1');
  return outside;
}

function causes(outside: Outside): readonly string[] {
  return outside.runs.map((run) => `${run.role}: ${run.cause.kind}`);
}

function done(outside: Outside, key = 'ENG-1'): void {
  assert.deepEqual(outside.violations, []);
  const record = outside.record(key);
  assert.equal(record.phase, 'done', record.reason ?? '');
  assert.equal(outside.issues.get(record.issueId)?.state.name, 'Done');
  assert.equal(outside.landings.filter((one) => one.number === record.pullRequest).length, 1);
  assert.equal(outside.reports.filter((report) => report.event === 'merged' && report.text.includes(key)).length, 1);
}

function parked(outside: Outside, reason: RegExp, key = 'ENG-1'): void {
  outside.settle();
  assert.deepEqual(outside.violations, []);
  assert.equal(outside.record(key).phase, 'parked');
  assert.match(outside.record(key).reason ?? '', reason);
  assert.equal(outside.reports.filter((report) => report.event === 'parked').length, 1, 'a person hears of it once');
}

const live = (outside: Outside): readonly Run[] => outside.runs.filter((run) => run.state === 'running');

describe('an issue in Todo', () => {
  it('is written, opened, reviewed, checked, merged, verified and closed', () => {
    const outside = begun();
    outside.settle();
    done(outside);
    assert.deepEqual(causes(outside), ['dev: implement', 'review: review']);
    assert.deepEqual(
      outside.writes.filter((write) => write.kind !== 'progress-comment').map((write) => write.kind),
      [
        'move-issue',
        'push-branch',
        'open-pull-request',
        'link-pull-request',
        'move-issue',
        'post-review',
        'set-status',
        'merge',
        'move-issue',
      ],
    );
    assert.match(outside.comments.get('issue-ENG-1') ?? '', /^\*\*Done\*\* in pull request/);
    assert.ok(outside.workspaces.size === 0, 'the workspace is given back');
  });

  it('is closed although Linear’s own integration was faster', () => {
    const outside = begun();
    outside.integration = true;
    outside.settle();
    done(outside);
  });

  it('is verified and closed although we died between the merge and its row, and the integration was faster', () => {
    const outside = begun({ fault: (action) => (action.kind === 'merge' ? 'killed-before-row' : 'none') });
    outside.integration = true;
    outside.lagging = true;
    outside.settle();
    done(outside);
  });

  for (const kind of [
    'push-branch',
    'open-pull-request',
    'merge',
    'post-review',
    'update-branch',
    'move-issue',
  ] as const) {
    it(`lands once although every answer to ${kind} is lost the first time`, () => {
      const lost = new Set<string>();
      const outside = begun({
        fault: (action) => {
          if (action.kind !== kind || lost.has(action.key)) return 'none';
          lost.add(action.key);
          return 'lost';
        },
      });
      outside.put('ENG-2');
      outside.settle();
      done(outside);
      done(outside, 'ENG-2');
      assert.equal(outside.pulls.size, 2);
    });
  }

  it('lands although GitHub always shows it one turn late', () => {
    const outside = begun({ review: inTurn(ending('request-changes'), ending('approve')) });
    outside.lagging = true;
    outside.settle();
    done(outside);
    assert.deepEqual(causes(outside), ['dev: implement', 'review: review', 'dev: findings', 'review: review']);
  });
});

describe('the reviewer', () => {
  it('rejects twice, then approves: the same dev session mends, and the third head lands', () => {
    const outside = begun({
      review: inTurn(ending('request-changes'), ending('request-changes'), ending('approve')),
    });
    outside.settle();
    done(outside);
    assert.deepEqual(causes(outside), [
      'dev: implement',
      'review: review',
      'dev: findings',
      'review: review',
      'dev: findings',
      'review: review',
    ]);
    const sessions = new Set(outside.runs.filter((run) => run.role === 'dev').map((run) => run.sessionId));
    assert.equal(sessions.size, 1);
    assert.equal(new Set(outside.runs.filter((run) => run.role === 'review').map((run) => run.sessionId)).size, 3);
  });

  it('always finds more: parked after three rounds, and /retry allows three more', () => {
    const outside = begun({ review: () => ({ kind: 'request-changes' }) });
    parked(outside, /3 rounds of findings did not settle it\. Comment \/retry/);
    assert.equal(causes(outside).filter((one) => one === 'dev: findings').length, 3);
    outside.say('ENG-1', '/retry');
    outside.settle();
    assert.equal(causes(outside).filter((one) => one === 'dev: findings').length, 6);
    assert.equal(outside.record().phase, 'parked');
    assert.deepEqual(outside.violations, []);
  });

  it('is answered the third time as well when GitHub shows the head late and we died before the row', () => {
    const outside = begun({
      review: inTurn(
        ending('request-changes'),
        ending('request-changes'),
        ending('request-changes'),
        ending('approve'),
      ),
      fault: (action) => (action.kind === 'push-branch' ? 'killed-before-row' : 'none'),
    });
    outside.lagging = true;
    outside.settle();
    done(outside);
  });

  it('is stopped in the middle and goes on after /resume', () => {
    let stopped = false;
    const outside = begun({ review: () => ending(stopped ? 'approve' : 'busy') });
    outside.until(() => live(outside).some((run) => run.role === 'review'));
    outside.say('ENG-1', '/stop');
    outside.settle();
    assert.equal(outside.record().phase, 'cancelled');
    stopped = true;
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('crashes on one head, and that is not held against the next', () => {
    const outside = begun({ review: inTurn(ending('failed'), ending('busy')) });
    outside.until(() => outside.runs.filter((run) => run.role === 'review').length === 2);
    outside.personPushes('heartline/eng-1');
    outside.until(() => outside.record().phase === 'parked');
    outside.script = { ...outside.script, review: () => ending('approve') };
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('cannot post: parked with what GitHub said, and after /resume it lands', () => {
    const outside = begun({ fault: (action) => (action.kind === 'post-review' ? 'refused' : 'none') });
    parked(outside, /GitHub said no\. Put it right, then comment \/resume/);
    outside.script = { ...outside.script, fault: () => 'none' };
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('is answered without a new commit: parked instead of asked for ever, and /answer helps', () => {
    const outside = begun({
      review: inTurn(ending('request-changes'), ending('approve')),
      work: inTurn(ending('work'), ending('nothing-new'), ending('work')),
    });
    parked(outside, /dev was sent to mend that and changed nothing\. Comment \/answer/);
    outside.now += 60_000;
    outside.say('ENG-1', '/answer Use integers.');
    outside.settle();
    done(outside);
    assert.equal(causes(outside).filter((one) => one === 'dev: answer').length, 1);
  });
});

describe('CI', () => {
  it('is red, then green: devops mends it and the mended head is reviewed anew', () => {
    const outside = begun({ ci: inTurn('failure', 'success') });
    outside.settle();
    done(outside);
    assert.ok(causes(outside).includes('devops: checks-failed'));
    const merged = outside.landings[0]?.head;
    assert.ok(outside.verdicts.some((verdict) => verdict.head === merged && verdict.decision === 'approve'));
  });

  it('stays red: parked after three rounds', () => {
    const outside = begun({ ci: () => 'failure' });
    parked(outside, /3 rounds of mending did not help\. Comment \/retry/);
    assert.equal(causes(outside).filter((one) => one === 'devops: checks-failed').length, 3);
  });

  it('was cancelled by somebody: parked, for no change of ours can mend that', () => {
    const outside = begun({ ci: inTurn('cancelled') });
    parked(outside, /No change of ours can mend that: run it again on GitHub, then comment \/resume/);
    outside.ci.set(outside.pull().head, 'success');
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('is red for a reason devops finds nothing for: parked, and after a re-run and /resume it lands', () => {
    const outside = begun({
      ci: inTurn('failure'),
      work: (run) => ending(run.role === 'devops' ? 'nothing-new' : 'work'),
    });
    parked(outside, /devops was sent to mend that and changed nothing/);
    outside.ci.set(outside.pull().head, 'success');
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('never runs because the pull request conflicts from the start: the conflict is resolved first', () => {
    const outside = begun({ work: (run) => ({ kind: 'work', clash: run.cause.kind === 'implement' }) });
    outside.until(() => outside.branches.has('heartline/eng-1'));
    outside.personPushes('main');
    outside.settle();
    done(outside);
    assert.ok(causes(outside).includes('dev: conflict'));
    assert.equal(outside.reports.filter((report) => report.event === 'ready').length, 0, 'nobody is called for it');
  });
});

describe('an agent', () => {
  for (const kind of ['failed', 'timed-out', 'stalled'] as const) {
    it(`that ${kind} every time is parked after three rounds, and /retry allows three more`, () => {
      const outside = begun({ work: () => ending(kind) });
      parked(outside, /dev ended badly 3 times, last: It broke\. Comment \/retry/);
      assert.equal(outside.runs.length, 3);
      outside.now += 60_000;
      outside.say('ENG-1', '/resume');
      outside.settle();
      assert.equal(outside.runs.length, 3, '/resume alone allows no new rounds');
      outside.now += 60_000;
      outside.say('ENG-1', '/retry');
      outside.settle();
      assert.equal(outside.runs.length, 6);
      assert.deepEqual(outside.violations, []);
    });
  }

  it('that asks a person waits, and goes on in its session with the answer', () => {
    const outside = begun({ work: inTurn(ending('awaiting-human'), ending('work')) });
    parked(outside, /Cents or euros\? Comment \/resume to go on, or \/answer/);
    outside.now += 60_000;
    outside.say('ENG-1', '/answer Cents.');
    outside.settle();
    done(outside);
    assert.equal(causes(outside)[1], 'dev: answer');
    assert.equal(outside.runs[0]?.sessionId, outside.runs[1]?.sessionId);
  });

  it('that crashes once goes on in the same session', () => {
    const outside = begun({ work: inTurn(ending('failed'), ending('work')) });
    outside.settle();
    done(outside);
    assert.equal(outside.runs[0]?.sessionId, outside.runs[1]?.sessionId);
  });
});

describe('money', () => {
  const poor = (issue: number, day: number) =>
    makeSettings({ budget: { issueMicroUsdMax: issue, dayMicroUsdMax: day } });

  it('of the issue is used up: parked; an answer does not set it flapping; more money and /resume end it well', () => {
    const outside = begun({ review: inTurn(ending('request-changes'), ending('approve')) }, poor(200_000, 9_000_000));
    parked(outside, /has used \$0\.20 of \$0\.20\. Raise budget\.issueUsd/);
    outside.now += 60_000;
    outside.say('ENG-1', '/answer Just do it.');
    outside.settle();
    assert.equal(outside.record().phase, 'parked');
    outside.settings = poor(9_000_000, 9_000_000);
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
    assert.ok(causes(outside).includes('dev: answer'), 'the answer was not lost');
  });

  it('of the day is used up: nothing starts, and it waits in words', () => {
    const outside = begun({}, poor(9_000_000, 100_000));
    outside.put('ENG-2');
    const settings = outside.settings;
    outside.settings = { ...settings, limits: { ...settings.limits, runsMax: 1 } };
    const decision = outside.settle();
    assert.equal(outside.runs.length, 1);
    assert.match(
      decision.issues.find((view) => view.key === 'ENG-1')?.verdict.reason ?? '',
      /Goes on after midnight UTC/,
    );
    assert.match(
      decision.issues.find((view) => view.key === 'ENG-2')?.verdict.reason ?? '',
      /new work starts after midnight/,
    );
    outside.settings = poor(9_000_000, 9_000_000);
    outside.settle();
    done(outside);
    done(outside, 'ENG-2');
  });

  it('of the day is used up: nobody else’s pull request is reviewed either', () => {
    const project = makeProject({ reviewPullRequests: 'all' });
    const outside = new Outside({}, { ...poor(9_000_000, 0), projects: [project] });
    outside.addPull({
      branch: 'ada/fix',
      author: 'ada',
      head: outside.commit({ parents: [outside.tip('main')], by: 'person' }),
    });
    const decision = outside.settle();
    assert.deepEqual(outside.runs, []);
    assert.match(decision.pullRequests[0]?.verdict.reason ?? '', /Today's \$0\.00 are used up/);
  });
});

describe('a person', () => {
  const opened = (script: Partial<Script> = {}): Outside => {
    const outside = begun(script);
    outside.until(() => outside.records[0]?.pullRequest != null);
    return outside;
  };

  it('pushes to the branch: parked, nothing is pushed over it, and /resume adopts and reviews it', () => {
    const outside = opened();
    const theirs = outside.personPushes('heartline/eng-1');
    parked(outside, /Somebody pushed .* nothing of ours is pushed over it\. Comment \/resume/);
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
    assert.ok(outside.landings[0] !== undefined && outside.contains(outside.landings[0].head, theirs));
  });

  it('pushes while the dev works: the work takes their commit in before it is pushed', () => {
    let busy = true;
    const outside = begun({
      review: inTurn(ending('request-changes'), ending('approve')),
      work: (run) => ending(run.cause.kind === 'findings' && busy ? 'busy' : 'work'),
    });
    outside.until(() => live(outside).some((run) => run.cause.kind === 'findings'));
    const theirs = outside.personPushes('heartline/eng-1');
    busy = false;
    outside.settle();
    assert.equal(outside.record().phase, 'parked');
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
    assert.ok(outside.landings[0] !== undefined && outside.contains(outside.landings[0].head, theirs));
  });

  it('closes the pull request: parked at once, what runs is ended, and reopening with /resume goes on', () => {
    const outside = opened({ review: inTurn(ending('request-changes'), ending('approve')) });
    outside.until(() => live(outside).some((run) => run.cause.kind === 'findings'));
    outside.changePull(outside.pull().number, { state: 'closed' });
    outside.turn();
    assert.equal(outside.record().phase, 'parked');
    parked(outside, /was closed without merging\. Reopen it and comment \/resume/);
    outside.changePull(outside.pull().number, { state: 'open' });
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  it('says /resume without reopening: parked again, once, with the same words', () => {
    const outside = opened({ review: () => ending('busy') });
    outside.changePull(outside.pull().number, { state: 'closed' });
    outside.settle();
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.say('ENG-1', '/answer It is fine.');
    outside.settle();
    assert.equal(outside.record().phase, 'parked');
    assert.deepEqual(outside.violations, []);
  });

  it('merges it themselves: that is their decision, and the issue is closed', () => {
    const outside = opened({ review: () => ending('busy') });
    outside.land(outside.pull().number, 'person');
    outside.settle();
    done(outside);
    assert.equal(outside.frozen.size, 0);
    assert.deepEqual(live(outside), []);
  });

  it('merges what was parked: done as well', () => {
    const outside = begun({ review: () => ending('request-changes') });
    outside.settle();
    assert.equal(outside.record().phase, 'parked');
    outside.land(outside.pull().number, 'person');
    outside.settle();
    done(outside);
  });

  it('merges the second attempt after the bot merged the first: nothing is frozen', () => {
    const outside = begun();
    outside.settle();
    done(outside);
    outside.now += 60_000;
    outside.move('ENG-1', STATES.todo);
    outside.script = { ...outside.script, review: () => ending('busy') };
    outside.until(() => outside.record().attempt === 2 && outside.record().pullRequest !== null);
    outside.land(outside.pull().number, 'person');
    outside.settle();
    assert.equal(outside.frozen.size, 0);
    assert.equal(outside.record().phase, 'done');
  });

  it('points the pull request at another branch that stands at the same commit: it does not merge there', () => {
    const outside = begun();
    outside.branches.set('release', outside.tip('main'));
    outside.until(() => outside.records[0]?.pullRequest != null);
    outside.changePull(outside.pull().number, { baseBranch: 'release' });
    const decision = outside.settle();
    assert.deepEqual(outside.landings, []);
    assert.match(decision.issues[0]?.verdict.reason ?? '', /goes into release, not main/);
    outside.changePull(outside.pull().number, { baseBranch: 'main' });
    outside.settle();
    done(outside);
  });

  it('says /stop, then /resume: stopped within a turn, and nothing is written meanwhile but the one comment', () => {
    const outside = opened({ review: () => ending('busy') });
    outside.until(() => live(outside).length > 0);
    outside.say('ENG-1', '/stop');
    const before = outside.writes.length;
    outside.turn();
    assert.deepEqual(live(outside), []);
    outside.settle();
    assert.deepEqual(
      outside.writes.slice(before).map((write) => write.kind),
      ['progress-comment'],
    );
    assert.match(outside.comments.get('issue-ENG-1') ?? '', /^\*\*Stopped\.\*\* Ada said \/stop/);
    outside.script = { ...outside.script, review: () => ending('approve') };
    outside.now += 60_000;
    outside.say('ENG-1', '/resume');
    outside.settle();
    done(outside);
  });

  for (const state of [STATES.backlog, STATES.canceled, STATES.done]) {
    it(`moves the issue to ${state.name}: cancelled; /resume explains; moved back to Todo it is attempt 2`, () => {
      const outside = opened({ review: () => ending('busy') });
      outside.now += 60_000;
      outside.move('ENG-1', state);
      const before = outside.writes.length;
      outside.turn();
      assert.deepEqual(live(outside), []);
      outside.settle();
      assert.equal(outside.record().phase, 'cancelled');
      assert.deepEqual(
        outside.writes.slice(before).filter((write) => write.kind !== 'progress-comment'),
        [],
      );
      outside.say('ENG-1', '/resume');
      outside.settle();
      assert.equal(outside.record().phase, 'cancelled');
      assert.match([...outside.settled.values()].at(-1) ?? '', /Move it to the state work starts from/);
      outside.script = { ...outside.script, review: () => ending('approve') };
      outside.now += 60_000;
      outside.move('ENG-1', STATES.todo);
      outside.settle();
      done(outside);
      assert.equal(outside.record().attempt, 2);
      assert.equal(outside.record().branch, 'heartline/eng-1-2');
    });
  }

  it('says /stop between two attempts: the second does not start until it is moved again', () => {
    const outside = begun();
    outside.settle();
    outside.edit('ENG-1', { blockers: [{ id: 'b', key: 'ENG-9', settled: false }] });
    outside.now += 60_000;
    outside.move('ENG-1', STATES.todo);
    outside.settle();
    outside.now += 60_000;
    outside.say('ENG-1', '/stop');
    outside.edit('ENG-1', { blockers: [] });
    outside.settle();
    assert.equal(outside.record().attempt, 1);
    outside.now += 60_000;
    outside.move('ENG-1', STATES.backlog);
    outside.move('ENG-1', STATES.todo);
    outside.settle();
    assert.equal(outside.record().attempt, 2);
    assert.equal(outside.record().phase, 'done');
  });

  it('has to approve a protected file, for this very head and not for another', () => {
    const outside = begun({ work: () => ({ kind: 'work', files: ['.github/workflows/ci.yml'] }) });
    const decision = outside.settle();
    assert.deepEqual(outside.landings, []);
    assert.match(decision.issues[0]?.verdict.reason ?? '', /ci\.yml: needs a person/);
    assert.equal(outside.reports.filter((report) => report.event === 'ready').length, 1);
    outside.say('ENG-1', `/approve ${outside.tip('main')}`);
    outside.settle();
    assert.deepEqual(outside.landings, []);
    outside.say('ENG-1', `/approve ${outside.pull().head}`);
    outside.settle();
    done(outside);
  });

  it('merges by hand where autoMerge is off, and hears once that it is ready', () => {
    const outside = begun({}, makeSettings({ projects: [makeProject({ autoMerge: false })] }));
    const decision = outside.settle();
    assert.deepEqual(outside.landings, []);
    assert.match(decision.issues[0]?.verdict.reason ?? '', /is ready; merging is left to a person/);
    assert.equal(outside.reports.filter((report) => report.event === 'ready').length, 1);
    assert.match(outside.comments.get('issue-ENG-1') ?? '', /Waiting for you/);
    outside.land(outside.pull().number, 'person');
    outside.settle();
    done(outside);
  });
});

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
    outside.frozen.set(REPOSITORY, 'A bad merge.');
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
