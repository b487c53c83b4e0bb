/**
 * What the Linear stand-in knows, as plain data: records that point at each other by id, times as ISO text. Names are
 * those of Linear's schema, so a record's own properties answer the fields of the same name.
 */

export interface LinearState {
  readonly organization: OrganizationRecord;
  readonly users: UserRecord[];
  readonly teams: TeamRecord[];
  readonly workflowStates: WorkflowStateRecord[];
  readonly labels: LabelRecord[];
  readonly projects: ProjectRecord[];
  readonly issues: IssueRecord[];
  readonly relations: RelationRecord[];
  readonly comments: CommentRecord[];
  readonly attachments: AttachmentRecord[];
  readonly history: HistoryRecord[];
  /** Counts records, so that two made in the same millisecond still have an order. */
  sequence: number;
}

export interface BaseRecord {
  readonly id: string;
  readonly sequence: number;
  readonly createdAt: string;
  updatedAt: string;
  archivedAt: string | null;
}

export interface OrganizationRecord extends BaseRecord {
  readonly name: string;
  readonly urlKey: string;
}

export interface UserRecord extends BaseRecord {
  readonly name: string;
  /** Unique in the organization; what people type after an at sign. */
  readonly displayName: string;
  readonly email: string;
  readonly app: boolean;
  readonly admin: boolean;
  readonly guest: boolean;
  active: boolean;
}

export interface TeamRecord extends BaseRecord {
  readonly key: string;
  readonly name: string;
}

export type WorkflowStateType = 'triage' | 'backlog' | 'unstarted' | 'started' | 'completed' | 'canceled';

export interface WorkflowStateRecord extends BaseRecord {
  name: string;
  readonly type: WorkflowStateType;
  readonly position: number;
  readonly teamId: string;
}

export interface LabelRecord extends BaseRecord {
  readonly name: string;
  readonly color: string;
  readonly description: string | null;
  /** Null for a label of the whole organization. */
  readonly teamId: string | null;
  readonly creatorId: string | null;
}

export interface ProjectRecord extends BaseRecord {
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly teamIds: readonly string[];
}

export interface IssueRecord extends BaseRecord {
  readonly number: number;
  readonly identifier: string;
  readonly teamId: string;
  title: string;
  description: string | null;
  priority: number;
  stateId: string;
  assigneeId: string | null;
  delegateId: string | null;
  readonly creatorId: string | null;
  readonly botActor: BotActor | null;
  labelIds: readonly string[];
  projectId: string | null;
  parentId: string | null;
  trashed: boolean | null;
  startedAt: string | null;
  completedAt: string | null;
  canceledAt: string | null;
}

export interface RelationRecord extends BaseRecord {
  readonly type: string;
  readonly issueId: string;
  readonly relatedIssueId: string;
}

export interface CommentRecord extends BaseRecord {
  readonly issueId: string;
  body: string;
  editedAt: string | null;
  readonly userId: string | null;
  readonly botActor: BotActor | null;
  readonly parentId: string | null;
}

export interface AttachmentRecord extends BaseRecord {
  readonly issueId: string;
  readonly url: string;
  title: string;
  subtitle: string | null;
  metadata: Readonly<Record<string, unknown>>;
  readonly groupBySource: boolean;
  readonly creatorId: string | null;
}

/** An integration or automation. `type` is its kind, such as `github` or `workflow`. */
export interface BotActor {
  readonly id: string | null;
  readonly type: string;
  readonly subType: string | null;
  readonly name: string | null;
  readonly avatarUrl: string | null;
  readonly userDisplayName: string | null;
}

/** What one change did to one issue. A property that is absent did not change. */
export interface IssueChanges {
  readonly fromStateId?: string;
  readonly toStateId?: string;
  readonly fromAssigneeId?: string | null;
  readonly toAssigneeId?: string | null;
  readonly fromDelegateId?: string | null;
  readonly toDelegateId?: string | null;
  readonly fromProjectId?: string | null;
  readonly toProjectId?: string | null;
  readonly fromParentId?: string | null;
  readonly toParentId?: string | null;
  readonly fromTitle?: string;
  readonly toTitle?: string;
  readonly fromPriority?: number;
  readonly toPriority?: number;
  readonly addedLabelIds?: readonly string[];
  readonly removedLabelIds?: readonly string[];
  readonly updatedDescription?: boolean;
  readonly archived?: boolean;
  readonly trashed?: boolean;
  readonly attachmentId?: string;
  readonly relationChanges?: readonly { readonly identifier: string; readonly type: string }[];
}

export interface HistoryRecord extends BaseRecord {
  readonly issueId: string;
  readonly actorId: string | null;
  readonly botActor: BotActor | null;
  /** Not called `changes`, for that is another field of the schema. */
  readonly delta: IssueChanges;
}

/** Who does something: a user by id or display name, an integration, or nobody that Linear would name. */
export type ActingAs = string | BotActor | null;

export interface Actor {
  readonly userId: string | null;
  readonly botActor: BotActor | null;
}

export function integration(type: string, name: string): BotActor {
  return { id: null, type, subType: null, name, avatarUrl: null, userDisplayName: null };
}
