/** Every merge of the bot: a head that an independent session approved, tested as it lands, permitted, and never red. */
import { APP, judge } from '../world/ci.ts';
import { changeBetween, changedPaths } from '../world/git.ts';
import type { Happening } from '../world/happening.ts';
import { isWeaker } from '../world/weaker.ts';
import { needsPerson } from './needs-person.ts';
import { type Court, isBatch, keyOfBranch, type OracleMaker } from './oracle.ts';

type Merged = Extract<Happening, { kind: 'merged' }>;
type Judged = Extract<Happening, { kind: 'judged' }>;

/** How long before the merge a fact may have changed without the bot having had a chance to see it. */
const BLIND_MS = 700;
const BLIND_WHEN_SLOW_MS = 60_000;
/** A red main is seen at the next look, and the lists may lag behind it. */
const RED_SEEN_MS = 60_000;

export const merges: OracleMaker = (court) => {
  const { world, plan, violation, keep } = court;
  const { git, hub, board } = world;
  const own = keep({
    judgements: [] as Judged[],
    moved: new Map<string, { readonly at: number; readonly to: string }>(),
    byHand: new Set<string>(),
    excused: new Set<string>(),
    baseMovedAt: 0,
    ourMerge: '',
    thawed: false,
  });
  const { judgements, moved, byHand, excused } = own;
  const slow = plan.faults.some(({ fault }) => fault === 'slow');
  // What waits in the forge's own queue lands by itself: a change of mind takes it out at the next look.
  const blind = slow || plan.rules.mergeQueue ? BLIND_WHEN_SLOW_MS : BLIND_MS;

  const judgedBy = (role: 'review' | 'audit', word: string, merge: Merged): void => {
    const must = saying(merge, role === 'review' ? 'approved by a review' : 'passed by an audit');
    const fitting = judgements.filter(
      (one) => one.role === role && one.decision === word && speaksOf(court, one, merge, byHand),
    );
    must(fitting.length > 0);
    const authors = new Set(
      [...git.get(merge.head).history]
        .filter((sha) => !git.contains(merge.base, sha))
        .flatMap((sha) => {
          const { author } = git.get(sha);
          return author.kind === 'agent' ? [author.runId, author.sessionId] : [];
        }),
    );
    if (fitting.length > 0 && fitting.every((one) => authors.has(one.runId) || authors.has(one.sessionId)))
      violation(`#${merge.number} was merged on the word of its own author`);
  };
  const saying = (merge: Merged, what: string) => (holds: boolean) => {
    if (!holds) violation(`#${merge.number} was merged at ${merge.head.slice(0, 7)} without being ${what}`);
  };

  const judgeMerge = (merge: Merged, at: number): void => {
    const must = (holds: boolean, what: string): void => saying(merge, what)(holds);
    must(merge.asked === merge.head, 'named by its head in the call');
    // A queue tests with the base as it is then.
    const takesBack = !own.thawed && tookBack(court, merge.head, merge.base);
    const red = !plan.rules.mergeQueue && !takesBack && !excused.has(merge.base) && redFor(court, merge, at);
    must(!red, 'on a green main');
    if (plan.rules.mergeQueue === false)
      must(git.contains(merge.head, merge.base) || at - own.baseMovedAt < blind, 'tested on the base it landed on');
    const checks = (hub.checks.get(merge.head) ?? []).filter((one) => one.name === plan.ci.name && one.app === APP);
    must(
      checks.length > 0 && checks.every((one) => one.state === 'success'),
      'green in every required check of the right app',
    );
    for (const part of partsOf(merge)) judgeChange(part, at);
    // Where the server asks for no tested base, what a person lands in the moment before the call cannot be seen.
    const crossed = !git.contains(merge.head, merge.base) && at - own.baseMovedAt < blind;
    if (plan.rules.corrupt === null && !crossed && judge(git.get(merge.base).tree).green) {
      const { green, why } = judge(git.get(merge.commit).tree);
      if (!green) violation(`main is red through #${merge.number}: ${why}`);
    }
  };

  /** What a merge brings: itself, or each of those that were merged on top of the base and of each other, and nothing else. */
  const partsOf = (merge: Merged): readonly Merged[] => {
    if (!isBatch(hub.pull(merge.number).branch)) return [merge];
    const parts: Merged[] = [];
    let at = merge.head;
    while (at !== merge.base) {
      const { author, parents, tree } = git.get(at);
      const [before, head] = parents;
      const pull = [...hub.pulls.values()].find((one) => one.head === head && keyOfBranch(one.branch) !== null);
      const merged = before === undefined || head === undefined ? null : git.merge(before, head);
      const honest =
        author.kind === 'batch' &&
        merged !== null &&
        changedPaths(merged, tree).length === 0 &&
        changeBetween(git.get(before ?? '').tree, tree).digest === git.change(merge.base, head ?? '').digest;
      if (before === undefined || head === undefined || pull === undefined || !honest) {
        violation(`#${merge.number} brought ${at.slice(0, 7)}, which is no pull request's`);
        break;
      }
      parts.push({ ...merge, number: pull.number, head });
      at = before;
    }
    if (parts.length < 2) violation(`#${merge.number} is a batch of ${parts.length}`);
    return parts;
  };

  const judgeChange = (merge: Merged, at: number): void => {
    const must = (holds: boolean, what: string): void => saying(merge, what)(holds);
    const pull = hub.pull(merge.number);
    const key = keyOfBranch(pull.branch);
    must(key === null || pull.author === 'heartline-bot', 'opened by the bot');
    must(key !== null || orderedBy(court, merge), 'ordered at this head by a person');
    judgedBy('review', 'approve', merge);
    if (plan.audit) judgedBy('audit', 'pass', merge);
    const { tree } = git.get(merge.head);
    const protectedOnes = git
      .change(merge.base, merge.head)
      .files.filter((path) => needsPerson(path) || isWeaker(tree.get(path)));
    must(
      protectedOnes.length === 0 || key === null || approved(court, key, merge, at),
      `allowed by a person to touch ${protectedOnes.join(', ')}`,
    );
    const last = key === null ? undefined : moved.get(key);
    must(last === undefined || at - last.at < blind, `still ours (a person moved ${key} to ${last?.to})`);
    const issue = key === null ? null : board.issues.get(`issue-${key}`);
    must(issue?.archived !== true || at - issue.updatedAt < blind, 'on the board');
  };

  return {
    see: (happening, at) => {
      if (happening.kind === 'judged') judgements.push(happening);
      // A move of ours that crossed theirs on the way hides it: see conduct.ts.
      if (happening.kind === 'moved' && happening.by === 'bot') {
        const key = happening.issueId.replace('issue-', '');
        if (at - (moved.get(key)?.at ?? 0) <= blind) moved.delete(key);
      }
      if (happening.kind === 'moved' && happening.by === 'person') {
        const key = happening.issueId.replace('issue-', '');
        if (happening.to === 'started' || happening.toName === 'Todo') moved.delete(key);
        else moved.set(key, { at, to: happening.toName });
      }
      // What broke its base is taken back, whatever became of the issue after it was done: see conduct.ts.
      if (happening.kind === 'pushed' && happening.before === null && happening.branch.includes('-revert-'))
        moved.delete(keyOfBranch(happening.branch) ?? '');
      const ours =
        happening.kind === 'merged' && (happening.by === 'bot' || (happening.by === 'forge' && plan.rules.mergeQueue));
      if (ours) judgeMerge(happening, at);
      if (happening.kind === 'merged') own.ourMerge = ours ? happening.commit : '';
      if (happening.kind === 'pushed' && happening.branch === 'main' && happening.head !== own.ourMerge)
        own.baseMovedAt = at;
      if (happening.kind === 'pushed' && happening.by === 'person') byHand.add(happening.head);
      // Who thaws a red main means it as it is.
      if (happening.kind === 'thawed') {
        own.thawed = true;
        excused.add(hub.tip('main'));
      }
      if (happening.kind === 'merged' && excused.has(happening.base)) excused.add(happening.commit);
    },
  };
};

/**
 * Of this very head, or of an earlier one that only the forge brought up to date, with the same change and a base whose
 * new commits touch none of its files.
 */
function speaksOf({ world: { git } }: Court, judged: Judged, merge: Merged, byHand: ReadonlySet<string>): boolean {
  if (git.change(judged.base, judged.head).digest !== git.change(merge.base, merge.head).digest) return false;
  let at = merge.head;
  while (at !== judged.head) {
    const { author, parents } = git.get(at);
    const [first, second] = parents;
    if (author.kind !== 'forge' || byHand.has(at) || first === undefined || second === undefined) return false;
    at = first;
  }
  if (merge.head === judged.head) return true;
  const { files } = git.change(merge.base, merge.head);
  const before = git.mergeBase(judged.base, judged.head);
  const after = git.mergeBase(merge.base, merge.head);
  return git.changed(before, after).every((path) => !files.includes(path));
}

/** CI said so long enough ago, and what lands does not take anything back. */
function redFor({ world: { hub }, plan }: Court, merge: Merged, at: number): boolean {
  const red = (hub.checks.get(merge.base) ?? []).some(
    (check) => check.name === plan.ci.name && check.state === 'failure' && at - (check.at ?? at) > RED_SEEN_MS,
  );
  return red;
}

/** The change that turned main red goes back by the way it came, with what its reviewer or a person asked for on top. */
function tookBack({ world: { git } }: Court, head: string, base: string): boolean {
  let at = git.get(head);
  for (
    let [first] = at.parents;
    at.author.kind !== 'mirror' && first !== undefined && first !== base;
    [first] = at.parents
  )
    at = git.get(first);
  return at.author.kind === 'mirror';
}

/** By `/merge` and the commit, said by somebody on the allowlist. */
function orderedBy({ world: { hub } }: Court, merge: Merged): boolean {
  return hub.comments.some(({ on, handle, body }) => {
    const sha = /^\/merge ([0-9a-f]{7,40})/m.exec(body)?.[1];
    const about = on.kind === 'pull-request' && on.number === merge.number;
    return about && handle === 'ada' && sha !== undefined && merge.head.startsWith(sha);
  });
}

/** By somebody on the allowlist, naming this head, not too long ago. */
function approved({ world: { board, hub }, plan }: Court, key: string | null, merge: Merged, at: number): boolean {
  return [...board.comments, ...hub.comments].some(({ on, handle, body, at: said }) => {
    const about = on.kind === 'issue' ? on.issueId === `issue-${key}` : on.number === merge.number;
    const sha = /^\/approve ([0-9a-f]{7,40})/m.exec(body)?.[1];
    const allowed = handle === 'ada@acme.test' || handle === 'ada';
    return (
      about &&
      allowed &&
      sha !== undefined &&
      merge.head.startsWith(sha) &&
      at - said <= (plan.limits.approvalHoursMax ?? 24) * 3_600_000
    );
  });
}
