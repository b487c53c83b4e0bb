/** Stories of one issue from the claim to its end: what agents, reviewers, CI and the budget do to it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeProject, makeSettings } from './make.ts';
import { Outside } from './outside.ts';
import { begun, causes, done, ending, inTurn, live, parked } from './stories.ts';

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

  it('stays red after it was mended twice: parked, for a third look would have nothing new to go by', () => {
    const outside = begun({ ci: () => 'failure' });
    parked(outside, /test was mended twice and is still red: no progress\. Look at its log/);
    assert.equal(causes(outside).filter((one) => one === 'devops: checks-failed').length, 2);
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
