// Did every merge the bot asked for, also those that were refused, name the head it meant?
import type { Oracle } from '../outside-world.ts';

export const mergeCallCarriedSha: Oracle = (world) => {
  const calls = world.github.log.requests.filter(
    (request) =>
      request.path.startsWith(`/repos/${world.repository}/`) && /^PUT .*\/pulls\/\d+\/merge$/.test(wordsOf(request)),
  );
  const violations = calls
    .filter(({ sent }) => !hasSha(sent))
    .map((call) => ({ subject: wordsOf(call), detail: 'The merge was asked for without the sha of the tested head.' }));
  return { observed: calls.length, violations };
};

function wordsOf(request: { readonly method: string; readonly path: string }): string {
  return `${request.method} ${request.path}`;
}

function hasSha(sent: unknown): boolean {
  const sha = typeof sent === 'object' && sent !== null && 'sha' in sent ? sent.sha : null;
  return typeof sha === 'string' && /^[0-9a-f]{40}$/.test(sha);
}
