/** What must hold for every single decision, whatever the world looks like. Violations come back as sentences. */
import assert from 'node:assert/strict';
import { type Decision, decide } from '../../src/decide/decide.ts';
import { isLive, subjectKey } from '../../src/domain/run.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';

/** Decides on a frozen snapshot, twice, and holds the answer against the rules no decision may break. */
export function checkedDecision(snapshot: Snapshot): Decision {
  const decision = decide(snapshot);
  assert.deepEqual(decide(snapshot), decision, 'the same snapshot gives the same decision');
  for (const action of decision.actions) assert.notEqual(action.reason.trim(), '', `${action.kind} has a reason`);
  const { actions } = decision;

  unique(
    actions.flatMap((action) => {
      if (action.kind === 'update-record') return [action.issueId];
      if (action.kind === 'verify-merge') return action.record === null ? [] : [action.record.issueId];
      return action.kind === 'claim' ? [action.record.issueId] : [];
    }),
    'one write for each record',
  );
  unique(
    actions.flatMap((action) => (action.kind === 'dispatch' ? [`${subjectKey(action.subject)} ${action.role}`] : [])),
    'one dispatch for each subject and role',
  );
  unique(
    actions.flatMap((action) => ('key' in action ? [`${action.kind} ${action.key}`] : [])),
    'one use of each key',
  );
  unique(
    actions.flatMap((action) => (action.kind === 'cancel-run' ? [action.runId] : [])),
    'one end for each run',
  );
  unique(
    actions.flatMap((action) => (action.kind === 'merge' ? [`${action.repository} ${action.baseBranch}`] : [])),
    'one merge for each base branch',
  );
  unique(
    decision.issues.map((view) => view.issueId),
    'one view for each issue',
  );
  for (const view of decision.issues) assert.notEqual(view.verdict.reason.trim(), '', `${view.key} says why`);
  limits(snapshot, decision);
  unknowns(snapshot, decision);
  merges(snapshot, decision);
  return decision;
}

/** What the snapshot must show of every pull request that is to be merged. */
function merges({ repositories, verdicts, frozen, settings }: Snapshot, { actions }: Decision): void {
  for (const action of actions) {
    if (action.kind !== 'merge') continue;
    const view = repositories.get(action.repository);
    const pullOf = (number: number) =>
      view?.known ? view.value.pullRequests.find((one) => one.number === number) : undefined;
    const diffOf = (head: string) => (view?.known ? view.value.diffs.get(`${action.base}..${head}`) : undefined);
    const pull = pullOf(action.number);
    assert.equal(pull?.head, action.head, 'the live head is merged');
    assert.equal(pull?.mergeable, 'yes', 'nothing is merged on unknown mergeability');
    if (action.members.length === 0) assert.ok(diffOf(action.head)?.baseIsAncestor, 'the base was tested');
    // Several that are merged as one were each approved by themselves; the head that holds them all nobody reviews.
    for (const { number, head } of action.members.length === 0 ? [action] : action.members) {
      const verdict = verdicts.findLast((one) => one.number === number && one.head === head);
      assert.equal(pullOf(number)?.head, head, 'nobody pushed to it since');
      assert.equal(verdict?.decision, 'approve', 'the head was approved');
      assert.equal(verdict?.digest, diffOf(head)?.digest, 'this very change was approved');
    }
    assert.ok(!frozen.has(action.repository), 'nothing is merged in a frozen repository');
    for (const { name } of settings.projects.flatMap((project) => project.checks))
      assert.ok(
        pull?.checks.some((one) => one.name === name && one.sha === action.head && one.state === 'success'),
        `${name} is green on the head`,
      );
  }
}

function limits({ settings, runs, spend, accepting }: Snapshot, { actions }: Decision): void {
  const dispatches = actions.filter((action) => action.kind === 'dispatch');
  const live = runs.filter((run) => isLive(run.state));
  assert.ok(
    dispatches.length === 0 || live.length + dispatches.length <= settings.limits.runsMax,
    'no run passes the limit',
  );
  if (!accepting || spend.dayMicroUsd >= settings.budget.dayMicroUsdMax)
    assert.deepEqual(dispatches, [], 'nothing is started once the day is spent or the bot drains');
  for (const { subject, role } of dispatches) {
    assert.ok(
      !live.some((run) => run.role === role && subjectKey(run.subject) === subjectKey(subject)),
      'no second run beside a live one',
    );
    if (subject.kind === 'issue')
      assert.ok((spend.byIssue.get(subject.issueId) ?? 0) < settings.budget.issueMicroUsdMax, 'no run without money');
  }
}

/** On an unknown board nothing is decided about issues; on an unknown repository nothing about its pull requests. */
function unknowns({ board, repositories, records }: Snapshot, { actions }: Decision): void {
  const blind = new Set(
    records
      .filter((record) => !board.known || repositories.get(record.repository)?.known !== true)
      .map((record) => subjectKey({ kind: 'issue', issueId: record.issueId })),
  );
  for (const action of actions) {
    if (action.kind === 'claim') assert.ok(board.known, 'nothing is claimed on an unknown board');
    if (action.kind === 'dispatch') assert.ok(!blind.has(subjectKey(action.subject)), 'no dispatch on unknown facts');
    if ('subject' in action && 'key' in action && action.kind !== 'report')
      assert.ok(!blind.has(action.subject), `no ${action.kind} on unknown facts`);
  }
}

function unique(values: readonly string[], rule: string): void {
  assert.deepEqual([...new Set(values)], [...values], rule);
}
