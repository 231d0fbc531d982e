import { measure, program, tapline } from '../measure.mjs';
import { median, pairs } from '../pairs.mjs';
import { plugin, project, swallow } from '../projects.mjs';

const bareNode = () => measure([process.execPath, '-e', '0']);

const timesBareNode = async (ours, count) => {
  const rounds = await pairs({ ours, bare: bareNode }, count);
  return {
    measured: median(rounds.map(({ ours, bare }) => ours.seconds / bare.seconds)),
    detail: {
      ours_ms: 1000 * median(rounds.map((round) => round.ours.seconds)),
      node_ms: 1000 * median(rounds.map((round) => round.bare.seconds)),
    },
  };
};

export const version = {
  name: 'version',
  async run({ count }) {
    const { measured, detail } = await timesBareNode(
      () => measure([process.execPath, program, '--version']),
      4 * count,
    );
    return [{ what: '`--version` against `node -e 0`', measured, atMost: 1.3, unit: 'times', detail }];
  },
};

export const noOpRun = {
  name: 'no-op-run',
  async run({ count }) {
    const folder = project(
      `plugins:\n  extractors:\n${plugin('tap-nothing', 'tap.sh')}  loaders:\n${plugin('target-nothing', 'target.sh')}`,
      { 'tap.sh': '#!/bin/sh\nexit 0\n', 'target.sh': swallow },
    );
    const ours = () => tapline(folder, ['run', 'tap-nothing', 'target-nothing']);
    const { measured, detail } = await timesBareNode(ours, 2 * count);
    return [
      {
        what: '`run` of a no-op tap and target, warm, against `node -e 0`',
        measured,
        atMost: 3,
        unit: 'times',
        detail,
      },
    ];
  },
};
