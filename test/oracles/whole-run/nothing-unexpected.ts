// Did anything happen that no stand-in knows, no contract allows or no fault explains: refusals, strangers' keys, broken scripts?
import type { RequestRecord as ForgeRequest } from '../../world/github/log.ts';
import type { RequestRecord as BoardRequest } from '../../world/linear/start-linear.ts';
import type { LoggedCall } from '../../world/models/model-call.ts';
import type { Oracle, OutsideWorld, Violation } from '../outside-world.ts';

/** Answers that are part of how the bot works: it asks whether something is there, or loses a race it must be able to lose. */
const expectedAnswers: Readonly<Record<string, readonly number[]>> = {
  // The base moved, or the head did.
  'pulls/merge': [405, 409],
  // There is one already; the branch cannot be updated.
  'pulls/create': [422],
  'pulls/update-branch': [422],
  // Git asks without a token first.
  advertise: [401],
};
const readsMayMiss = 404;

/** Linear's words for a record that is gone. */
const missingCodes: ReadonlySet<string> = new Set(['INPUT_ERROR', 'ENTITY_NOT_FOUND']);
/** Made under an id of the bot's own choice, which may be taken by the bot's own earlier try. */
const idTakenCode = 'INVALID_INPUT';
const creations: ReadonlySet<string> = new Set(['commentCreate', 'attachmentCreate']);

export const nothingUnexpected: Oracle = (world) => {
  const { linear, github, models } = world;
  const violations: Violation[] = [
    ...[...linear.unimplemented].map((what) => ({ subject: 'Linear', detail: `Not in the stand-in: ${what}.` })),
    ...github.violations.map(({ kind, operation, detail }) => ({
      subject: `GitHub ${operation}`,
      detail: `${kind}: ${detail}`,
    })),
    ...models.scriptFaults.map((detail) => ({ subject: 'scripted agent', detail })),
    ...linear.requests.flatMap((request) => boardFault(world, request)),
    ...github.log.requests.flatMap((request) => forgeFault(world, request)),
    ...models.log.flatMap(modelFault),
  ];
  return { observed: linear.requests.length + github.log.requests.length + models.log.length, violations };
};

function boardFault(world: OutsideWorld, request: BoardRequest): readonly Violation[] {
  if (request.fault !== null) return [];
  const subject = `Linear request ${request.number} (${request.operationName ?? request.rootFields.join('+')})`;
  if (request.actor !== world.botLinearUser) {
    return [{ subject, detail: `It came with the key of ${request.actor ?? 'nobody'}.` }];
  }
  const creates = request.rootFields.every((field) => creations.has(field));
  const codes = request.errors.filter((code) => !missingCodes.has(code) && !(creates && code === idTakenCode));
  const fine = codes.length === 0 && (request.status === 200 || request.errors.length > 0);
  return fine ? [] : [{ subject, detail: `It was answered ${request.status} ${codes.join(' ')}`.trimEnd() }];
}

function forgeFault(world: OutsideWorld, request: ForgeRequest): readonly Violation[] {
  if (request.fault !== null || (request.kind === 'git' && request.status === 401)) return [];
  const subject = `${request.method} ${request.path}`;
  if (request.login === null || !world.botLogins.includes(request.login)) {
    return [{ subject, detail: `It came with the token of ${request.login ?? 'nobody'}.` }];
  }
  if (request.status < 400) return [];
  const expected =
    expectedAnswers[request.operation]?.includes(request.status) ||
    (request.method === 'GET' && request.status === readsMayMiss);
  return expected ? [] : [{ subject, detail: `It was answered ${request.status}.` }];
}

/** A script may order a refusal; then it is part of the scene. */
function modelFault(call: LoggedCall): readonly Violation[] {
  if (call.fault !== null || call.status < 400 || call.reply?.error !== undefined) return [];
  const detail = `It was answered ${call.status}: ${call.refusal ?? 'no reason given'}`;
  return [{ subject: `model call ${call.number} (${call.operation})`, detail }];
}
