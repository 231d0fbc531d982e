/** A project whose plugins are scripts that write down when they ran, and with what. */

const catalog =
  '{"streams": [{"tap_stream_id": "users", "stream": "users", "schema": {"properties": {"id": {"type": "integer"}}}}]}';
const row = (id: number) =>
  `echo '{"type": "RECORD", "stream": "users", "record": {"id": ${id}}}'; echo '{"type": "STATE", "value": {"bookmarks": {"users": {"id": ${id}}}}}'`;
const schema = `echo '{"type": "SCHEMA", "stream": "users", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": ["id"]}'`;
const start = `#!/bin/sh
case "$*" in *--discover*) echo '${catalog}'; exit 0;; esac
cd "$MELTANO_PROJECT_ROOT"
`;

const meltanoFile = `
project_id: airflow-fixture
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - {name: tap-a, namespace: tap_a, executable: ./tap-a.sh, capabilities: [discover, catalog, state]}
  - {name: tap-b, namespace: tap_b, executable: ./tap-b.sh, capabilities: [discover, catalog, state]}
  - {name: tap-endless, namespace: tap_endless, executable: ./tap-endless.sh, capabilities: [discover, catalog, state]}
  loaders:
  - {name: target-y, namespace: target_y, executable: ./target.sh}
  utilities:
  - {name: box, namespace: box, executable: ./box.sh, commands: {run: run, test: test, fail: fail}}
run_steps:
  parallel_extract:
    commands:
    - meltano run tap-a target-y
    - tap-b target-y
  transform:
    env: {QUOTE: "{{ ds }} it's", SCRIPT: run.sh, FROM: $OF_DOTENV}
    commands:
    - invoke box:run
    - invoke box:test --fail-fast
  fail: {commands: [invoke box:fail]}
  wait: {timeout: 20s, commands: [tap-endless target-y]}
pipelines:
- {id: load, interval: 0 3 * * *, timezone: Europe/Berlin, retries: 1, retry_delay: 1, steps: [{run_step: parallel_extract}, {run_step: transform}]}
- {id: report, interval: '@hourly', after: load, steps: [{run_step: transform}]}
- {id: broken, interval: '@daily', retries: 0, steps: [{run_step: fail}]}
- {id: after-broken, after: broken, retries: 0, steps: [{run_step: transform}]}
- {id: endless, retries: 0, steps: [{run_step: wait}]}
jobs:
- {name: job-sync, tasks: [tap-a target-y, tap-b target-y, 'box:run box:test']}
`;

/** Fails after its first checkpoint, and goes on from there. */
const tapA = `${start}
echo tap-a >> order.txt
case "$*" in
  *--state*) echo "from 1" >> tap-a.txt; ${schema}; ${row(2)};;
  *) echo "from nothing" >> tap-a.txt; ${schema}; ${row(1)}; exit 3;;
esac
`;

const tapEndless = `${start}
trap 'echo stopped >> endless.txt; exit 0' TERM
${schema}; ${row(1)}
while :; do sleep 0.1; done
`;

const target = `#!/bin/sh
cd "$MELTANO_PROJECT_ROOT"
while read -r line; do
  case "$line" in
    *'"STATE"'*) printf '%s\\n' "$line" | sed 's/.*"value": \\(.*\\)}$/\\1/';;
    *'"RECORD"'*) printf '%s\\n' "$line" >> out.jsonl;;
  esac
done
`;

const box = `#!/bin/sh
cd "$MELTANO_PROJECT_ROOT"
case "$1" in
  run) echo "run|$QUOTE|$SCRIPT|$FROM" >> order.txt;;
  test) echo "test|$2" >> order.txt;;
  *) exit 1;;
esac
`;

export const airflowProject: Readonly<Record<string, string>> = {
  'meltano.yml': meltanoFile,
  '.env': 'OF_DOTENV=from-dotenv\n',
  'tap-a.sh': tapA,
  'tap-b.sh': `${start}\necho tap-b >> order.txt\n${schema}; ${row(1)}\n`,
  'tap-endless.sh': tapEndless,
  'target.sh': target,
  'box.sh': box,
};
