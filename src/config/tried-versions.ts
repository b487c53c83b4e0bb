/** The agents that whole tickets were taken through, and in which version: what a newer one changes is known when it was tried. */
export const TRIED_VERSIONS: Readonly<Record<string, string>> = {
  claude: '2.1.329',
  codex: '0.169.0',
  opencode: '1.18.33',
  'claude-agent-acp': '0.100.0',
  'codex-acp': '2.6.0',
};
