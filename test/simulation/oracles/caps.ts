/** Everything is capped before it starts: rounds, crashes, money, words, and how many reviews a merge may cost. */
import { keyOfIssue, keyOfSubject, type OracleMaker } from './oracle.ts';

interface Rounds {
  readonly findings: number;
  readonly checks: number;
  readonly crashes: number;
}

const NONE: Rounds = { findings: 0, checks: 0, crashes: 0 };

export const rounds: OracleMaker = ({ plan, violation, keep }) => {
  const { counts, begun } = keep({
    counts: new Map<string, Rounds>(),
    // A run that a restart takes up again is the same run.
    begun: new Set<string>(),
  });
  const limits = { reviewRoundsMax: 3, checkRoundsMax: 3, crashRoundsMax: 3, ...plan.limits };
  return {
    see: (happening) => {
      // A person's word may allow more; a new attempt begins anew.
      if (happening.kind === 'issue-commented' && happening.by === 'person' && /^\/(retry|resume)/.test(happening.body))
        counts.delete(keyOfIssue(happening.issueId));
      if (happening.kind === 'moved' && happening.by === 'person') counts.delete(keyOfIssue(happening.issueId));
      if (happening.kind !== 'session-began' && happening.kind !== 'session-ended') return;
      const key = keyOfSubject(happening.subject);
      if (key === null) return;
      const before = counts.get(key) ?? NONE;
      if (happening.kind === 'session-ended') {
        if (isBad(happening.state) && happening.role !== 'review' && happening.role !== 'audit')
          counts.set(key, { ...before, crashes: before.crashes + 1 });
        return;
      }
      if (begun.has(happening.runId)) return;
      begun.add(happening.runId);
      const count = {
        ...before,
        findings: before.findings + (happening.cause === 'findings' ? 1 : 0),
        checks: before.checks + (happening.cause === 'checks-failed' ? 1 : 0),
      };
      counts.set(key, count);
      if (count.findings > limits.reviewRoundsMax)
        violation(`${key} went to its dev with findings ${count.findings} times`);
      if (count.checks > limits.checkRoundsMax) violation(`${key} went to devops ${count.checks} times`);
      if (count.crashes > limits.crashRoundsMax) violation(`${key} was tried again after ${count.crashes} crashes`);
    },
  };
};

function isBad(state: string): boolean {
  return state === 'failed' || state === 'timed-out' || state === 'stalled';
}

export const money: OracleMaker = ({ plan, violation, keep }) => {
  const { spent } = keep({ spent: new Map<string, number>() });
  const cap = plan.budget.issueMicroUsdMax ?? 5_000_000;
  return {
    see: (happening) => {
      if (happening.kind !== 'billed') return;
      const total = (spent.get(happening.subject) ?? 0) + happening.microUsd;
      spent.set(happening.subject, total);
      if (happening.subject.startsWith('issue:') && total > cap)
        violation(`${happening.subject} has cost ${total} of ${cap}`);
    },
  };
};

/** Pull requests, reviews and answers may each send out e-mails. */
const WORDS_MAX = 8;

/** One attempt is one pull request: that nobody opens a second one is asked in `once`. */
export const words: OracleMaker = ({ violation, keep }) => {
  const { written } = keep({ written: new Map<number, number>() });
  return {
    see: (happening) => {
      if (happening.kind !== 'opened' && happening.kind !== 'reviewed' && happening.kind !== 'pull-commented') return;
      if (happening.by !== 'bot') return;
      const times = (written.get(happening.number) ?? 0) + 1;
      written.set(happening.number, times);
      if (times === WORDS_MAX + 1) violation(`#${happening.number} was written to ${times} times`);
    },
  };
};

/**
 * A review is paid for what an agent wrote, not for how often the base moved: each head an agent or a person made may be
 * judged once, and once more for every judge's run that came to nothing.
 */
export const reviews: OracleMaker = ({ world, plan, kills, violation, keep }) => {
  const { heads, spoiled, tries, begun } = keep({
    heads: new Map<string, number>(),
    spoiled: new Map<string, number>(),
    tries: new Map<string, number>(),
    begun: new Set<string>(),
  });
  const add = (map: Map<string, number>, key: string): number => {
    const next = (map.get(key) ?? 0) + 1;
    map.set(key, next);
    return next;
  };
  return {
    see: (happening) => {
      // An update by the forge is the same change on a newer base, unless a person asked for it.
      if (
        happening.kind === 'pushed' &&
        (happening.by === 'person' || world.git.get(happening.head).author.kind !== 'forge')
      )
        add(heads, happening.branch);
      if (happening.kind === 'session-ended' && happening.role === 'review' && happening.state !== 'succeeded')
        add(spoiled, happening.subject);
      if (happening.kind !== 'session-began' || happening.role !== 'review' || begun.has(happening.runId)) return;
      begun.add(happening.runId);
      const key = keyOfSubject(happening.subject);
      if (key === null) return;
      const written = [...world.hub.pulls.values()]
        .filter((pull) => pull.branch.startsWith(`heartline/${key.toLowerCase()}`))
        .reduce((sum, pull) => sum + (heads.get(pull.branch) ?? 0), 0);
      const paid = add(tries, happening.subject);
      // What landed of it by somebody else's hand is gone from the change, which is another one then.
      const halves = plan.acts.filter(({ act }) => act.kind === 'half-by-hand').length;
      const most = written + (spoiled.get(happening.subject) ?? 0) + kills.size + halves;
      if (paid > most) violation(`${key} was reviewed ${paid} times over ${written} heads`);
    },
  };
};
