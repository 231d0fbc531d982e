import type { EditableProject } from '../project/edit/named-entries.js';
import type { Session } from '../session/session.js';

/** The project as its editors need it; `project_readonly` is a setting, so only the resolver knows it. */
export async function editable({ project, settings }: Session): Promise<EditableProject> {
  const readonly = (await settings()).projectSetting('project_readonly') === true;
  const { file, files, sysDir } = project;
  return { file, files, sysDir, readonly };
}
