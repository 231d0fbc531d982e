/**
 * All commands by name, each with the line that help shows. A command's own file loads only when it is called, or
 * when its help is asked for.
 */
import type { CommandEntry, CommandGroup } from './context.js';

export { type CommandEntry, type CommandGroup, isGroup } from './context.js';

/** The headings of `--help`, in its order, with the commands under each. */
export const commandSections: readonly { heading: string; commands: readonly string[] }[] = [
  { heading: 'Run and build', commands: ['run', 'retry', 'backfill', 'invoke', 'el', 'elt', 'test', 'install'] },
  {
    heading: 'Project',
    commands: [
      'init',
      'add',
      'remove',
      'lock',
      'config',
      'select',
      'environment',
      'plugin',
      'hub',
      'validate',
      'compile',
    ],
  },
  { heading: 'State', commands: ['state', 'lease'] },
  { heading: 'Orchestrate', commands: ['job', 'pipeline', 'schedule', 'export'] },
  { heading: 'Inspect', commands: ['preview', 'inspect', 'runs', 'logs', 'doctor', 'clean'] },
  { heading: 'Tapline', commands: ['docs', 'completion', 'schema', 'shim', 'upgrade'] },
];

export const registry: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  inspect: {
    summary: 'Pass Singer messages on, and tell what is in them and what is wrong.',
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  preview: {
    summary: 'Show the first records of streams, without loading them.',
    load: async () => (await import('./commands/preview.js')).preview,
  },
  trace: {
    summary: 'Another name for inspect.',
    hidden: true,
    load: async () => (await import('./commands/inspect.js')).inspect,
  },
  compile: {
    summary: 'Write the project as one JSON file for each environment.',
    load: async () => (await import('./commands/compile.js')).compile,
  },
  add: {
    summary: 'Add plugins to the project and install them.',
    load: async () => (await import('./commands/add.js')).add,
  },
  backfill: {
    summary: 'Load historical data of an extract-load block in windows.',
    commands: {
      list: {
        summary: 'List backfills with their progress.',
        load: async () => (await import('./commands/backfill/list.js')).backfillList,
      },
      run: {
        summary: 'Load the windows that are not loaded yet; `backfill tap target` is short for it.',
        load: async () => (await import('./commands/backfill/run.js')).backfillRun,
      },
      show: {
        summary: 'Show the windows of a backfill.',
        load: async () => (await import('./commands/backfill/show.js')).backfillShow,
      },
    },
  },
  clean: {
    summary: 'Remove old runs, logs and catalogs, and virtual environments of removed plugins.',
    load: async () => (await import('./commands/clean.js')).clean,
  },
  complete: {
    summary: 'List completions of a command line.',
    hidden: true,
    load: async () => (await import('./commands/complete.js')).complete,
  },
  completion: {
    summary: 'Print a completion script for a shell.',
    load: async () => (await import('./commands/completion.js')).completion,
  },
  config: {
    summary: 'Show and change the settings of a plugin or of the project.',
    commands: {
      reset: {
        summary: 'Remove all settings of a plugin from a store.',
        load: async () => (await import('./commands/config/reset.js')).configReset,
      },
      test: {
        summary: 'Test the configuration of an extractor or a loader.',
        load: async () => (await import('./commands/config/test.js')).configTest,
      },
      set: {
        summary: 'Set a setting.',
        load: async () => (await import('./commands/config/set.js')).configSet,
      },
      unset: {
        summary: 'Remove a setting from a store.',
        load: async () => (await import('./commands/config/unset.js')).configUnset,
      },
      explain: {
        summary: 'Show the value of a setting in each layer, and which one wins.',
        load: async () => (await import('./commands/config/explain.js')).configExplain,
      },
      list: {
        summary: 'List settings with their variables, values and origins.',
        load: async () => (await import('./commands/config/list.js')).configList,
      },
      print: {
        summary: 'Print the configuration that a plugin gets.',
        load: async () => (await import('./commands/config/print.js')).configPrint,
      },
    },
  },
  doctor: {
    summary: 'Find problems of this machine and how to fix them.',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  docs: {
    summary: 'Show the documentation.',
    load: async () => (await import('./commands/docs.js')).docs,
  },
  el: {
    summary: 'Run one extract-load block under a state ID of your choice.',
    load: async () => (await import('./commands/el.js')).el,
  },
  elt: {
    summary: 'Older form of el, with --transform.',
    load: async () => (await import('./commands/elt.js')).elt,
  },
  export: {
    summary: 'Export the project for another engine.',
    commands: {
      airflow: {
        summary: 'Write Airflow DAG files for pipelines, schedules and jobs.',
        load: async () => (await import('./commands/export/airflow.js')).exportAirflow,
      },
    },
  },
  hub: {
    summary: 'Browse the hub of plugin definitions.',
    commands: {
      list: {
        summary: 'List the plugins on the hub.',
        load: async () => (await import('./commands/hub/list.js')).hubList,
      },
      ping: {
        summary: 'Check whether the hub can be reached.',
        load: async () => (await import('./commands/hub/ping.js')).hubPing,
      },
    },
  },
  init: {
    summary: 'Create a project.',
    load: async () => (await import('./commands/init.js')).init,
  },
  install: {
    summary: 'Install the plugins of the project.',
    load: async () => (await import('./commands/install.js')).install,
  },
  environment: {
    summary: 'List, add and remove environments.',
    commands: {
      add: {
        summary: 'Add an environment.',
        load: async () => (await import('./commands/environment/add.js')).environmentAdd,
      },
      list: {
        summary: 'List environments.',
        load: async () => (await import('./commands/environment/list.js')).environmentList,
      },
      remove: {
        summary: 'Remove an environment.',
        load: async () => (await import('./commands/environment/remove.js')).environmentRemove,
      },
    },
  },
  invoke: {
    summary: 'Run a plugin or one of its commands.',
    load: async () => (await import('./commands/invoke.js')).invoke,
  },
  job: {
    summary: 'List, add, change and remove jobs.',
    commands: {
      add: {
        summary: 'Add a job.',
        load: async () => (await import('./commands/job/add.js')).jobAdd,
      },
      remove: {
        summary: 'Remove a job.',
        load: async () => (await import('./commands/job/remove.js')).jobRemove,
      },
      set: {
        summary: 'Change the tasks of a job.',
        load: async () => (await import('./commands/job/set.js')).jobSet,
      },
      list: { summary: 'List jobs.', load: async () => (await import('./commands/job/list.js')).jobList },
    },
  },
  lease: {
    summary: 'Show and release the leases on state IDs.',
    commands: {
      list: {
        summary: 'List held leases.',
        load: async () => (await import('./commands/lease/list.js')).leaseList,
      },
      release: {
        summary: 'Release a lease so that another run can take it.',
        load: async () => (await import('./commands/lease/release.js')).leaseRelease,
      },
    },
  },
  lock: {
    summary: 'Save plugin definitions from the hub as lock files.',
    load: async () => (await import('./commands/lock.js')).lock,
  },
  remove: {
    summary: 'Remove plugins from the project.',
    load: async () => (await import('./commands/remove.js')).remove,
  },
  logs: {
    summary: 'Show the logs of runs.',
    commands: {
      dir: {
        summary: 'Print the folder of the logs.',
        load: async () => (await import('./commands/logs/dir.js')).logsDir,
      },
      list: {
        summary: 'List runs that have a log, newest first.',
        load: async () => (await import('./commands/logs/list.js')).logsList,
      },
      show: {
        summary: 'Print the log of a run.',
        load: async () => (await import('./commands/logs/show.js')).logsShow,
      },
    },
  },
  pipeline: {
    summary: 'List pipelines and show their plans.',
    commands: {
      list: {
        summary: 'List pipelines with their last and next runs.',
        load: async () => (await import('./commands/pipeline/list.js')).pipelineList,
      },
      show: {
        summary: 'Show the plan and the settings of a pipeline.',
        load: async () => (await import('./commands/pipeline/show.js')).pipelineShow,
      },
    },
  },
  plugin: {
    summary: 'List the plugins of the project.',
    commands: {
      list: {
        summary: 'List the plugins of the project.',
        load: async () => (await import('./commands/plugin/list.js')).pluginList,
      },
    },
  },
  run: {
    summary: 'Run blocks: extract and load, plugin commands, jobs, pipelines.',
    load: async () => (await import('./commands/run.js')).run,
  },
  retry: {
    summary: 'Retry the unfinished part of a run.',
    load: async () => (await import('./commands/retry.js')).retry,
  },
  runs: {
    summary: 'Show past runs.',
    commands: {
      list: {
        summary: 'List runs, newest first.',
        load: async () => (await import('./commands/runs/list.js')).runsList,
      },
      show: {
        summary: 'Show a run with its blocks.',
        load: async () => (await import('./commands/runs/show.js')).runsShow,
      },
    },
  },
  schedule: {
    summary: 'List, add, change and remove schedules.',
    commands: {
      add: {
        summary: 'Add a schedule.',
        load: async () => (await import('./commands/schedule/add.js')).scheduleAdd,
      },
      remove: {
        summary: 'Remove a schedule.',
        load: async () => (await import('./commands/schedule/remove.js')).scheduleRemove,
      },
      run: {
        summary: 'Run a schedule now.',
        load: async () => (await import('./commands/schedule/run.js')).scheduleRun,
      },
      set: {
        summary: 'Change a schedule.',
        load: async () => (await import('./commands/schedule/set.js')).scheduleSet,
      },
      list: {
        summary: 'List schedules.',
        load: async () => (await import('./commands/schedule/list.js')).scheduleList,
      },
    },
  },
  schema: {
    summary: 'Warehouse schemas, which loaders create themselves.',
    commands: {
      create: {
        summary: 'Explain how a schema is created.',
        load: async () => (await import('./commands/schema/create.js')).schemaCreate,
      },
    },
  },
  select: {
    summary: 'Show and select the streams and properties that an extractor reads.',
    load: async () => (await import('./commands/select.js')).select,
  },
  shim: {
    summary: 'Create a launcher named `meltano`.',
    load: async () => (await import('./commands/shim.js')).shim,
  },
  state: {
    summary: 'Show and change the state of extract-load blocks.',
    commands: {
      copy: {
        summary: 'Copy a state to another ID.',
        load: async () => (await import('./commands/state/copy.js')).stateCopy,
      },
      diff: {
        summary: 'Compare two versions of a state, by stream.',
        load: async () => (await import('./commands/state/diff.js')).stateDiff,
      },
      history: {
        summary: 'List the versions of a state, newest first.',
        load: async () => (await import('./commands/state/history.js')).stateHistory,
      },
      rollback: {
        summary: 'Restore an older version of a state.',
        load: async () => (await import('./commands/state/rollback.js')).stateRollback,
      },
      edit: {
        summary: 'Edit a state in your editor.',
        load: async () => (await import('./commands/state/edit.js')).stateEdit,
      },
      export: {
        summary: 'Print all states as JSON.',
        load: async () => (await import('./commands/state/export.js')).stateExport,
      },
      import: {
        summary: 'Import states from the output of `state export`.',
        load: async () => (await import('./commands/state/import.js')).stateImport,
      },
      merge: {
        summary: 'Merge bookmarks into a state.',
        load: async () => (await import('./commands/state/merge.js')).stateMerge,
      },
      move: {
        summary: 'Move a state to another ID.',
        load: async () => (await import('./commands/state/move.js')).stateMove,
      },
      clear: { summary: 'Clear a state.', load: async () => (await import('./commands/state/clear.js')).stateClear },
      get: { summary: 'Print a state.', load: async () => (await import('./commands/state/get.js')).stateGet },
      list: { summary: 'List state IDs.', load: async () => (await import('./commands/state/list.js')).stateList },
      set: { summary: 'Set a state.', load: async () => (await import('./commands/state/set.js')).stateSet },
    },
  },
  test: {
    summary: 'Run the tests of plugins.',
    load: async () => (await import('./commands/test.js')).test,
  },
  upgrade: {
    summary: 'Upgrade the system database; tell how to upgrade the program.',
    load: async () => (await import('./commands/upgrade.js')).upgrade,
  },
  validate: {
    summary: 'Check the project without secrets, installed plugins or a network.',
    load: async () => (await import('./commands/validate.js')).validate,
  },
};
