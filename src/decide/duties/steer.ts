/** Duty steer: each open command finds its issue, or is settled because there is nothing of ours to steer. */
import type { Command } from '../../domain/command.ts';
import type { IssueRecord } from '../../domain/issue-record.ts';
import { takenAway } from '../reconcile.ts';
import type { Sight } from '../sight.ts';
import { steer } from '../steer.ts';
import type { Turn } from '../turn.ts';

export function steerByCommands(sight: Sight, turn: Turn): void {
  for (const command of sight.snapshot.commands) {
    const record = sight.recordOf(command);
    if (record === null || sight.putBack(record, command)) {
      // A /stop holds for as long as nobody takes it back, so it stays open; nothing else has anything to steer.
      const holds =
        (command.verb.kind === 'stop' && command.on.kind === 'issue' && !takenBack(sight, command)) ||
        // A person's own pull request: duty review carries that out, and settles it.
        (command.verb.kind === 'merge' && command.on.kind === 'pull-request' && record === null);
      if (!holds) settle(turn, command, 'Nothing of ours to steer there.', 'No work on it.');
    } else if (!turn.touched.has(record.issueId)) {
      steerRecord(sight, turn, command, record);
    }
  }
}

function steerRecord(sight: Sight, turn: Turn, command: Command, record: IssueRecord): void {
  if (command.at < record.movedAt) {
    settle(turn, command, 'Older than the move that started this attempt.', 'Overtaken.');
    return;
  }
  // The stop was carried out before this was heard: GitHub and Linear are not looked at in the same moment.
  const revives = command.verb.kind === 'resume' || command.verb.kind === 'retry' || command.verb.kind === 'answer';
  if (revives && command.at < record.stoppedAt) {
    settle(turn, command, 'Overtaken by /stop.', 'Overtaken.');
    return;
  }
  if (command.verb.kind === 'answer' && stoppedAfter(sight, record, command)) {
    // It waited for its agent when the /stop came: it must not wake what was stopped after it.
    if (record.phase === 'cancelled') settle(turn, command, 'Overtaken by /stop.', 'Overtaken.');
    return;
  }
  if ((command.verb.kind === 'resume' || command.verb.kind === 'retry') && stoppedAfter(sight, record, command)) {
    // Settled now, whatever it waited for: the stop is settled by what it finds, and this must not undo it later.
    settle(turn, command, 'Overtaken by /stop.', 'Overtaken.');
    return;
  }
  if (record.phase === 'cancelled' && command.verb.kind !== 'stop' && command.verb.kind !== 'approve') {
    // Going on with what a person moved away would only be undone at the next look, over and over.
    if (sight.board === null) return;
    const { effects } = sight.snapshot;
    const gone = takenAway({ issue: sight.issue(record.issueId), project: sight.project(record), record, effects });
    if (gone !== null) {
      settle(turn, command, `${gone} Move it to the state work starts from to start again.`, gone);
      return;
    }
  }
  const { now } = sight.snapshot;
  turn.add(steer({ now, command, record, pullRequest: sight.pullRequest(record), runs: sight.runs(record) }));
}

function settle(turn: Turn, command: Command, outcome: string, reason: string): void {
  turn.add([{ kind: 'settle-command', commentId: command.commentId, outcome, reason }]);
}

function stoppedAfter(sight: Sight, record: IssueRecord, command: Command): boolean {
  return after(sight, command).some((later) => later.verb.kind === 'stop' && sight.recordOf(later) === record);
}

function takenBack(sight: Sight, stop: Command): boolean {
  return after(sight, stop).some(
    ({ on, verb }) =>
      on.kind === 'issue' &&
      stop.on.kind === 'issue' &&
      on.issueId === stop.on.issueId &&
      (verb.kind === 'resume' || verb.kind === 'retry'),
  );
}

/** Commands are in the order they were given. */
function after({ snapshot }: Sight, command: Command): readonly Command[] {
  return snapshot.commands.slice(snapshot.commands.indexOf(command) + 1);
}
