/** A project whose plugins are shell scripts: native, quick to start, steered by variables. */
import { folderWith } from './program.js';

const tap = `#!/bin/sh
# Logs its token as it is and encoded; fails where it is told to; waits for TERM where it is told to.
[ "$1" = --config ] && config=$2
case "$*" in *--discover*) echo '{"streams": [{"tap_stream_id": "users", "stream": "users", "schema": {"properties": {"id": {"type": "integer"}}}}]}'; exit 0;; esac
echo "token $TAP_X_TOKEN and $(printf %s "user:$TAP_X_TOKEN" | base64)" >&2
[ -n "$TAP_X_SDK_LOG" ] && printf '%s\\n' "$TAP_X_SDK_LOG" >&2
echo '{"type": "SCHEMA", "stream": "users", "schema": {"properties": {"id": {"type": "integer"}}}, "key_properties": ["id"]}'
echo '{"type": "RECORD", "stream": "users", "record": {"id": 1}}'
echo '{"type": "STATE", "value": {"bookmarks": {"users": {"id": 1}}}}'
[ -n "$TAP_X_WAIT" ] && { echo waiting >&2; trap 'exit 0' TERM; while :; do sleep 0.1; done; }
[ -n "$TAP_X_FAIL" ] && { echo "tap broke" >&2; exit "$TAP_X_FAIL"; }
exit 0
`;

const target = `#!/bin/sh
while read -r line; do
  case "$line" in *'"STATE"'*) printf '%s\\n' "$line" | sed 's/.*"value": \\(.*\\)}$/\\1/';; *) printf '%s\\n' "$line" >> "$TARGET_Y_OUT";; esac
done
`;

const box = `#!/bin/sh
case "$1" in
  env) shift; for name in "$@"; do eval "echo $name=\\$$name"; done;;
  exit) exit "$2";;
  cat) cat;;
  *) printf '%s|' "$@"; echo; echo "to stderr" >&2;;
esac
`;

const yaml = `
default_environment: dev
environments:
- name: dev
plugins:
  extractors:
  - name: tap-x
    namespace: tap_x
    executable: ./tap.sh
    capabilities: [discover, catalog, state, structured-logging]
    settings:
    - {name: token, sensitive: true}
    - {name: wait}
    - {name: fail}
    - {name: sdk_log}
  - name: tap-z
    inherit_from: tap-x
  loaders:
  - name: target-y
    namespace: target_y
    executable: ./target.sh
    settings:
    - {name: out, value: out.jsonl}
  utilities:
  - name: box
    namespace: box
    executable: ./box.sh
    settings:
    - {name: token, sensitive: true}
    commands:
      hello: say hello
      bad: exit 4
jobs:
- {name: both, tasks: [tap-x target-y, box:hello]}
`;

export function singerProject(files: Record<string, string> = {}): Promise<string> {
  return folderWith({ 'meltano.yml': yaml, 'tap.sh': tap, 'target.sh': target, 'box.sh': box, ...files });
}
