/** Who answers in the demo: by role, and for the dev by issue. A request that nobody foresaw is a fault of the scene. */
import type { Script, ScriptedRequest } from '../../world/models/conversation.ts';
import { byRole, userTexts } from '../../world/models/scripted-agent.ts';
import { demoPullRequest, demoTickets } from '../tickets.ts';
import { auditScript } from './audit-script.ts';
import { devScript } from './dev-script.ts';
import { devopsScript } from './devops-script.ts';
import { reviewScript } from './review-script.ts';

export const demoScript: Script = (request) => {
  assertForeseen(request);
  return scripts(request);
};

const scripts = byRole({ dev: devScript, devops: devopsScript, review: reviewScript, audit: auditScript });

/** Work that nobody on the list asked for must not even reach a model. */
function assertForeseen(request: ScriptedRequest): void {
  const [opening = ''] = userTexts(request);
  const [heading = ''] = opening.split('\n', 1);
  const isTitled = (title: string): boolean => opening.includes(`\n${title}\n`);
  const started = demoTickets.filter((ticket) => ticket.expected.outcome !== 'refused');
  if (started.some((ticket) => heading === `Issue ${ticket.key}` && isTitled(ticket.title))) return;
  if (/^Pull request #\d+$/.test(heading) && isTitled(demoPullRequest.title)) return;
  throw new Error(`The demo has no work called "${heading}".`);
}
