/**
 * What is the same in every world of this stand-in. Named one by one, so that a field nobody thought about stays an
 * error: `fixedFields` have a value, `emptyFields` are known to be null or empty because the world has no cycles, no
 * estimates, no service levels, no agent sessions and so on.
 */

export const fixedFields: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  Organization: {
    allowedAuthServices: [],
    authSettings: {},
    customersConfiguration: {},
    pullRequestIssueMode: 'default',
    previousUrlKeys: [],
    periodUploadVolume: 0,
    securitySettings: {},
    initiativeUpdateRemindersDay: 'Friday',
    projectUpdateRemindersDay: 'Friday',
    releaseChannel: 'public',
    initiativeUpdateRemindersHour: 14,
    projectUpdateRemindersHour: 14,
    customerCount: 0,
    slackProjectChannelPrefix: 'proj-',
    projectStatuses: [],
    fiscalYearStartMonth: 0,
    hipaaComplianceEnabled: false,
    samlEnabled: false,
    scimEnabled: false,
    gitLinkbackDescriptionsEnabled: false,
    releasesEnabled: false,
    customersEnabled: false,
    gitLinkbackMessagesEnabled: false,
    gitPublicLinkbackMessagesEnabled: false,
    feedEnabled: false,
    suggestedBranchNameEnabled: true,
    roadmapEnabled: false,
    pullRequestTourEnabled: false,
    aiDiscussionSummariesEnabled: false,
    aiThreadSummariesEnabled: false,
    hideNonPrimaryOrganizations: false,
    projectUpdatesReminderFrequency: 'never',
    allowMembersToInvite: true,
    restrictTeamCreationToAdmins: false,
    restrictLabelManagementToAdmins: false,
    slaDayCount: 'all',
  },
  User: { avatarBackgroundColor: '#5e6ad2', canAccessAnyPublicTeam: true, inviteHash: '' },
  Team: {
    cycleIssueAutoAssignCompleted: false,
    cycleLockToActive: false,
    cycleIssueAutoAssignStarted: false,
    cycleCalenderUrl: '',
    upcomingCycleCount: 0,
    autoArchivePeriod: 6,
    securitySettings: {},
    cycleCooldownTime: 0,
    cycleStartDay: 1,
    cycleDuration: 1,
    issueEstimationType: 'notUsed',
    ledInitiativeCount: 0,
    timezone: 'Etc/UTC',
    visibility: 'public',
    defaultIssueEstimate: 0,
    setIssueSortOrderOnStateChange: 'none',
    allMembersCanJoin: true,
    requirePriorityToLeaveTriage: false,
    autoCloseChildIssues: false,
    autoCloseParentIssues: false,
    initiativesEnabled: false,
    scimManaged: false,
    private: false,
    inheritIssueEstimation: false,
    inheritWorkflowStatuses: false,
    cyclesEnabled: false,
    viewerCanJoin: true,
    viewerCanLeave: true,
    issueEstimationExtended: false,
    issueEstimationAllowZero: false,
    aiDiscussionSummariesEnabled: false,
    aiThreadSummariesEnabled: false,
    groupIssueHistory: false,
    slackIssueComments: false,
    slackNewIssue: false,
    slackIssueStatuses: false,
    inviteHash: '',
    issueOrderingNoPriorityFirst: false,
    issueSortOrderDefaultToBottom: false,
  },
  WorkflowState: { color: '#e2e2e2' },
  IssueLabel: { isGroup: false },
  Project: {
    labelIds: [],
    color: '#5e6ad2',
    completedScopeHistory: [],
    completedIssueCountHistory: [],
    inProgressScopeHistory: [],
    issueCountHistory: [],
    scopeHistory: [],
    resourceCount: 0,
    progress: 0,
    scope: 0,
    priority: 0,
    priorityLabel: 'No priority',
    prioritySortOrder: 0,
    sortOrder: 0,
    frequencyResolution: 'weekly',
    slackIssueComments: false,
    slackNewIssue: false,
    slackIssueStatuses: false,
  },
  Issue: {
    reactionData: {},
    reactions: [],
    previousIdentifiers: [],
    customerTicketCount: 0,
    inheritsSharedAccess: false,
    sharedAccess: {
      isShared: false,
      sharedWithCount: 0,
      sharedWithUsers: [],
      disallowedIssueFields: [],
      viewerHasOnlySharedAccess: false,
    },
  },
  Comment: { reactionData: {}, reactions: [], hideInLinear: false, isArtificialAgentSessionRoot: false },
};

export const emptyFields: Readonly<Record<string, ReadonlySet<string>>> = {
  Organization: words(`allowedFileUploadContentTypes defaultFeedSummarySchedule slackProjectChannelIntegration logoUrl
    defaultHomeView defaultHomeViewTargetId initiativeUpdateReminderFrequencyInWeeks gitBranchFormat
    projectUpdateReminderFrequencyInWeeks deletionRequestedAt trialStartsAt trialEndsAt subscription`),
  User: words(`description avatarUrl statusUntilAt statusEmoji statusLabel lastSeen timezone disableReason gitHubUserId
    title calendarHash`),
  Team: words(`integrationsSettings activeCycle triageResponsibility scimGroupName autoCloseStateId autoClosePeriod
    defaultTemplateForMembers defaultTemplateForNonMembers defaultProjectTemplate defaultTemplateForMembersId
    defaultTemplateForNonMembersId icon color description parent retiredAt viewerMembership mergeWorkflowState
    draftWorkflowState mergeableWorkflowState reviewWorkflowState markedAsDuplicateWorkflowState cycles`),
  WorkflowState: words('description inheritedFrom'),
  IssueLabel: words('lastAppliedAt inheritedFrom parent groupType retiredBy retiredAt children'),
  Project:
    words(`trashed integrationsSettings microsoftTeamsChannelId slackChannelId documentContent targetDate startDate
    updateRemindersDay syncedWith updateReminderFrequency updateRemindersHour icon convertedFromIssue health content
    lastAppliedTemplate lastUpdate updateReminderFrequencyInWeeks targetDateResolution startDateResolution
    healthUpdatedAt autoArchivedAt canceledAt completedAt startedAt projectUpdateRemindersPausedUntilAt creator lead
    favorite labels`),
  Issue: words(`integrationSourceType sourceComment cycle dueDate estimate syncedWith externalUserCreator
    asksExternalUserRequester asksRequester lastAppliedTemplate subIssueSortOrder projectMilestone
    recurringIssueTemplate startedTriageAt triagedAt addedToCycleAt addedToProjectAt addedToTeamAt autoArchivedAt
    autoClosedAt slaStartedAt slaBreachesAt slaHighRiskAt slaMediumRiskAt snoozedUntilAt slaType snoozedBy favorite
    activitySummary suggestionsGeneratedAt subscribers documents needs formerNeeds formerAttachments releases
    agentSessions`),
  Comment: words(`agentSession resolvingCommentId documentContentId initiativeId initiativeUpdateId projectId
    projectUpdateId resolvingComment documentContent syncedWith externalThread externalUser initiative initiativeUpdate
    project projectUpdate quotedText resolvedAt resolvingUser onBehalfOf post threadSummary agentSessions`),
  Attachment: words('source bodyData originalIssue externalUserCreator'),
  IssueHistory: words(`triageResponsibilityAutoAssigned addedToReleaseIds removedFromReleaseIds toCycleId
    toConvertedProjectId fromCycleId fromTeamId toTeamId toSlaBreachesAt fromSlaBreachesAt fromCycle toCycle issueImport
    toConvertedProject fromProjectMilestone toProjectMilestone fromTeam toTeam triageResponsibilityTeam toSlaStartedAt
    fromSlaStartedAt toSlaType fromSlaType triageResponsibilityNotifiedUsers fromDueDate toDueDate fromEstimate
    toEstimate fromSlaBreached toSlaBreached autoArchived autoClosed customerNeedId triageRuleMetadata
    workflowMetadata`),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}
