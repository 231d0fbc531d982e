/**
 * The direction of imports: a folder may import those before it in this list and none after it. The list is
 * the way of the data (see ARCHITECTURE.md), so that a run can be followed down the folders.
 */
const order = [
  'project',
  'plugins',
  'settings',
  'plan',
  'singer',
  'state',
  'history',
  'install',
  'run',
  'observe',
  'export',
];

/** They wire the rest together: they may import everything, and nothing else may import them. */
const wiring = '^src/(session/|actions/|library/|cli/|main\\.ts|index\\.ts)';

/** The ground that all stand on: errors.ts and its like, right in src/. */
const ground = '^src/(?!(main|index)\\.ts)[^/]+\\.ts$';

const inFolder = (names) => `^src/(${names.join('|')})/`;

const directions = order.slice(0, -1).map((name, index) => ({
  name: `only-up-from-${name}`,
  comment: `src/${name} comes before the folders that it would import here; see the list in tools/dependency-cruiser.cjs.`,
  severity: 'error',
  from: { path: inFolder([name]) },
  to: { path: inFolder(order.slice(index + 1)) },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'ground-imports-no-folder',
      severity: 'error',
      from: { path: ground },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'wiring-is-not-imported',
      comment: 'session, cli, main and index put the parts together; a part that needs them has the wrong place.',
      severity: 'error',
      from: { path: '^src/', pathNot: wiring },
      to: { path: wiring },
    },
    {
      name: 'commands-know-the-session-not-main',
      comment: 'main calls the commands, index is for users of the library.',
      severity: 'error',
      from: { path: '^src/(session|actions|cli)/' },
      to: { path: '^src/(main|index)\\.ts' },
    },
    {
      name: 'session-knows-no-action',
      severity: 'error',
      from: { path: '^src/session/' },
      to: { path: '^src/(actions|library|cli)/' },
    },
    {
      name: 'only-the-session-names-a-store',
      comment:
        'All others work with the ports (state/port.ts, history/port.ts), so that a store is added in one place.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(state|history|session)/' },
      to: { path: '^src/state/(systemdb|filesystem|objectstore)/' },
    },
    {
      name: 'actions-know-no-command-line',
      comment: 'An action takes a session and a typed request and returns data, for commands and the library alike.',
      severity: 'error',
      from: { path: '^src/actions/' },
      to: { path: '^src/(cli|library)/|node_modules/commander/' },
    },
    {
      name: 'library-knows-no-command-line',
      severity: 'error',
      from: { path: '^src/(index\\.ts|library/)' },
      to: { path: '^src/cli/|node_modules/commander/' },
    },
    {
      name: 'bundled-stands-alone',
      comment:
        'A bundled plugin is a program of its own: it may use the Singer kit and the errors, nothing else of the runner.',
      severity: 'error',
      from: { path: '^src/bundled/' },
      to: { path: '^src/', pathNot: '^src/(bundled|singer|errors\\.ts)' },
    },
    {
      name: 'bundled-is-started-not-imported',
      comment: 'What the plugins are may be known (definitions.ts); what they do runs in processes of their own.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/bundled/' },
      to: { path: '^src/bundled/', pathNot: '^src/bundled/definitions\\.ts$' },
    },
    {
      name: 'no-cycle',
      comment: 'Types may refer to each other; code that runs may not.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-orphan',
      comment: 'Nobody imports this file and it imports nobody: wire it up or remove it.',
      severity: 'error',
      from: {
        orphan: true,
        path: '^src/',
        pathNot: ['\\.d\\.ts$', '^src/(main|index)\\.ts$', '^src/bundled/[^/]+/main\\.ts$'],
      },
      to: {},
    },
    {
      name: 'resolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-development-package',
      comment: 'What the program needs at run time is a dependency, not a devDependency.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'source-knows-no-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools|fixtures)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|src/generated)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
