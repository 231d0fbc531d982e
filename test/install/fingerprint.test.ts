import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../src/install/fingerprint.js';

describe('fingerprint', () => {
  // Recorded from Meltano 4.4.1's `fingerprint`.
  it.each([
    [['tap-x==1.0'], undefined, '4eed6dc1bb5645dbb3d25b5bd5ef26663135be8ab33efe62657165b2c7def1a1'],
    [['b', 'a', 'b'], undefined, 'c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65'],
    [['tap-x==1.0'], 'python3.9', '327cf19be646f8ec5f1cf0093b0f767a7b95fa6e770316241fa51f2ce517a0da'],
    [[], undefined, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [['ü', 'z', '\u{1F600}', '￮'], undefined, 'a8005c89a8c13016643c8597b3397dce6424b78b9f20105312b79a53e4d76795'],
  ] as [string[], string | undefined, string][])('is the original’s for %j with %s', (args, interpreter, recorded) => {
    expect(fingerprint(args, interpreter)).toBe(recorded);
  });
});
