/** No form of a known secret passes the redactor or the log. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor } from '../../src/config/create-redactor.ts';
import { createLog } from '../../src/log.ts';

const SECRET = 'ghp_canary/+0123"456';
const base64 = (text: string) => Buffer.from(text).toString('base64');

const forms: Readonly<Record<string, string>> = {
  plain: `token ${SECRET}!`,
  'inside JSON': JSON.stringify({ nested: `x${SECRET}y` }),
  'URL-encoded': `https://x/?t=${encodeURIComponent(SECRET)}`,
  base64: base64(SECRET),
  'base64 after one byte': base64(`u${SECRET}`),
  'basic credentials': `Basic ${base64(`x-access-token:${SECRET}`)}`,
  'basic credentials with more behind': base64(`me:${SECRET}:more`),
  base64url: Buffer.from(`me:${SECRET}`).toString('base64url'),
  hex: Buffer.from(SECRET).toString('hex'),
};

for (const [name, text] of Object.entries(forms)) {
  test(`redacted: ${name}`, () => {
    const clean = createRedactor([SECRET])(text);
    assert.match(clean, /\[redacted\]/);
    assert.doesNotMatch(clean, /canary/);
    for (const word of clean.split(/[^\w+/=-]+/)) {
      assert.doesNotMatch(Buffer.from(word, 'base64').toString('latin1'), /canary/);
      assert.doesNotMatch(Buffer.from(word, 'hex').toString('latin1'), /canary/);
    }
  });
}

test('a secret that begins with another leaves no tail, and ordinary text stays', () => {
  const redact = createRedactor(['abcdef', 'abcdefghij', '', 'x']);
  assert.equal(redact('1 abcdefghij 2 abcdef 3 x'), '1 [redacted] 2 [redacted] 3 x');
  assert.equal(createRedactor([])('as it was'), 'as it was');
});

for (const readable of [false, true]) {
  test(`the log shows no secret in fields, causes or messages (${readable ? 'on a terminal' : 'as JSON lines'})`, () => {
    const lines: string[] = [];
    const log = createLog({
      level: 'debug',
      redact: createRedactor([SECRET]),
      readable,
      write: (line) => lines.push(line),
    });
    log.info({ deep: { header: `Bearer ${SECRET}` }, issue: 'ENG-1' }, `saw ${SECRET}`);
    log.error({ err: new Error(`failed with ${SECRET}`, { cause: new Error(SECRET) }) }, 'tick failed');
    assert.equal(lines.length, 2);
    assert(lines.every((line) => line.endsWith('\n') && line.includes('[redacted]') && !line.includes('canary')));
    assert.match(
      lines[0] ?? '',
      readable ? /^\d\d:\d\d:\d\d info {2}saw \[redacted\] deep=.* issue=ENG-1\n$/ : /"level":"info".*"issue":"ENG-1"/,
    );
    assert.match(lines[1] ?? '', /tick failed/);
  });
}
