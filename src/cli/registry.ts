/**
 * All commands by name, each with the line that help shows. A command's own file loads only when it is called, or
 * when its help is asked for.
 */
import type { CommandEntry, CommandGroup } from './context.js';

export { type CommandEntry, type CommandGroup, isGroup } from './context.js';

export const registry: Readonly<Record<string, CommandEntry | CommandGroup>> = {
  compile: {
    summary: 'Write the project as one JSON file for each environment.',
    load: async () => (await import('./commands/compile.js')).compile,
  },
  add: {
    summary: 'Add plugins to the project, and install them.',
    load: async () => (await import('./commands/add.js')).add,
  },
  backfill: {
    summary: 'Load the past of an extract-load block in windows.',
    commands: {
      list: {
        summary: 'List backfills with what is done and what is left.',
        load: async () => (await import('./commands/backfill-list.js')).backfillList,
      },
      run: {
        summary: 'Load what is not done yet; this is what `backfill tap target` calls.',
        load: async () => (await import('./commands/backfill-run.js')).backfillRun,
      },
      show: {
        summary: 'Show the windows of a backfill.',
        load: async () => (await import('./commands/backfill-show.js')).backfillShow,
      },
    },
  },
  clean: {
    summary: 'Remove old runs, logs and catalogs, and environments of plugins that are gone.',
    load: async () => (await import('./commands/clean.js')).clean,
  },
  complete: {
    summary: 'List what may follow on a command line.',
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
        summary: 'Remove all settings of a plugin from where they are written.',
        load: async () => (await import('./commands/config-reset.js')).configReset,
      },
      test: {
        summary: 'Try out the configuration of an extractor or a loader.',
        load: async () => (await import('./commands/config-test.js')).configTest,
      },
      set: {
        summary: 'Set a setting.',
        load: async () => (await import('./commands/config-set.js')).configSet,
      },
      unset: {
        summary: 'Remove a setting from where it is written.',
        load: async () => (await import('./commands/config-unset.js')).configUnset,
      },
      explain: {
        summary: 'Show what each layer has for a setting, and which one wins.',
        load: async () => (await import('./commands/config-explain.js')).configExplain,
      },
      list: {
        summary: 'List settings with their variables, values and where each value comes from.',
        load: async () => (await import('./commands/config-list.js')).configList,
      },
      print: {
        summary: 'Print the configuration that a plugin gets.',
        load: async () => (await import('./commands/config-print.js')).configPrint,
      },
    },
  },
  doctor: {
    summary: 'Find what is missing on this machine, with the cure of each.',
    load: async () => (await import('./commands/doctor.js')).doctor,
  },
  docs: {
    summary: 'Say where the documentation is.',
    load: async () => (await import('./commands/docs.js')).docs,
  },
  el: {
    summary: 'Run one extract-load block under a state ID of your own.',
    load: async () => (await import('./commands/el.js')).el,
  },
  elt: {
    summary: 'The older form of el, with --transform.',
    load: async () => (await import('./commands/elt.js')).elt,
  },
  export: {
    summary: 'Write the project in the form of another engine.',
    commands: {
      airflow: {
        summary: 'Write DAG files for Airflow, from pipelines, schedules and jobs.',
        load: async () => (await import('./commands/export-airflow.js')).exportAirflow,
      },
    },
  },
  hub: {
    summary: 'See what the hub of plugin definitions has.',
    commands: {
      list: {
        summary: 'List the plugins that the hub has.',
        load: async () => (await import('./commands/hub-list.js')).hubList,
      },
      ping: {
        summary: 'Check whether the hub can be reached.',
        load: async () => (await import('./commands/hub-ping.js')).hubPing,
      },
    },
  },
  init: {
    summary: 'Make a new project.',
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
        load: async () => (await import('./commands/environment-add.js')).environmentAdd,
      },
      list: {
        summary: 'List environments.',
        load: async () => (await import('./commands/environment-list.js')).environmentList,
      },
      remove: {
        summary: 'Remove an environment.',
        load: async () => (await import('./commands/environment-remove.js')).environmentRemove,
      },
    },
  },
  invoke: {
    summary: "Run a plugin's program, or one of its commands.",
    load: async () => (await import('./commands/invoke.js')).invoke,
  },
  job: {
    summary: 'List, add, change and remove jobs.',
    commands: {
      add: {
        summary: 'Add a job.',
        load: async () => (await import('./commands/job-add.js')).jobAdd,
      },
      remove: {
        summary: 'Remove a job.',
        load: async () => (await import('./commands/job-remove.js')).jobRemove,
      },
      set: {
        summary: 'Change the tasks of a job.',
        load: async () => (await import('./commands/job-set.js')).jobSet,
      },
      list: { summary: 'List jobs.', load: async () => (await import('./commands/job-list.js')).jobList },
    },
  },
  lease: {
    summary: 'See and release who holds which state ID.',
    commands: {
      list: {
        summary: 'List the leases that are held.',
        load: async () => (await import('./commands/lease-list.js')).leaseList,
      },
      release: {
        summary: 'Release a lease, so that another run can have it.',
        load: async () => (await import('./commands/lease-release.js')).leaseRelease,
      },
    },
  },
  lock: {
    summary: 'Lock the definitions of plugins, as the hub has them.',
    load: async () => (await import('./commands/lock.js')).lock,
  },
  remove: {
    summary: 'Remove plugins from the project.',
    load: async () => (await import('./commands/remove.js')).remove,
  },
  logs: {
    summary: 'Look at the logs of runs.',
    commands: {
      dir: {
        summary: 'Print the folder of the logs.',
        load: async () => (await import('./commands/logs-dir.js')).logsDir,
      },
      list: {
        summary: 'List runs that have a log, the newest first.',
        load: async () => (await import('./commands/logs-list.js')).logsList,
      },
      show: {
        summary: 'Print the log of a run.',
        load: async () => (await import('./commands/logs-show.js')).logsShow,
      },
    },
  },
  pipeline: {
    summary: 'List pipelines, and show what one would run.',
    commands: {
      list: {
        summary: 'List pipelines, when they run next and ran last.',
        load: async () => (await import('./commands/pipeline-list.js')).pipelineList,
      },
      show: {
        summary: 'Show what a pipeline would run, and its settings.',
        load: async () => (await import('./commands/pipeline-show.js')).pipelineShow,
      },
    },
  },
  plugin: {
    summary: 'List the plugins of the project.',
    commands: {
      list: {
        summary: 'List the plugins of the project.',
        load: async () => (await import('./commands/plugin-list.js')).pluginList,
      },
    },
  },
  run: {
    summary: 'Run blocks: extract and load, plugin commands, jobs, pipelines.',
    load: async () => (await import('./commands/run.js')).run,
  },
  retry: {
    summary: 'Run what an earlier run has left.',
    load: async () => (await import('./commands/retry.js')).retry,
  },
  runs: {
    summary: 'Look at runs of the past.',
    commands: {
      list: {
        summary: 'List runs, the newest first.',
        load: async () => (await import('./commands/runs-list.js')).runsList,
      },
      show: {
        summary: 'Show a run with its blocks.',
        load: async () => (await import('./commands/runs-show.js')).runsShow,
      },
    },
  },
  schedule: {
    summary: 'List, add, change and remove schedules.',
    commands: {
      add: {
        summary: 'Add a schedule.',
        load: async () => (await import('./commands/schedule-add.js')).scheduleAdd,
      },
      remove: {
        summary: 'Remove a schedule.',
        load: async () => (await import('./commands/schedule-remove.js')).scheduleRemove,
      },
      run: {
        summary: 'Run what a schedule runs, now.',
        load: async () => (await import('./commands/schedule-run.js')).scheduleRun,
      },
      set: {
        summary: 'Change a schedule.',
        load: async () => (await import('./commands/schedule-set.js')).scheduleSet,
      },
      list: {
        summary: 'List schedules.',
        load: async () => (await import('./commands/schedule-list.js')).scheduleList,
      },
    },
  },
  schema: {
    summary: 'Schemas of a warehouse, which loaders make themselves.',
    commands: {
      create: {
        summary: 'Say how a schema is made.',
        load: async () => (await import('./commands/schema-create.js')).schemaCreate,
      },
    },
  },
  select: {
    summary: 'Show and choose the streams and properties that an extractor reads.',
    load: async () => (await import('./commands/select.js')).select,
  },
  shim: {
    summary: 'Make a launcher named `meltano`.',
    load: async () => (await import('./commands/shim.js')).shim,
  },
  state: {
    summary: 'Look at and change the state of extract-load blocks.',
    commands: {
      copy: {
        summary: 'Copy a state to another ID.',
        load: async () => (await import('./commands/state-copy.js')).stateCopy,
      },
      diff: {
        summary: 'Show what differs between two versions of a state, by stream.',
        load: async () => (await import('./commands/state-diff.js')).stateDiff,
      },
      history: {
        summary: 'List the versions of a state, the newest first.',
        load: async () => (await import('./commands/state-history.js')).stateHistory,
      },
      rollback: {
        summary: 'Return a state to an older version.',
        load: async () => (await import('./commands/state-rollback.js')).stateRollback,
      },
      edit: {
        summary: 'Change a state in your editor.',
        load: async () => (await import('./commands/state-edit.js')).stateEdit,
      },
      export: {
        summary: 'Print all states as JSON.',
        load: async () => (await import('./commands/state-export.js')).stateExport,
      },
      import: {
        summary: 'Take states as `state export` prints them.',
        load: async () => (await import('./commands/state-import.js')).stateImport,
      },
      merge: {
        summary: 'Lay bookmarks over a state.',
        load: async () => (await import('./commands/state-merge.js')).stateMerge,
      },
      move: {
        summary: 'Move a state to another ID.',
        load: async () => (await import('./commands/state-move.js')).stateMove,
      },
      clear: { summary: 'Clear a state.', load: async () => (await import('./commands/state-clear.js')).stateClear },
      get: { summary: 'Print a state.', load: async () => (await import('./commands/state-get.js')).stateGet },
      list: { summary: 'List the state IDs.', load: async () => (await import('./commands/state-list.js')).stateList },
      set: { summary: 'Set a state.', load: async () => (await import('./commands/state-set.js')).stateSet },
    },
  },
  test: {
    summary: 'Run the tests that plugins bring.',
    load: async () => (await import('./commands/test.js')).test,
  },
  upgrade: {
    summary: 'Bring the system database up to date; say how the program is upgraded.',
    load: async () => (await import('./commands/upgrade.js')).upgrade,
  },
  validate: {
    summary: 'Check the project, without secrets, installations or a network.',
    load: async () => (await import('./commands/validate.js')).validate,
  },
};
