import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Builds wheels with the standard library alone, so that no test needs an index to fetch a build tool from. */
const backend = `
import base64, hashlib, os, zipfile

def _wheel(folder, name, version, files):
    path = os.path.join(folder, f"{name}-{version}-py3-none-any.whl")
    info = f"{name}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/entry_points.txt"] = f"[console_scripts]\\n{name.replace('_', '-')} = {name}:main\\n"
    record = []
    for file, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record.append(f"{file},sha256={digest},{len(text.encode())}")
    files[f"{info}/RECORD"] = "\\n".join(record + [f"{info}/RECORD,,"]) + "\\n"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            archive.writestr(file, text)
    return os.path.basename(path)

def _settings():
    with open("package.txt") as file:
        return file.read().split()

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, version = _settings()
    with open(f"{name}.py") as file:
        return _wheel(wheel_directory, name, version, {f"{name}.py": file.read()})

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name, version = _settings()
    return _wheel(wheel_directory, name, version, {f"__editable__{name}.pth": os.getcwd() + "\\n"})

if __name__ == "__main__":
    import sys
    os.makedirs(sys.argv[1], exist_ok=True)
    build_wheel(sys.argv[1])
`;

/** Writes the source of a package whose program prints `said`; `name` with underscores, its program has hyphens. */
export async function writePythonPackage(folder: string, name: string, said: string, version = '1.0'): Promise<void> {
  await mkdir(folder, { recursive: true });
  const build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n';
  const project = `[project]\nname = "${name}"\nversion = "${version}"\n[project.scripts]\n${name.replaceAll('_', '-')} = "${name}:main"\n`;
  await writeFile(join(folder, 'pyproject.toml'), build + project);
  await writeFile(join(folder, 'backend.py'), backend);
  await writeFile(join(folder, 'package.txt'), `${name} ${version}\n`);
  await writeFile(join(folder, `${name}.py`), `def main():\n    print(${JSON.stringify(said)})\n`);
}
