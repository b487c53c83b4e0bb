/** The dev agent of the demo: for each issue what a capable, not infallible, developer does. */
import { callTool } from '../../world/models/agent-steps.ts';
import type { Script } from '../../world/models/conversation.ts';
import { byIssueKey, type Step, steps } from '../../world/models/scripted-agent.ts';
import { findAnySpelling, listInOrder } from './changes/catalog.ts';
import type { Change } from './changes/change.ts';
import { discount, discountOnReceipt } from './changes/discount.ts';
import { freeShipping } from './changes/free-shipping.ts';
import { nodeVersion } from './changes/node-version.ts';
import { removeItem } from './changes/remove-item.ts';
import { type Asked, inRounds, movedTo } from './rounds.ts';
import { trySizes } from './try-sizes.ts';
import { mergeIn, type Round, workSteps } from './work-steps.ts';

export const devScript: Script = byIssueKey({
  'ENG-1': changing(discount),
  'ENG-2': changing(removeItem),
  'ENG-3': changing(freeShipping),
  'ENG-4': changing(discountOnReceipt),
  'ENG-5': changing(findAnySpelling),
  'ENG-6': changing(listInOrder),
  'ENG-7': trySizes,
  'ENG-9': changing(nodeVersion),
});

function changing(change: Change): Script {
  return inRounds((asked, opening, request) => {
    const behind = movedTo(opening);
    const first = behind === null ? [] : [mergeIn(behind)];
    return steps(...first, ...roundOf(change, asked, opening))(request);
  });
}

function roundOf(change: Change, asked: Asked, opening: string): readonly Step[] {
  switch (asked) {
    case 'implement':
      return workSteps(change.work);
    case 'findings':
      return workSteps(repairing(change, findingsIn(opening)));
    case 'conflict':
      return workSteps(merging(opening));
    case 'checks-failed':
      throw new Error('Failed checks are for devops, not for dev.');
  }
}

interface Found {
  readonly path: string;
  readonly line: number | null;
  readonly comment: string;
}

/** The findings as the message lists them: `1. src/cart.js:12 (major): what is wrong`. */
function findingsIn(opening: string): readonly Found[] {
  const listed = opening.matchAll(/^\d+\. ([^\s:]+)(?::(\d+))? \((?:blocker|major|minor)\): (.+)$/gm);
  return [...listed].map(([, path = '', line, comment = '']) => ({
    path,
    line: line === undefined ? null : Number(line),
    comment,
  }));
}

/** Looks at each line that was named and mends exactly that. */
function repairing(change: Change, findings: readonly Found[]): Round {
  if (findings.length === 0) throw new Error('A round of findings that names none.');
  const repairs = findings.map((finding) => {
    const repair = change.repairs.find((one) => one.path === finding.path && one.wrong.test(finding.comment));
    if (repair === undefined) throw new Error(`No repair for ${finding.path}: ${finding.comment}`);
    return repair;
  });
  return {
    look: findings.map(lookAt),
    change: repairs.map((repair) => repair.step),
    title: repairs.map((repair) => repair.title).join('; '),
    summary: findings.map((finding, index) => `${finding.path}: ${repairs[index]?.title}.`).join('\n'),
  };
}

function lookAt({ path, line }: Found): Step {
  return callTool('read', { path, from: line, to: line });
}

function merging(opening: string): Round {
  const base = /^(?:Your|The) branch no longer merges into `([^`]+)`/m.exec(opening)?.[1];
  if (base === undefined) throw new Error('A conflict that does not say with what.');
  return {
    look: [callTool('bash', { command: 'git status --short' })],
    change: [mergeIn(`origin/${base}`)],
    title: `Merge ${base}`,
    summary: `Merged ${base}; both sides are kept.`,
  };
}
