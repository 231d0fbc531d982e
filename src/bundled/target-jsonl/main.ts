import { exactJson } from '../../singer/exact-json.js';
import { projectPath } from '../../singer/kit/plugin-process.js';
import { runTarget, type Target } from '../../singer/kit/target-kit.js';
import type { JsonMap } from '../../singer/messages.js';
import { fileNameOf, JsonlFiles } from './jsonl-files.js';

function open(config: JsonMap): Target {
  const folder = typeof config.destination_path === 'string' ? config.destination_path : 'output';
  const files = new JsonlFiles(projectPath(folder));
  const custom = typeof config.custom_name === 'string' && config.custom_name !== '' ? config.custom_name : undefined;
  const suffix = config.do_timestamp_file === true ? `-${startTime()}` : '';
  const names = new Map<string, string>();
  return {
    schema({ stream }) {
      names.set(stream, `${fileNameOf(custom ?? stream)}${suffix}.jsonl`);
    },
    record: (stream, record) => files.append(names.get(stream) ?? stream, exactJson(record)),
    flush: () => files.flush(),
    get waiting() {
      return files.waiting;
    },
    close: () => {},
  };
}

/** `20240131T235959`, UTC. */
function startTime(): string {
  return new Date().toISOString().replaceAll(/[-:]|\.\d+Z$/g, '');
}

await runTarget('target-jsonl', open);
