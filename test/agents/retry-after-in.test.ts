// Waits that stand in a service's sentence and nowhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterIn } from '../../src/models/retry-after.ts';

const SAID: readonly (readonly [string, number | null])[] = [
  ['Rate limit reached for gpt-x on tokens per min (TPM). Please try again in 1.252s. Visit …', 1_252],
  ['Rate limit reached. Please try again in 20ms.', 20],
  ['Please try again in 6m0s.', 360_000],
  ['Requests have exceeded the call rate limit. Please retry after 20 seconds.', 20_000],
  ['Please retry after 2 minutes.', 120_000],
  ['{"error":{"details":[{"@type":"RetryInfo","retryDelay":"34s"}]}}', 34_000],
  ['Please retry in 34.074824224s.', 34_075],
  ['Too many requests, please try again later.', null],
  ['There are 20 seconds left', null],
];
for (const [text, wait] of SAID) {
  test(`${wait ?? 'no wait'}: ${text}`, () => assert.equal(retryAfterIn(text), wait));
}
