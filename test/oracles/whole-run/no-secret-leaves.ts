// Did any token or key of the bot get out: to a model, onto Linear or GitHub, into a branch or commit, or into a workspace?

import { filesBelow } from '../facts/files.ts';
import { effectsOf, isBots, repositoryOf, short } from '../facts/forge.ts';
import { allObjects } from '../facts/git.ts';
import { formsOf } from '../facts/secret-forms.ts';
import type { Oracle, OutsideWorld, Violation } from '../outside-world.ts';

interface Said {
  readonly where: string;
  readonly text: string;
}

export const noSecretLeaves: Oracle = async (world) => {
  const forms = world.secrets.flatMap((secret, index) =>
    formsOf(secret).map((form) => ({ ...form, secret: `secret ${index + 1} (${secret.slice(0, 4)}…)` })),
  );
  const said = [
    ...toModels(world),
    ...toLinear(world),
    ...toGithub(world),
    ...(await inGit(world)),
    ...(world.workspaceRoot === undefined ? [] : await filesBelow(world.workspaceRoot)),
  ];
  const found = new Set<string>();
  const violations: Violation[] = [];
  for (const { where, text } of said) {
    for (const { secret, form, needle } of forms) {
      if (!text.includes(needle) || found.has(`${where} ${secret}`)) continue;
      found.add(`${where} ${secret}`);
      violations.push({ subject: where, detail: `It holds ${secret} in ${form}.` });
    }
  }
  return { observed: said.length, violations };
};

/** Each piece of a request once: a conversation sends its whole past again with every call. */
function toModels(world: OutsideWorld): readonly Said[] {
  const seen = new Set<string>();
  return world.models.log.flatMap((call) => {
    const raw = call.request?.raw;
    const pieces = typeof raw === 'object' && raw !== null ? Object.values(raw).flat() : [raw];
    return pieces.flatMap((piece) => {
      const text = JSON.stringify(piece) ?? '';
      if (seen.has(text)) return [];
      seen.add(text);
      return [{ where: `model call ${call.number}`, text }];
    });
  });
}

function toLinear(world: OutsideWorld): readonly Said[] {
  const requests = world.linear.requests.map(({ number, operationName, variables }) => ({
    where: `Linear request ${number} (${operationName ?? 'unnamed'})`,
    text: JSON.stringify(variables),
  }));
  const effects = world.linear.log
    .filter((effect) => effect.request !== null)
    .map((effect) => ({ where: `${effect.issue ?? 'Linear'}, ${effect.kind}`, text: JSON.stringify(effect) }));
  return [...requests, ...effects];
}

function toGithub(world: OutsideWorld): readonly Said[] {
  const requests = world.github.log.requests.map(({ method, path, sent }) => ({
    where: `${method} ${path}`,
    text: `${path} ${JSON.stringify(sent)}`,
  }));
  const effects = effectsOf(world)
    .filter((effect) => isBots(world, effect))
    .map((effect) => ({ where: `GitHub effect ${effect.sequence} (${effect.kind})`, text: JSON.stringify(effect) }));
  return [...requests, ...effects];
}

async function inGit(world: OutsideWorld): Promise<readonly Said[]> {
  const { directory, refs } = repositoryOf(world);
  const objects = await allObjects(directory);
  return [
    ...[...refs.keys()].map((ref) => ({ where: `ref ${ref}`, text: ref })),
    ...objects.map(({ sha, type, text }) => ({ where: `git ${type} ${short(sha)}`, text })),
  ];
}
