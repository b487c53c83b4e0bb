/**
 * Small promises: the bot does not run in circles, a person's draft stays one, a red check is repeated once and labelled,
 * each remark is answered once, no comment is edited twice to the same words.
 */
import { answerTo, isQuestion } from '../bots/agent.ts';
import type { ActKind } from '../people/acts.ts';
import type { Plan } from '../plan.ts';
import type { OracleMaker } from './oracle.ts';

const BLIND_MS = 60_000;

export const drafts: OracleMaker = ({ violation, keep }) => {
  const { drafted } = keep({ drafted: new Map<number, number>() });
  return {
    see: (happening, at) => {
      if (happening.kind !== 'pull-edited') return;
      const { by, number, what } = happening;
      if (what === '{"draft":false}' && by === 'bot' && at - (drafted.get(number) ?? at) > BLIND_MS)
        violation(`#${number} was marked ready although a person made it a draft`);
      if (by === 'person' && what === '{"draft":true}') drafted.set(number, at);
      if (what === '{"draft":false}') drafted.delete(number);
    },
  };
};

/** Looks that nothing comes of. A bot at rest takes half an hour for as many. */
const IDLE_LOOKS_MAX = 60;
const IDLE_LOOKS_MS = 150_000;

export const calm: OracleMaker = ({ violation, keep }) => {
  const own = keep({ looks: [] as readonly number[] });
  return {
    see: (happening, at) => {
      const looks = happening.kind === 'looked' ? [...own.looks.slice(1 - IDLE_LOOKS_MAX), at] : [];
      own.looks = looks;
      if (looks.length === IDLE_LOOKS_MAX && at - (looks[0] ?? at) < IDLE_LOOKS_MS)
        violation(`${IDLE_LOOKS_MAX} looks in a row changed nothing that anybody sees`);
    },
  };
};

/** A comment is not edited to say what it says already: the bot did not wait for its own request. */
export const said: OracleMaker = ({ plan, kills, violation, keep }) => {
  const { words } = keep({ words: new Map<string, string>() });
  // Whoever was cut off or heard nothing has to say it again.
  const heard = plan.bots === 1 && plan.faults.every(({ fault }) => fault === 'slow');
  return {
    see: (happening) => {
      if (happening.kind !== 'comment-edited' || happening.by !== 'bot') return;
      const { id, body } = happening;
      if (heard && kills.size === 0 && words.get(id) === body) violation(`${id} was edited twice to the same words`);
      words.set(id, body);
    },
  };
};

/** What was never heard of, or not allowed, is left out. */
function hindered({ faults, denied }: Plan): boolean {
  return faults.length + denied.length > 0;
}

const FLAKY_LABEL = 'flaky-check';

export const flaky: OracleMaker = ({ world, plan, kills, violation, keep }) => {
  const { reruns } = keep({ reruns: new Map<string, number>() });
  return {
    see: (happening) => {
      if (happening.kind === 'rerun') {
        const check = `${happening.name} on ${happening.head}`;
        const times = (reruns.get(check) ?? 0) + 1;
        reruns.set(check, times);
        // GitHub keeps no key for it: a request whose answer was lost is made once more.
        if (times > 1 + kills.size + plan.faults.length) violation(`${check} was run again ${times} times`);
      }
      if (happening.kind !== 'merged' || happening.by !== 'bot' || hindered(plan) || kills.size > 0) return;
      const again = reruns.has(`${plan.ci.name} on ${happening.head}`);
      if (again && !world.hub.pull(happening.number).labels.includes(FLAKY_LABEL))
        violation(`#${happening.number} was merged without a word of its flaky check`);
    },
  };
};

const TALK: ReadonlySet<ActKind> = new Set(['open-thread', 'ask-in-thread', 'talk-on-pull', 'resolve-threads']);

export const remarks: OracleMaker = ({ world, plan, violation, keep }) => {
  const { toldTo, done } = keep({ toldTo: new Map<string, string>(), done: new Set<string>() });
  return {
    see: (happening) => {
      if (happening.kind === 'session-began') {
        for (const id of happening.remarks) {
          const run = toldTo.get(id) ?? happening.runId;
          toldTo.set(id, run);
          if (run !== happening.runId) violation(`the remark ${id} was told to two runs`);
        }
      }
      if (happening.kind === 'session-ended' && happening.state === 'succeeded') done.add(happening.runId);
      if (happening.kind !== 'resolved' || happening.by !== 'bot') return;
      const thread = world.hub.pull(happening.number).threads.find((one) => one.id === happening.thread);
      const said = thread?.comments.filter((one) => one.byPerson) ?? [];
      if (said.length > 0 && said.every((one) => isQuestion(one.body)))
        violation(`the thread ${happening.thread} was resolved although nothing was changed for it`);
    },
    end: () => {
      if (hindered(plan) || plan.acts.some(({ act }) => !TALK.has(act.kind))) return;
      // What finds no room on GitHub is shown on the issue.
      const said = world.log.flatMap(({ happening: it }) =>
        (it.kind === 'pull-commented' || it.kind === 'comment-edited') && it.by === 'bot' ? [it.body] : [],
      );
      for (const [id, run] of toldTo) {
        if (done.has(run) && !said.some((body) => body.includes(answerTo(id))))
          violation(`the remark ${id} was never answered`);
      }
    },
  };
};
