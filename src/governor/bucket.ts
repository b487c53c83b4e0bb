/** One quota as the live headers told it, and what of it is left some time later. Pure; times are the steady clock's. */

export interface Bucket {
  /** As a person reads it: "requests", "points". */
  readonly name: string;
  readonly limit: number;
  readonly left: number;
  /** When that was so, and when it is full again. */
  readonly at: number;
  readonly resetAt: number;
  /** `steady`: it fills all the time until the reset. `at-reset`: all of it comes back at that moment. */
  readonly refill: 'steady' | 'at-reset';
}

export function leftAt(bucket: Bucket, now: number): number {
  const { limit, left, at, resetAt, refill } = bucket;
  if (now >= resetAt) return limit;
  if (refill === 'at-reset' || now <= at) return left;
  return left + ((limit - left) * (now - at)) / (resetAt - at);
}

/** From when on at least `wanted` is there. */
export function availableAt(bucket: Bucket, wanted: number, now: number): number {
  const { limit, left, at, resetAt, refill } = bucket;
  if (leftAt(bucket, now) >= wanted) return now;
  if (refill === 'at-reset' || limit <= left) return resetAt;
  return Math.min(resetAt, at + Math.ceil(((wanted - left) * (resetAt - at)) / (limit - left)));
}

/** "212 of 2,500 requests left" */
export function bucketText(bucket: Bucket, now: number): string {
  const number = (value: number) => Math.max(0, Math.floor(value)).toLocaleString('en-US');
  return `${number(leftAt(bucket, now))} of ${number(bucket.limit)} ${bucket.name} left`;
}
