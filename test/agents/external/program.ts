/** A program in the place of a real agent, that does what its environment says: honest work, or one of the known lies. */

/** Runs on Node, as text in an executable file; it is started as Claude Code is. */
export const PROGRAM = `#!/usr/bin/env node
const { execSync, spawn } = require('node:child_process');
const { readFileSync, writeFileSync } = require('node:fs');
const told = process.argv.join(' ');
const file = /the file (.*?\\/result\\.json) \\(outside/.exec(told)[1];
const task = readFileSync(0, 'utf8');
const call = () => fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', {
  method: 'POST',
  headers: { 'x-api-key': process.env.ANTHROPIC_API_KEY, 'anthropic-version': '2023-06-01', 'content-type': 'application/json' },
  body: JSON.stringify({ model: 'another-model', max_tokens: 1000, messages: [{ role: 'user', content: task }] }),
});
const work = () => execSync("sed -i 's/a - b/a + b/' sum.js && git commit -qam 'Add'");
const handIn = (summary) => writeFileSync(file, JSON.stringify({ title: 'Add', summary }));
(async () => {
  switch (process.env.CONDUCT) {
    case 'honest': await call(); work(); return handIn(JSON.stringify(process.env));
    case 'says-done': await call(); console.log('All done.'); return;
    case 'hands-in-nothing-done': await call(); return handIn('I did it.');
    case 'hands-in-and-goes-on': await call(); work(); handIn('Before the end.'); await call(); return handIn('At the end.');
    case 'never-stops': for (;;) if (!(await call()).ok) await new Promise((done) => setTimeout(done, 5));
    case 'goes-astray': {
      const asked = [];
      for (const path of ['/v1/models', '/v1/files', '/v1/messages/batches', '/'])
        asked.push((await fetch(process.env.ANTHROPIC_BASE_URL + path, { method: path === '/' ? 'POST' : 'GET' })).status);
      work();
      return handIn(asked.join());
    }
    case 'hangs':
      spawn('sh', ['-c', 'while :; do sleep 1; done # ' + process.env.MARKER], { detached: true, stdio: 'ignore' }).unref();
      await call();
      await new Promise(() => setInterval(() => {}, 1000));
  }
})();
`;
