import { describe, expect, it } from 'vitest';
import { closest, didYouMean } from '../src/did-you-mean.js';

const names = ['tap-github', 'tap-gitlab', 'target-postgres', 'select', 'a', 'dev', 'prod'];

describe('closest', () => {
  it.each([
    ['tap-githb', 'tap-github'],
    ['tap-gihtub', 'tap-github'],
    ['TAP_GITHUB', 'tap-github'],
    ['tap-gitlb', 'tap-gitlab'],
    ['target-postgress', 'target-postgres'],
    ['slect', 'select'],
    ['prd', 'prod'],
    ['dv', 'dev'],
    ['A', 'a'],
    ['b', undefined],
    ['', undefined],
    ['staging', undefined],
    ['tap-stripe', undefined],
    ['x'.repeat(100_000), undefined],
  ])('to %s is %s', (name, expected) => {
    expect(closest(name, names)).toBe(expected);
  });

  it('prefers the first of two that are as near', () => {
    expect(closest('tap-gitxxb', ['tap-gitlab', 'tap-gitaab'])).toBe('tap-gitlab');
  });

  it('is ready as a hint', () => {
    expect(didYouMean('slect', names)).toBe("Did you mean 'select'?");
    expect(didYouMean('nothing-like-it', names)).toBeUndefined();
  });
});
