/** Stories of people who take part: they push, close, merge, move, stop and approve, and they are always right. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeProject, makeSettings, STATES } from './make.ts';
import type { Outside, Script } from './outside.ts';
import { begun, done, ending, inTurn, live, parked } from './stories.ts';

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

  it('makes the repository anew: the pull request is gone for good, and its issue parked', () => {
    const outside = opened();
    const number = outside.records[0]?.pullRequest ?? 0;
    outside.pulls.delete(number);
    outside.settle();
    assert.equal(outside.records[0]?.phase, 'active', 'what was just opened may only not show yet');
    outside.now += 15 * 60_000;
    parked(outside, /no longer finds pull request #\d+, .* back to Todo to start over/);
  });

  it('pushes while the dev works: that ends at once, and after /resume the work takes their commit in', () => {
    let busy = true;
    const outside = begun({
      review: inTurn(ending('request-changes'), ending('approve')),
      work: (run) => ending(run.cause.kind === 'findings' && busy ? 'busy' : 'work'),
    });
    outside.until(() => live(outside).some((run) => run.cause.kind === 'findings'));
    const theirs = outside.personPushes('heartline/eng-1');
    outside.turn();
    outside.turn();
    assert.deepEqual([live(outside), outside.record().phase], [[], 'parked']);
    busy = false;
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

  it('points it at a branch it conflicts with: nobody is paid to take that branch in', () => {
    const outside = opened();
    outside.branches.set('release', outside.commit({ parents: [outside.tip('main')], by: 'person' }));
    outside.changePull(outside.pull().number, { baseBranch: 'release', mergeable: 'conflict' });
    const runs = outside.runs.length;
    const decision = outside.settle();
    assert.equal(outside.runs.length, runs);
    assert.match(decision.issues[0]?.verdict.reason ?? '', /goes into release, not main/);
    assert.equal(outside.reports.filter(({ text }) => /goes into release/.test(text)).length, 1);
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
