// What a bot does to the outside world, each by one real request with its own token, for worlds that are played by hand.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { zeroSha } from '../world/github/git/bare-repository.ts';
import type { OutsideWorld } from './outside-world.ts';

/** `pass` lets a moment go by after each deed, so that their order can be told by the clock. */
export function botHands(world: OutsideWorld, pass: () => void) {
  const { linear, github, models, repository } = world;
  const issueId = (key: string) => linear.state.issues.find((issue) => issue.identifier === key)?.id ?? key;
  const [owner = '', name = ''] = repository.split('/');

  async function send(url: string, method: string, headers: Readonly<Record<string, string>>, body: unknown) {
    const init = { method, headers: { 'content-type': 'application/json', ...headers } };
    const answer = await fetch(url, body === undefined ? init : { ...init, body: JSON.stringify(body) });
    pass();
    return { status: answer.status, body: (await answer.json()) as Readonly<Record<string, unknown>> };
  }
  const board = (query: string, variables: Readonly<Record<string, unknown>>) =>
    send(linear.url, 'POST', { authorization: 'linear-key' }, { query, variables });
  /** A REST call below the repository. */
  const forge = (method: string, path: string, body?: unknown, token = 'bot-token') =>
    send(`${github.url}/repos/${repository}${path}`, method, { authorization: `Bearer ${token}` }, body);

  return {
    board,
    forge,
    move: (key: string, state: string) => {
      const stateId = linear.state.workflowStates.find((one) => one.name === state)?.id;
      const query =
        'mutation Move($id: String!, $stateId: String!) { issueUpdate(id: $id, input: { stateId: $stateId }) { success } }';
      return board(query, { id: issueId(key), stateId });
    },
    comment: (key: string, body: string) => {
      const query =
        'mutation Say($id: String!, $body: String!) { commentCreate(input: { issueId: $id, body: $body }) { success } }';
      return board(query, { id: issueId(key), body });
    },
    attach: (key: string, number: number) => {
      const query =
        'mutation Link($id: String!, $url: String!) { attachmentCreate(input: { issueId: $id, url: $url, title: "Work" }) { success } }';
      return board(query, { id: issueId(key), url: `${github.url}/${repository}/pull/${number}` });
    },
    /** What every beat of the bot asks first. */
    look: () => board('query Look { issues(first: 1) { nodes { id } } comments(first: 1) { nodes { id } } }', {}),
    /** A push of a commit that lies in the repository already, forced where it must be: one request, and real git behind it. */
    push: async (branch: string, sha: string) => {
      const ref = `refs/heads/${branch}`;
      const before = github.state.repository(repository).refs.get(ref) ?? zeroSha;
      const answer = await fetch(`${github.gitUrl(owner, name)}/git-receive-pack`, {
        method: 'POST',
        headers: {
          authorization: `Basic ${Buffer.from('x-access-token:bot-token').toString('base64')}`,
          'content-type': 'application/x-git-receive-pack-request',
        },
        body: new Uint8Array(pushOf(`${before} ${sha} ${ref}`)),
      });
      assert.match(await answer.text(), new RegExp(`ok ${ref}`));
      pass();
    },
    openPullRequest: async (branch: string, body: string) => {
      const opened = await forge('POST', '/pulls', {
        title: `Do ${branch}`,
        head: branch,
        base: world.baseBranch,
        body,
      });
      assert.equal(opened.status, 201);
      return Number(opened.body.number);
    },
    review: (number: number, head: string, body: string, event = 'COMMENT') =>
      forge('POST', `/pulls/${number}/reviews`, { commit_id: head, event, body }),
    status: (sha: string, state: string, context = 'heartline/review') =>
      forge('POST', `/statuses/${sha}`, { state, context, description: 'Approved' }),
    merge: (number: number, sha: string | null, method = 'merge') =>
      forge('PUT', `/pulls/${number}/merge`, { merge_method: method, ...(sha === null ? {} : { sha }) }),
    /** One model call; what was said is told as one user message after the other. */
    ask: (role: string, said: readonly string[]) =>
      send(
        `${models.url}/v1/messages`,
        'POST',
        { 'x-api-key': 'model-key', 'anthropic-version': '2023-06-01' },
        {
          model: 'claude-sonnet-5-5',
          max_tokens: 1000,
          system: `You are Heartline's ${role} agent.`,
          tools: [{ name: 'finish', description: 'Ends.', input_schema: { type: 'object' } }],
          messages: said.flatMap((content, index) => [
            ...(index === 0 ? [] : [{ role: 'assistant', content: 'Yes.' }]),
            { role: 'user', content },
          ]),
        },
      ),
  };
}

/** What a git client sends: the wish as one packet, and a pack of no objects. */
function pushOf(wish: string): Buffer {
  const line = `${wish}\0report-status`;
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  const digest = createHash('sha1').update(header).digest();
  const length = (line.length + 4).toString(16).padStart(4, '0');
  return Buffer.concat([Buffer.from(`${length}${line}0000`, 'latin1'), header, digest]);
}
