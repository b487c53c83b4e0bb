/** Part of duty merge: people's pull requests that a person on the list asked to have merged, and what came of them. */

import type { Command } from '../../domain/command.ts';
import type { Effect } from '../../domain/effect.ts';
import type { IssueRecord } from '../../domain/issue-record.ts';
import { parseSubject, subjectKey } from '../../domain/run.ts';
import { batchesOn, batchMergeKey, batchOf } from '../batch.ts';
import { isOpenEnded } from '../batch-standing.ts';
import { short } from '../checks.ts';
import { effectsOf } from '../effects-of.ts';
import { LAG_MS } from '../issue-case.ts';
import { mergeOthers } from '../merge-others.ts';
import { laneName } from '../merge-queue.ts';
import { methodSent } from '../method-sent.ts';
import { landedMerge } from '../reconcile.ts';
import { othersFacts, reviewOthers } from '../review-others.ts';
import type { Sight } from '../sight.ts';
import type { Turn } from '../turn.ts';

/** The lanes that are taken by it or were before, each with a sentence that says so. */
export function landOthers(sight: Sight, turn: Turn, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const { snapshot } = sight;
  const taken = new Map([...before, ...unverified(sight), ...verifyLanded(sight, turn)]);
  for (const command of snapshot.commands) {
    if (!isMerge(command) || command.on.kind !== 'pull-request' || sight.recordOf(command) !== null) continue;
    const { repository, number } = command.on;
    const project = snapshot.settings.projects.find((one) => one.repository === repository);
    const view = snapshot.repositories.get(repository);
    if (project === undefined || view === undefined || !view.known) continue;
    const pullRequest = view.value.pullRequests.find((one) => one.number === number);
    if (pullRequest === undefined) {
      // No longer among the open ones: merged or closed, which ends the order either way.
      const outcome = `Pull request #${number} is not open any more.`;
      turn.add([{ kind: 'settle-command', commentId: command.commentId, outcome, reason: outcome }]);
      continue;
    }
    const baseBranch = project.baseBranch ?? view.value.defaultBranch;
    const lane = laneName(repository, baseBranch);
    const step = mergeOthers({
      snapshot,
      project,
      pullRequest,
      diff: view.value.diffs.get(`${pullRequest.base}..${pullRequest.head}`) ?? null,
      command,
      baseBranch,
      hasQueue: view.value.bases.get(baseBranch)?.mergeQueue === true,
      frozen: snapshot.frozen.get(repository) ?? null,
      review: reviewOthers(othersFacts(snapshot, view.value, pullRequest)).verdict,
      busy: taken.get(lane) ?? ourMerge(sight, lane) ?? ourBatch(sight, repository, baseBranch),
    });
    if (step.lands) taken.set(lane, `#${number}, which ${command.by} asked for, merges first.`);
    turn.add(step.actions);
    turn.pullRequests.push({
      repository,
      number,
      title: pullRequest.title,
      author: pullRequest.author,
      verdict: step.verdict,
    });
  }
  return taken;
}

function isMerge(
  command: Command,
): command is Command & { readonly verb: { readonly kind: 'merge'; readonly sha: string } } {
  return command.verb.kind === 'merge';
}

/** A merge of ours in this lane that was asked for and may still land: whether it did is not known. */
function ourMerge(sight: Sight, lane: string): string | null {
  const { records, effects } = sight.snapshot;
  const open = records.find(
    (record) =>
      laneName(record.repository, record.baseBranch) === lane &&
      record.phase !== 'done' &&
      record.mergeCommit === null &&
      [...effectsOf(effects, subjectKey({ kind: 'issue', issueId: record.issueId })).values()].some(
        (effect) =>
          effect.kind === 'merge' &&
          effect.confirmedAt === null &&
          !effect.refused &&
          effect.key.startsWith(`merge:${record.issueId}:`) &&
          mayStillLand(sight, record, effect),
      ),
  );
  return open === undefined ? null : `${open.key} merges first.`;
}

/** The same of what is merged together, and of what that landed until it was looked at. */
function ourBatch(sight: Sight, repository: string, baseBranch: string): string | null {
  const open = batchesOn(sight.snapshot.effects, repository, baseBranch).find((one) => isOpenEnded(sight, one));
  return open === undefined ? null : `#${open.pullRequest?.number} merges first.`;
}

/**
 * An intent that the base or the head left behind stays in the ledger as it was. It lands by the call that was made last or
 * by the next one; the next one is made for the current head of active work only, and when its turn comes it looks at the
 * lane anew. So once GitHub had time to show what the last call did and shows no merge, nothing of it is on its way.
 */
function mayStillLand(sight: Sight, record: IssueRecord, { key, retryAt }: Effect): boolean {
  const { issueId, phase, head, updatedAt } = record;
  const current = head !== null && key.startsWith(`merge:${issueId}:${head}:`);
  const shown = sight.pullRequest(record);
  if (current && (shown === null || (shown.state === 'merged' && shown.head === head))) return true;
  // While an attempt is under way, or was cut off, there is no due time. After a stop or a new head none is begun.
  const last = current && phase === 'active' ? retryAt : Math.min(retryAt ?? updatedAt, updatedAt);
  return last === null || sight.snapshot.now - last < LAG_MS;
}

/** Until it is known that a merge brought what was tested, nothing lands on top of it: it may have frozen the repository. */
function unverified({ snapshot }: Sight): ReadonlyMap<string, string> {
  const landed = snapshot.records.filter(
    (record) => record.phase === 'active' && !record.mergeVerified && landedMerge(record, snapshot.effects) !== null,
  );
  return new Map(
    landed.map(({ repository, baseBranch, key }) => [
      laneName(repository, baseBranch),
      `What ${key} landed is looked at first.`,
    ]),
  );
}

/** What landed is compared with what was tested, as for our own; the report remembers that it was. Gives the lanes it was in. */
function verifyLanded({ snapshot }: Sight, turn: Turn): ReadonlyMap<string, string> {
  const lanes = new Map<string, string>();
  for (const effect of snapshot.effects.values()) {
    if (effect.kind !== 'merge' || effect.outsideId === null || !effect.key.startsWith('merge:pull:')) continue;
    const { subject } = effect;
    const about = parseSubject(subject);
    const [head, base] = effect.key.slice(`merge:${subject}:`.length).split('~')[0]?.split(':') ?? [];
    if (about?.kind !== 'pull-request' || head === undefined || base === undefined) continue;
    const { repository, number } = about;
    const project = snapshot.settings.projects.find((one) => one.repository === repository);
    const view = snapshot.repositories.get(repository);
    const key = `merged:${subjectKey(about)}:${effect.outsideId}`;
    const bad = `frozen:${repository}:${effect.outsideId}`;
    if (project === undefined || view === undefined || !view.known) continue;
    if (snapshot.reported.has(key) || snapshot.reported.has(bad)) continue;
    // What several landed together is looked at with them; what a person made of it since is not.
    const batch = batchOf(snapshot.effects, repository, number);
    if (batch !== null && effect.key === batchMergeKey(batch)) continue;
    const baseBranch = project.baseBranch ?? view.value.defaultBranch;
    lanes.set(laneName(repository, baseBranch), `What #${number} landed is looked at first.`);
    turn.add([
      {
        kind: 'verify-merge',
        record: null,
        name: `#${number}`,
        subject,
        repository,
        baseBranch,
        mergeCommit: effect.outsideId,
        head,
        base,
        method: methodSent(effect.key, project.mergeMethod),
        report: { key, text: `${repository}#${number} merged as ${short(effect.outsideId)}, as asked.` },
        reason: `What landed as ${short(effect.outsideId)} is compared with what was tested.`,
      },
    ]);
  }
  return lanes;
}
