/** The parts of Linear's answers that are read, as schemas: an answer of another shape is a broken answer, not a surprise later. */
import { z } from 'zod';

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const pageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() });

function pageOf<T extends z.ZodType>(node: T) {
  return z.object({ nodes: z.array(node), pageInfo });
}

/** One name a thing has and the moment it last changed: enough to see that it is new to us. */
const version = z.object({ id: z.string(), updatedAt: time });
export type Version = z.infer<typeof version>;

const user = z.object({ id: z.string(), name: z.string(), email: z.string().nullish(), app: z.boolean() });
export type WireUser = z.infer<typeof user>;
const bot = z.object({ name: z.string().nullish() });
export type WireBot = z.infer<typeof bot>;

const blocker = z.object({
  type: z.string(),
  issue: z.object({
    id: z.string(),
    identifier: z.string(),
    trashed: z.boolean().nullish(),
    state: z.object({ type: z.string() }),
  }),
});
export type WireBlocker = z.infer<typeof blocker>;

const move = z.object({
  id: z.string(),
  createdAt: time,
  toStateId: z.string().nullish(),
  actor: user.nullish(),
  botActor: bot.nullish(),
});
export type WireMove = z.infer<typeof move>;

const stateType = z.enum(['triage', 'backlog', 'unstarted', 'started', 'completed', 'canceled', 'duplicate']);

const issue = z.object({
  id: z.string(),
  identifier: z.string(),
  title: z.string(),
  description: z.string().nullish(),
  url: z.string(),
  priority: z.number(),
  createdAt: time,
  updatedAt: time,
  archivedAt: z.string().nullish(),
  trashed: z.boolean().nullish(),
  labelIds: z.array(z.string()),
  state: z.object({ id: z.string(), name: z.string(), type: stateType }),
  team: z.object({ key: z.string() }),
  project: z.object({ name: z.string() }).nullish(),
  assignee: z.object({ email: z.string().nullish() }).nullish(),
  delegate: z.object({ email: z.string().nullish() }).nullish(),
  creator: user.nullish(),
  botActor: bot.nullish(),
  inverseRelations: pageOf(blocker),
  history: pageOf(move),
});
export type WireIssue = z.infer<typeof issue>;

const comment = z.object({
  id: z.string(),
  body: z.string(),
  createdAt: time,
  updatedAt: time,
  issueId: z.string().nullish(),
  user: user.nullish(),
  botActor: bot.nullish(),
});
export type WireComment = z.infer<typeof comment>;

const state = z.object({
  id: z.string(),
  name: z.string(),
  type: stateType,
  position: z.number(),
  team: z.object({ key: z.string() }),
});

const versions = z.object({ nodes: z.array(version) });
export const probeAnswer = z.object({ issues: versions, comments: versions, issueRelations: versions });
export const changedIssuesAnswer = z.object({ issues: pageOf(version) });
export const relationsAnswer = z.object({
  issueRelations: z.object({ nodes: z.array(version.extend({ relatedIssue: z.object({ id: z.string() }) })) }),
});
export const issuesAnswer = z.object({ issues: pageOf(issue) });
export const blockersAnswer = z.object({ issue: z.object({ inverseRelations: pageOf(blocker) }) });
export const movesAnswer = z.object({ issue: z.object({ history: pageOf(move) }) });
export const commentsAnswer = z.object({ comments: pageOf(comment) });
export const labelsByIdAnswer = z.object({ issueLabels: pageOf(z.object({ id: z.string(), name: z.string() })) });
export const statesAnswer = z.object({ workflowStates: pageOf(state) });

export const whoAnswer = z.object({
  viewer: z.object({ id: z.string(), name: z.string(), email: z.string() }),
  organization: z.object({ name: z.string() }),
});
export const teamsAnswer = z.object({ teams: pageOf(z.object({ key: z.string(), name: z.string() })) });
export const labelsAnswer = z.object({
  issueLabels: pageOf(z.object({ name: z.string(), team: z.object({ key: z.string() }).nullish() })),
});
export const projectsAnswer = z.object({ projects: pageOf(z.object({ name: z.string() })) });
export const usersAnswer = z.object({ users: pageOf(z.object({ name: z.string(), email: z.string() })) });

export const movedAnswer = z.object({
  issueUpdate: z.object({
    success: z.boolean(),
    issue: z
      .object({
        updatedAt: time,
        history: z.object({
          nodes: z.array(z.object({ id: z.string(), createdAt: time, toStateId: z.string().nullish() })),
        }),
      })
      .nullish(),
  }),
});
export const commentCreatedAnswer = z.object({ commentCreate: z.object({ success: z.boolean() }) });
export const commentUpdatedAnswer = z.object({ commentUpdate: z.object({ success: z.boolean() }) });
export const linkedAnswer = z.object({
  attachmentCreate: z.object({ success: z.boolean(), attachment: z.object({ id: z.string() }) }),
});
export const attachmentsAnswer = z.object({
  attachments: z.object({ nodes: z.array(z.object({ id: z.string(), url: z.string() })) }),
});
