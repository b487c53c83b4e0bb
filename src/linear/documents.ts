/**
 * Every GraphQL document sent to Linear, written by hand so that its price is known: a scalar costs 0.1 points, an object
 * 1, and a connection multiplies what is inside by `first`. Nested connections are read short and completed only when
 * an issue has more (read-issues.ts); `first` is never left to Linear's default of 50.
 */

/** Rows of the probe per kind. With them the probe costs 13.8 points; 15 is the limit it must keep. */
export const PROBE_ISSUES = 5;
export const PROBE_COMMENTS = 3;

/** Newest changes first, ids only. Relations are in it because a new blocker need not touch the issue it blocks. */
export const PROBE = /* GraphQL */ `
  query Probe($issues: IssueFilter!, $comments: CommentFilter!) {
    issues(first: ${PROBE_ISSUES}, filter: $issues, orderBy: updatedAt, includeArchived: true) { nodes { id updatedAt } }
    comments(first: ${PROBE_COMMENTS}, filter: $comments, orderBy: updatedAt, includeArchived: true) { nodes { id updatedAt } }
    issueRelations(first: 1, orderBy: updatedAt) { nodes { id updatedAt } }
  }`;

export const CHANGED_ISSUES = /* GraphQL */ `
  query ChangedIssues($filter: IssueFilter!, $first: Int!, $after: String) {
    issues(first: $first, after: $after, filter: $filter, orderBy: updatedAt, includeArchived: true) {
      nodes { id updatedAt }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const NEWEST_RELATIONS = /* GraphQL */ `
  query NewestRelations($first: Int!) {
    issueRelations(first: $first, orderBy: updatedAt) { nodes { id updatedAt relatedIssue { id } } }
  }`;

const BLOCKER_FIELDS = 'type issue { id identifier trashed state { type } }';
const MOVE_FIELDS = 'id createdAt toStateId actor { id name email app } botActor { name }';

/** About 46 points an issue: 21 of them stay under 1,000. */
const ISSUE_FIELDS = `
  id identifier title description url priority createdAt updatedAt archivedAt trashed labelIds
  state { id name type }
  team { key }
  project { name }
  assignee { email }
  delegate { email }
  creator { id name email app }
  botActor { name }
  inverseRelations(first: 3) { nodes { ${BLOCKER_FIELDS} } pageInfo { hasNextPage endCursor } }
  history(first: 4) { nodes { ${MOVE_FIELDS} } pageInfo { hasNextPage endCursor } }`;

/** Ordered by creation, so that an issue that changes between two pages cannot slip from one to the other. */
export const ISSUES = /* GraphQL */ `
  query Issues($filter: IssueFilter!, $first: Int!, $after: String) {
    issues(first: $first, after: $after, filter: $filter, orderBy: createdAt, includeArchived: true) {
      nodes { ${ISSUE_FIELDS} }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const ISSUE_BLOCKERS = /* GraphQL */ `
  query IssueBlockers($id: String!, $first: Int!, $after: String) {
    issue(id: $id) {
      inverseRelations(first: $first, after: $after) { nodes { ${BLOCKER_FIELDS} } pageInfo { hasNextPage endCursor } }
    }
  }`;

export const ISSUE_MOVES = /* GraphQL */ `
  query IssueMoves($id: String!, $first: Int!, $after: String) {
    issue(id: $id) {
      history(first: $first, after: $after) { nodes { ${MOVE_FIELDS} } pageInfo { hasNextPage endCursor } }
    }
  }`;

export const COMMENTS = /* GraphQL */ `
  query Comments($filter: CommentFilter!, $first: Int!, $after: String) {
    comments(first: $first, after: $after, filter: $filter, orderBy: createdAt, includeArchived: true) {
      nodes { id body createdAt updatedAt issueId user { id name email app } botActor { name } }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const LABELS_BY_ID = /* GraphQL */ `
  query LabelsById($ids: [ID!]!, $first: Int!, $after: String) {
    issueLabels(first: $first, after: $after, filter: { id: { in: $ids } }, includeArchived: true) {
      nodes { id name }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const STATES = /* GraphQL */ `
  query States($filter: WorkflowStateFilter!, $first: Int!, $after: String) {
    workflowStates(first: $first, after: $after, filter: $filter) {
      nodes { id name type position team { key } }
      pageInfo { hasNextPage endCursor }
    }
  }`;

export const WHO = /* GraphQL */ `
  query Who {
    viewer { id name email }
    organization { name }
  }`;

export const TEAMS = /* GraphQL */ `
  query Teams($first: Int!, $after: String) {
    teams(first: $first, after: $after) { nodes { key name } pageInfo { hasNextPage endCursor } }
  }`;

export const LABELS = /* GraphQL */ `
  query Labels($first: Int!, $after: String) {
    issueLabels(first: $first, after: $after) { nodes { name team { key } } pageInfo { hasNextPage endCursor } }
  }`;

export const PROJECTS = /* GraphQL */ `
  query Projects($first: Int!, $after: String) {
    projects(first: $first, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } }
  }`;

export const USERS = /* GraphQL */ `
  query Users($first: Int!, $after: String) {
    users(first: $first, after: $after) { nodes { name email } pageInfo { hasNextPage endCursor } }
  }`;

export const MOVE_ISSUE = /* GraphQL */ `
  mutation MoveIssue($id: String!, $stateId: String!) {
    issueUpdate(id: $id, input: { stateId: $stateId }) {
      success
      issue { updatedAt history(first: 4) { nodes { id createdAt toStateId } } }
    }
  }`;

export const CREATE_COMMENT = /* GraphQL */ `
  mutation CreateComment($id: String!, $issueId: String!, $body: String!) {
    commentCreate(input: { id: $id, issueId: $issueId, body: $body }) { success comment { id } }
  }`;

export const UPDATE_COMMENT = /* GraphQL */ `
  mutation UpdateComment($id: String!, $body: String!) {
    commentUpdate(id: $id, input: { body: $body }) { success comment { id } }
  }`;

/** Linear documents it as an upsert: the same url on the same issue updates the record that is there. */
export const LINK = /* GraphQL */ `
  mutation Link($input: AttachmentCreateInput!) {
    attachmentCreate(input: $input) { success attachment { id } }
  }`;

export const ATTACHMENTS_BY_ID = /* GraphQL */ `
  query AttachmentsById($id: ID!) {
    attachments(first: 1, filter: { id: { eq: $id } }, includeArchived: true) { nodes { id url } }
  }`;
