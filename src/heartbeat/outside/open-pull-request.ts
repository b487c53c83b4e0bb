/** Opens the one pull request of an issue's attempt. GitHub refuses a second from the same branch; ours is known by its marker. */
import type { OpenPullRequest } from '../../domain/action.ts';
import { OutsideError } from '../../domain/outside-error.ts';
import type { Forge } from '../ports.ts';
import type { OutsideWrite } from './outside-write.ts';

export const openPullRequest: OutsideWrite<OpenPullRequest> = {
  async look(action, { forge }) {
    return adopt(action, forge);
  },
  async perform(action, { forge }) {
    try {
      const { repository, branch, baseBranch, title, body, draft } = action;
      return String((await forge.openPullRequest({ repository, branch, baseBranch, title, body, draft })).number);
    } catch (error) {
      const duplicate = error instanceof OutsideError && error.kind === 'conflict';
      const ours = duplicate ? await adopt(action, forge) : null;
      if (ours === null) throw error;
      return ours;
    }
  },
};

async function adopt(action: OpenPullRequest, forge: Forge): Promise<string | null> {
  const found = await forge.findPullRequest(action.repository, action.branch);
  if (found === null) return null;
  if (found.body.includes(action.marker)) return String(found.number);
  if (found.state !== 'open') return null;
  throw new OutsideError(
    'refused',
    `open a pull request from ${action.branch}`,
    `${found.author} has #${found.number} open from that branch; close it or rename the branch`,
  );
}
