/** Bugs planted on purpose, each a change of one place in the sources. What no oracle notices, no oracle watches. */

import { LANDING_MUTANTS } from './landing-mutants.ts';

export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands exactly once in the file; one that no longer does fails the run. */
  readonly from: string;
  readonly to: string;
  /** Scenarios in which it should show. */
  readonly aim: readonly string[];
  /** The run of its hunt that showed it last, which is tried first. When it does not any more, the hunt begins at its beginning. */
  readonly seen?: number;
}

/** As many as there are: whoever takes one out takes a watch away, and lowers this where everybody sees it. */
export const MUTANTS_MIN = 76;

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'merge-without-head',
    file: 'src/heartbeat/outside/merge.ts',
    from: 'return hands.forge.merge({ repository, number, head, method, title });',
    to: 'return hands.forge.merge({ repository, number, head: null as never, method, title });',
    aim: ['one-ticket'],
  },
  {
    name: 'merge-without-a-second-look',
    file: 'src/heartbeat/outside/merge.ts',
    from: '  recheck: (action, hands) => (action.members.length === 0 ? recheck(action, hands) : recheckTogether(action, hands)),\n',
    to: '',
    aim: ['base-moves-unguarded', 'taken-over'],
    seen: 44,
  },
  {
    name: 'what-landed-is-believed',
    file: 'src/heartbeat/act.ts',
    from: 'if (difference === null) {',
    to: 'if (difference !== undefined) {',
    aim: ['corrupted-merge'],
  },
  {
    name: 'recorded-before-the-call',
    file: 'src/heartbeat/outside/outside-write.ts',
    from: '    const outsideId = found ?? (await how.perform(action, asking, again));\n    await journal.confirm(action.key, outsideId);',
    to: '    await journal.confirm(action.key, found);\n    const outsideId = found ?? (await how.perform(action, asking, again));\n    await journal.confirm(action.key, outsideId);',
    aim: ['one-ticket'],
    seen: 25,
  },
  {
    name: 'repeated-without-a-look',
    file: 'src/heartbeat/outside/outside-write.ts',
    from: "const again = before || action.key.includes('~');",
    to: "const again = !before && action.key.includes('~');",
    aim: ['one-ticket'],
    seen: 17,
  },
  {
    name: 'a-review-key-with-a-clock',
    file: 'src/decide/issue-case.ts',
    from: 'postReview: (verdictId: string) => `review:',
    to: 'postReview: (verdictId: string) => Date.now() + `review:',
    aim: ['one-ticket'],
  },
  {
    name: 'skipped-passes',
    file: 'src/decide/checks.ts',
    from: "  return check.state === 'success';",
    to: "  return check.state === 'success' || check.state === 'skipped' || check.state === 'neutral';",
    aim: ['skipped-ci'],
  },
  {
    name: 'checks-of-another-commit',
    file: 'src/decide/checks.ts',
    from: 'named.filter((check) => check.sha === head)',
    to: "named.filter((check) => check.sha !== '')",
    aim: ['base-moves', 'findings'],
    seen: 80,
  },
  {
    name: 'checks-by-anybody',
    file: 'src/decide/checks.ts',
    from: 'const ours = onHead.filter((check) => requirement.app === null || check.app === requirement.app);',
    to: 'const ours = onHead;',
    aim: ['wrong-app-ci'],
  },
  {
    name: 'running-checks-pass',
    file: 'src/decide/checks.ts',
    from: "return check.state === 'queued' || check.state === 'running';",
    to: "return check.state === 'queued';",
    aim: ['slow-ci'],
  },
  {
    name: 'findings-never-counted',
    file: 'src/decide/stages/judge.ts',
    from: 'rounds >= settings.limits.reviewRoundsMax',
    to: 'rounds >= settings.limits.reviewRoundsMax + 99',
    aim: ['ping-pong'],
  },
  {
    name: 'findings-counted-late',
    file: 'src/decide/stages/judge.ts',
    from: 'rounds >= settings.limits.reviewRoundsMax',
    to: 'rounds > settings.limits.reviewRoundsMax',
    aim: ['ping-pong'],
  },
  {
    name: 'crashes-never-counted',
    file: 'src/decide/stages/implement.ts',
    from: 'rounds >= facts.settings.limits.crashRoundsMax',
    to: 'rounds >= facts.settings.limits.crashRoundsMax + 99',
    aim: ['hopeless-agent'],
  },
  {
    name: 'a-push-is-not-seen-through',
    file: 'src/decide/stages/implement.ts',
    from: 'if (pushIsOpen(facts)) return PASSED;',
    to: '',
    aim: ['many-remarks', 'remarks'],
    seen: 928,
  },
  {
    name: 'a-persons-push-ends-nobody',
    file: 'src/decide/stages/taken-over.ts',
    from: 'closed(facts) ?? drafted(facts) ?? pushed(facts) ??',
    to: 'closed(facts) ?? drafted(facts) ??',
    aim: ['push-during-a-round'],
    seen: 34,
  },
  {
    name: 'stop-is-not-heard',
    file: 'src/decide/steer.ts',
    from: "    case 'stop':\n      return stop(facts);",
    to: "    case 'stop':\n      return [];",
    aim: ['stop-resume'],
  },
  {
    name: 'sessions-outlive-their-issue',
    file: 'src/decide/reconcile.ts',
    from: '.filter((run) => subjectKey(run.subject) === subject && isLive(run.state))',
    to: ".filter((run) => subjectKey(run.subject) === subject && run.state === 'queued')",
    aim: ['away-and-back'],
  },
  {
    name: 'taken-away-is-not-seen',
    file: 'src/decide/duties/reconcile.ts',
    from: '    if (reason === null) {',
    to: '    if (reason !== undefined) {',
    aim: ['away-and-back'],
  },
  {
    name: 'strangers-start-work',
    file: 'src/decide/eligible.ts',
    from: 'return people.some((person) => person.linear?.toLowerCase() === email);',
    to: "return people.length > 0 && email !== '';",
    aim: ['strangers'],
  },
  {
    name: 'blockers-do-not-block',
    file: 'src/decide/eligible.ts',
    from: 'issue.blockers.filter((blocker) => !blocker.settled)',
    to: "issue.blockers.filter((blocker) => blocker.key === '')",
    aim: ['strangers'],
  },
  {
    name: 'anybody-approves',
    file: 'src/heartbeat/observe.ts',
    from: "(comment.on.kind === 'issue' ? person.linear : person.github)?.toLowerCase() === handle) ??\n    null",
    to: "(comment.on.kind === 'issue' ? person.linear : person.github)?.toLowerCase() === handle) ??\n    people[0] ??\n    null",
    aim: ['protected-unapproved'],
  },
  {
    name: 'approve-names-no-head',
    file: 'src/decide/steer.ts',
    from: 'if (!pullRequest.head.startsWith(sha))',
    to: 'if (!/^[0-9a-f]+$/.test(sha))',
    aim: ['protected-unapproved'],
  },
  {
    name: 'approval-outlives-a-push',
    file: 'src/decide/gate.ts',
    from: 'approvals.find((one) => one.sha === pullRequest.head && one.at >= oldest)',
    to: "approvals.find((one) => pullRequest.head !== '' && one.at >= oldest)",
    aim: ['approval-then-push'],
  },
  {
    name: 'approval-never-expires',
    file: 'src/decide/gate.ts',
    from: 'one.sha === pullRequest.head && one.at >= oldest',
    to: 'one.sha === pullRequest.head && one.at >= oldest - 1e12',
    aim: ['late-approval'],
  },
  {
    name: 'agents-write-their-own-rules',
    file: 'src/decide/protected-paths.ts',
    from: "  '**/agents.md',\n",
    to: '',
    aim: ['protected-unapproved'],
  },
  {
    name: 'reviewer-shares-the-devs-session',
    file: 'src/decide/stages/judge.ts',
    from: '      : dispatch(facts, role, cause, null, reason),',
    to: "      : dispatch(facts, role, cause, facts.runs.find((run) => run.role === 'dev')?.sessionId ?? null, reason),",
    aim: ['one-ticket'],
  },
  {
    name: 'findings-are-ignored',
    file: 'src/decide/stages/review.ts',
    from: "if (verdict.decision === 'approve') {",
    to: "if (verdict.head !== '') {",
    aim: ['findings'],
  },
  {
    name: 'verdict-of-any-head',
    file: 'src/decide/stages/review.ts',
    from: 'facts.verdicts.findLast((one) => one.head === pullRequest.head && one.digest === diff.digest)',
    to: "facts.verdicts.findLast((one) => one.digest !== '' || diff.digest === '')",
    aim: ['findings', 'conflict'],
  },
  {
    name: 'caps-are-not-asked',
    file: 'src/store/spend.ts',
    from: 'if (!(sum + microUsd <= cap)) {',
    to: 'if (!(sum <= cap + microUsd * 999)) {',
    aim: ['budget'],
  },
  {
    name: 'reservations-are-not-counted',
    file: 'src/store/spend.ts',
    from: '    await count(db, { runId, issueId, day }, microUsd, now);',
    to: '    await count(db, { runId, issueId, day }, 0, now);',
    aim: ['budget'],
  },
  {
    name: 'push-without-lease',
    file: 'src/heartbeat/outside/push-branch.ts',
    from: 'await hands.mirror.push({ repository, branch, head, expected });',
    to: 'await hands.mirror.push({ repository, branch, head, expected: (await hands.mirror.remoteTip(repository, branch)) ?? expected });',
    aim: ['push-during-a-round'],
    seen: 588,
  },
  {
    name: 'adopts-anybodys-pull-request',
    file: 'src/heartbeat/outside/open-pull-request.ts',
    from: 'if (found.body.includes(action.marker)) return',
    to: "if (found.body.includes(action.marker) || found.state === 'open') return",
    aim: ['squatter'],
  },
  {
    name: 'untested-base',
    file: 'src/decide/gate.ts',
    from: '  return diff.baseIsAncestor\n',
    to: "  return diff.base !== ''\n",
    aim: ['clash-unguarded', 'base-moves-unguarded'],
  },
  {
    name: 'second-attempt-on-the-first-branch',
    file: 'src/decide/duties/dispatch.ts',
    from: "{attempt === 1 ? '' :",
    to: "{attempt > 0 ? '' :",
    aim: ['away-and-back'],
  },
  {
    name: 'a-running-run-is-not-taken-up-again',
    file: 'src/store/runs.ts',
    from: ".where('owner', '<>', store.owner)",
    to: ".where('owner', '=', store.owner)",
    aim: ['one-ticket'],
  },
  {
    name: 'two-writers',
    file: 'src/store/store-lock.ts',
    from: "lock.exec('begin exclusive');",
    to: "lock.exec('begin deferred');",
    aim: ['two-bots'],
  },
  {
    name: 'each-moved-base-is-reviewed-anew',
    file: 'src/decide/rebind.ts',
    from: 'if (!asked || verdict === undefined) return null;',
    to: 'if (!asked || verdict !== undefined) return null;',
    aim: ['base-moves', 'clash', 'crowd'],
  },
  {
    name: 'the-clock-is-put-back',
    file: 'src/heartbeat/steady-clock.ts',
    from: 'last = Math.max(machine.now(), last + Math.floor(elapsed - lastElapsed));',
    to: 'last = machine.now();',
    aim: ['skewed'],
    seen: 201,
  },
  {
    name: 'approval-lost-while-github-is-away',
    file: 'src/decide/steer.ts',
    from: 'if (record.pullRequest === null) return [settle',
    to: 'if (pullRequest === null) return [settle',
    aim: ['protected-in-trouble'],
  },
  {
    name: 'begun-beside-what-is-under-way',
    file: 'src/heartbeat/under-way.ts',
    from: 'tasks.filter(({ subject }) => !this.#running.has(subject))',
    to: 'tasks.filter(({ subject }) => subject !== "")',
    aim: ['slow-services'],
  },
  {
    name: 'what-landed-before-a-stop-is-let-be',
    file: 'src/decide/duties/verify-stopped.ts',
    from: "record.phase !== 'cancelled' || record.mergeVerified",
    to: "record.phase === 'cancelled' || record.mergeVerified",
    aim: ['stop-at-a-bad-merge'],
  },
  {
    name: 'posted-while-the-first-is-on-its-way',
    file: 'src/heartbeat/outside/outside-write.ts',
    from: 'if (unheardSince !== null && how.takenTwice',
    to: 'if (unheardSince === -1 && how.takenTwice',
    aim: ['late-review'],
    seen: 248,
  },
  {
    name: 'a-broken-connection-is-an-answer',
    file: 'src/heartbeat/outside/outside-write.ts',
    from: "return error.kind === 'unreachable' ? askedAt : null",
    to: 'return null',
    aim: ['given-up-too-early'],
    seen: 12,
  },
  ...LANDING_MUTANTS,
];

export function mutantNamed(name: string): Mutant {
  const found = MUTANTS.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no mutant ${name}`);
  return found;
}
