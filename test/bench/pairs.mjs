/**
 * Interleaved pairs: what is compared runs in turns, so that a machine that grows slower meanwhile slows both. The
 * order within a pair alternates. One round that is not counted warms caches.
 *
 * @template {string} Name
 * @param {Record<Name, () => Promise<import('./measure.mjs').Measurement>>} sides
 * @param {number} count at least 5 for a figure that is published
 * @returns {Promise<Record<Name, import('./measure.mjs').Measurement>[]>}
 */
export async function pairs(sides, count) {
  const names = Object.keys(sides);
  const rounds = [];
  for (let round = -1; round < count; round += 1) {
    const taken = {};
    for (const name of round % 2 === 0 ? names : names.toReversed()) taken[name] = await sides[name]();
    if (round >= 0) rounds.push(taken);
  }
  return rounds;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
