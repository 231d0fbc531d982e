#!/usr/bin/env python3
"""Differential conformance suite for Meltano-compatible command lines.

    run.py --bin 'CMD' [--case GLOB]... [--group NAME]... [--open] [--real]
           [--known FILE] [--summary FILE] [--json] [--jobs N] [-v] [--keep] [--list]

Runs every case under cases/ against the command CMD (split as a shell would) and prints one line a
case, then 'N passed, N failed'. Exit status 0 when nothing failed. Standard library only.

The cases that --known names (a JSON object, case to reason) are expected to fail: they count as skipped
when they do. One that passes counts as passed, and is named at the end so that it is taken off the list.

A case is a folder: case.json (group, why, steps) and project/ (copied to a fresh temporary folder;
lib/ files named in "uses" are copied to its bin/). Each step runs CMD + argv there, then its
expectations are checked. See README.md for the format.
"""
from __future__ import annotations

import argparse
import concurrent.futures
import fnmatch
import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RECORD = "__RECORD__"
ABSENT = "<absent>"


# ---------------------------------------------------------------- a small YAML reader (for checking edits)
class YamlError(Exception):
    pass


def _plain(text):
    t = text.strip()
    if t in ("", "~", "null", "Null", "NULL"):
        return None
    if t in ("true", "True", "TRUE"):
        return True
    if t in ("false", "False", "FALSE"):
        return False
    if re.fullmatch(r"[-+]?[0-9]+", t) and not re.fullmatch(r"[-+]?0[0-9]+", t):
        return int(t)
    if re.fullmatch(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", t):
        return float(t)
    return t


_ESC = {"n": "\n", "t": "\t", '"': '"', "\\": "\\", "/": "/", "0": "\0", "r": "\r", "b": "\b", "e": "\x1b", " ": " "}


class _Flow:
    """Reads one flow value (quoted scalar, [..], {..}) that starts at text[pos]."""

    def __init__(self, text, pos=0):
        self.s, self.i = text, pos

    def ws(self):
        while self.i < len(self.s):
            c = self.s[self.i]
            if c in " \t\n\r":
                self.i += 1
            elif c == "#" and (self.i == 0 or self.s[self.i - 1] in " \t\n"):
                while self.i < len(self.s) and self.s[self.i] != "\n":
                    self.i += 1
            else:
                return

    def value(self):
        self.ws()
        c = self.s[self.i]
        if c == "[":
            self.i += 1
            out = []
            while True:
                self.ws()
                if self.s[self.i] == "]":
                    self.i += 1
                    return out
                v = self.value()
                self.ws()
                if self.s[self.i] == ":":
                    self.i += 1
                    v = {v: self.value()}
                    self.ws()
                out.append(v)
                if self.s[self.i] == ",":
                    self.i += 1
        if c == "{":
            self.i += 1
            out = {}
            while True:
                self.ws()
                if self.s[self.i] == "}":
                    self.i += 1
                    return out
                k = self.value()
                self.ws()
                v = None
                if self.s[self.i] == ":":
                    self.i += 1
                    self.ws()
                    v = None if self.s[self.i] in ",}" else self.value()
                    self.ws()
                out[k] = v
                if self.s[self.i] == ",":
                    self.i += 1
        if c == '"':
            return self.dquote()
        if c == "'":
            return self.squote()
        start = self.i
        while self.i < len(self.s):
            c = self.s[self.i]
            if c in ",[]{}":
                break
            if c == ":" and (self.i + 1 >= len(self.s) or self.s[self.i + 1] in " ,]}\n"):
                break
            if c == "#" and self.s[self.i - 1] in " \t\n":
                break
            self.i += 1
        return _plain(self._fold(self.s[start:self.i]))

    def _fold(self, raw):
        def rep(m):
            n = m.group(0).count("\n")
            return " " if n == 1 else "\n" * (n - 1)
        return re.sub(r"[ \t]*\n[\s]*", rep, raw)

    def dquote(self):
        self.i += 1
        out, buf = [], []
        while True:
            c = self.s[self.i]
            if c == '"':
                self.i += 1
                out.append(self._fold("".join(buf)))
                return "".join(out)
            if c == "\\":
                nxt = self.s[self.i + 1]
                out.append(self._fold("".join(buf)))
                buf = []
                if nxt == "\n":
                    self.i += 2
                    while self.s[self.i] in " \t":
                        self.i += 1
                    continue
                width = {"x": 2, "u": 4, "U": 8}.get(nxt)
                if width:
                    out.append(chr(int(self.s[self.i + 2:self.i + 2 + width], 16)))
                    self.i += 2 + width
                    continue
                out.append(_ESC.get(nxt, nxt))
                self.i += 2
                continue
            buf.append(c)
            self.i += 1

    def squote(self):
        self.i += 1
        buf = []
        while True:
            c = self.s[self.i]
            if c == "'":
                if self.s[self.i + 1:self.i + 2] == "'":
                    buf.append("'")
                    self.i += 2
                    continue
                self.i += 1
                return self._fold("".join(buf))
            buf.append(c)
            self.i += 1


def _strip_comment(text):
    if text.startswith("#"):
        return ""
    m = re.search(r"\s#", text)
    return text[:m.start()] if m else text


_KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#\[\]{}"'&*!|>%@`,-][^#]*?|-[^\s#][^#]*?)\s*:(?=\s|$)""")


class _Yaml:
    def __init__(self, text):
        self.raw = text.replace("\r\n", "\n").split("\n")
        self.n = 0
        self.lines = self.raw

    def skip(self):
        while self.n < len(self.lines):
            s = self.lines[self.n].strip()
            if not s or s.startswith("#") or s == "---" or s.startswith("%"):
                self.n += 1
            else:
                return

    @staticmethod
    def indent(line):
        return len(line) - len(line.lstrip(" "))

    def doc(self):
        self.skip()
        if self.n >= len(self.lines):
            return None
        return self.node(self.indent(self.lines[self.n]))

    def node(self, ind):
        line = self.lines[self.n]
        body = line[ind:]
        if body == "-" or body.startswith("- "):
            return self.seq(ind)
        if _KEY.match(body):
            return self.map(ind)
        return self.scalar(ind, ind - 1)

    def seq(self, ind):
        out = []
        while True:
            self.skip()
            if self.n >= len(self.lines):
                return out
            line = self.lines[self.n]
            if self.indent(line) != ind or not (line[ind:] == "-" or line[ind:].startswith("- ")):
                return out
            rest = line[ind + 1:]
            if not _strip_comment(rest.strip()):
                self.n += 1
                self.skip()
                if self.n < len(self.lines) and self.indent(self.lines[self.n]) > ind:
                    out.append(self.node(self.indent(self.lines[self.n])))
                else:
                    out.append(None)
                continue
            inner = ind + 1 + len(rest) - len(rest.lstrip(" "))
            self.lines[self.n] = " " * inner + line[inner:]
            out.append(self.node(inner))

    def map(self, ind):
        out = {}
        while True:
            self.skip()
            if self.n >= len(self.lines):
                return out
            line = self.lines[self.n]
            if self.indent(line) != ind:
                if self.indent(line) > ind:
                    raise YamlError(f"bad indentation: {line!r}")
                return out
            body = line[ind:]
            if body == "-" or body.startswith("- "):
                return out
            m = _KEY.match(body)
            if not m:
                raise YamlError(f"not a key: {line!r}")
            key = m.group(1)
            key = _Flow(key).value() if key[0] in "\"'" else _plain(key)
            rest = body[m.end():]
            if _strip_comment(rest.strip()) == "":
                self.n += 1
                self.skip()
                if self.n < len(self.lines):
                    nxt = self.lines[self.n]
                    ni = self.indent(nxt)
                    if ni > ind or (ni == ind and (nxt[ni:] == "-" or nxt[ni:].startswith("- "))):
                        out[key] = self.node(ni)
                        continue
                out[key] = None
            else:
                out[key] = self.scalar(ind + m.end(), ind)

    def scalar(self, col, parent):
        line = self.lines[self.n]
        text = line[col:].lstrip()
        col = len(line) - len(line[col:].lstrip())
        if text[0] in "|>":
            return self.block(text, parent)
        if text[0] in "[{\"'":
            joined = "\n".join([line[col:]] + self.lines[self.n + 1:])
            f = _Flow(joined)
            v = f.value()
            used = joined[:f.i].count("\n")
            self.n += used + 1
            return v
        parts = [_strip_comment(text).strip()]
        self.n += 1
        while self.n < len(self.lines):
            nl = self.lines[self.n]
            if not nl.strip() or self.indent(nl) <= parent or nl.strip().startswith("#"):
                break
            parts.append(_strip_comment(nl).strip())
            self.n += 1
        return _plain(" ".join(parts))

    def block(self, head, parent):
        fold, chomp = head[0] == ">", ("-" if "-" in head[:3] else "+" if "+" in head[:3] else "")
        self.n += 1
        rows = []
        while self.n < len(self.lines):
            nl = self.lines[self.n]
            if nl.strip() and self.indent(nl) <= parent:
                break
            rows.append(nl)
            self.n += 1
        ind = min((self.indent(r) for r in rows if r.strip()), default=0)
        rows = [r[ind:] for r in rows]
        text = "\n".join(rows)
        if fold:
            text = re.sub(r"(?<=\S)\n(?=\S)", " ", text)
        text = text.rstrip("\n")
        return text if chomp == "-" else text + "\n"


def yaml_load(text):
    y = _Yaml(text)
    v = y.doc()
    y.skip()
    if y.n < len(y.lines):
        raise YamlError(f"trailing text at line {y.n + 1}: {y.lines[y.n]!r}")
    return v


# ---------------------------------------------------------------- comparing
def same(a, b):
    if isinstance(a, bool) or isinstance(b, bool):
        return isinstance(a, bool) and isinstance(b, bool) and a == b
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return a == b
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return a == b


def diff(exp, got, path=""):
    """The first difference between two JSON values, in words."""
    if isinstance(exp, dict) and isinstance(got, dict):
        for k in exp:
            if k not in got:
                return f"{path}/{k}: missing (expected {short(exp[k])})"
            if not same(exp[k], got[k]):
                return diff(exp[k], got[k], f"{path}/{k}")
        for k in got:
            if k not in exp:
                return f"{path}/{k}: unexpected {short(got[k])}"
    if isinstance(exp, list) and isinstance(got, list):
        for i, (x, y) in enumerate(zip(exp, got)):
            if not same(x, y):
                return diff(x, y, f"{path}/{i}")
        return f"{path}: {len(exp)} items expected, got {len(got)}"
    return f"{path or '/'}: expected {short(exp)}, got {short(got)}"


def short(v, n=160):
    s = v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)
    s = s.replace("\n", "\\n")
    return s if len(s) <= n else s[: n - 1] + "…"


def canon(v):
    """Singer metadata lists have no order: sort them by breadcrumb."""
    if isinstance(v, dict):
        return {k: canon(x) for k, x in v.items()}
    if isinstance(v, list):
        v = [canon(x) for x in v]
        if v and all(isinstance(x, dict) and "breadcrumb" in x for x in v):
            v.sort(key=lambda x: json.dumps(x["breadcrumb"]))
    return v


def pick(doc, path):
    """Follow 'a/b/0/c'; a segment 'key=value' picks the list item whose key equals value."""
    cur = doc
    for part in [p for p in path.split("/") if p != ""]:
        if isinstance(cur, dict):
            if part not in cur:
                return ABSENT
            cur = cur[part]
        elif isinstance(cur, list):
            if "=" in part:
                k, v = part.split("=", 1)
                hits = [x for x in cur if isinstance(x, dict) and str(x.get(k)) == v]
                if not hits:
                    return ABSENT
                cur = hits[0]
            else:
                try:
                    cur = cur[int(part)]
                except (ValueError, IndexError):
                    return ABSENT
        else:
            return ABSENT
    return cur


class Fail(Exception):
    pass


ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Runner:
    def __init__(self, binary, timeout, record=False, keep=False):
        self.binary = shlex.split(binary)
        self.timeout = timeout
        self.record = record
        self.keep = keep
        self.background = {}
        self.base = os.path.realpath(tempfile.mkdtemp(prefix="mconf-"))
        self.bin = os.path.join(self.base, "bin")
        os.mkdir(self.bin)
        # a python3 that works with a changed HOME (a pyenv shim would not), for the plugin scripts
        os.symlink(os.path.realpath(sys.executable), os.path.join(self.bin, "python3"))

    def close(self):
        if not self.keep:
            shutil.rmtree(self.base, ignore_errors=True)

    # -- one case
    def case(self, case):
        work = os.path.join(self.base, case["name"])
        root = os.path.join(work, "project")
        src = os.path.join(case["dir"], "project")
        os.mkdir(work)
        if os.path.isdir(src):
            shutil.copytree(src, root, symlinks=True)
        else:
            os.mkdir(root)
        for name in case.get("uses", []):
            os.makedirs(os.path.join(root, "bin"), exist_ok=True)
            dst = os.path.join(root, "bin", name)
            shutil.copy(os.path.join(HERE, "lib", name), dst)
            os.chmod(dst, 0o755)
        home = os.path.join(work, "home")
        os.mkdir(home)
        started = time.monotonic()
        reason, bad = None, None
        for i, step in enumerate(case["steps"]):
            try:
                self.step(step, root, home, case)
            except Fail as e:
                what = "meltano " + " ".join(short(a, 40) for a in step["argv"]) if "argv" in step else "step"
                reason, bad = f"step {i + 1} ({short(what, 90)}): {e}", i
                break
        for p in self.background.get(case["name"], []):  # end what a background step left
            try:
                p.wait(timeout=20 if reason is None else 1)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
        if not self.keep and reason is None:
            shutil.rmtree(work, ignore_errors=True)
        return {"name": case["name"], "group": case["group"], "ok": reason is None, "reason": reason,
                "step": bad, "seconds": round(time.monotonic() - started, 2)}

    def env(self, step, case, root, home):
        keep = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "UV_INDEX_URL", "UV_DEFAULT_INDEX",
                "PIP_INDEX_URL", "UV_CACHE_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy",
                "http_proxy", "no_proxy", "PYTHONDONTWRITEBYTECODE")
        env = {k: os.environ[k] for k in keep if k in os.environ}
        for k in os.environ:  # what the tested command itself may need: CONF_PASS_NAME=value becomes NAME=value
            if k.startswith("CONF_PASS_"):
                env[k[len("CONF_PASS_"):]] = os.environ[k]
        env["PATH"] = self.bin + os.pathsep + env.get("PATH", "/usr/bin:/bin")
        env.update(HOME=home, LANG="C.UTF-8", LC_ALL="C.UTF-8", TZ="UTC", NO_COLOR="1",
                   MELTANO_SEND_ANONYMOUS_USAGE_STATS="false", PYTHONDONTWRITEBYTECODE="1")
        for src in (case.get("env", {}), step.get("env", {})):
            for k, v in src.items():
                if v is None:
                    env.pop(k, None)
                else:
                    env[k] = v.replace("{ROOT}", root).replace("{PATH}", env["PATH"])
        return env

    def step(self, step, root, home, case):
        for path, text in step.get("write", {}).items():
            p = os.path.join(root, path)
            os.makedirs(os.path.dirname(p), exist_ok=True)
            with open(p, "w") as f:
                f.write(text.replace("{ROOT}", root))
            if text.startswith("#!"):
                os.chmod(p, 0o755)
        for path in step.get("rm", []):
            for p in glob.glob(os.path.join(root, path)):
                shutil.rmtree(p) if os.path.isdir(p) else os.unlink(p)
        out = err = ""
        if "wait_for" in step:
            end = time.monotonic() + 15
            while not glob.glob(os.path.join(root, step["wait_for"])):
                if time.monotonic() > end:
                    raise Fail(f"{step['wait_for']} did not appear")
                time.sleep(0.05)
        if step.get("background"):
            argv = self.binary + step["argv"]
            self.background.setdefault(case["name"], []).append(subprocess.Popen(
                argv, cwd=root, env=self.env(step, case, root, home), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True))
            return
        if "argv" in step:
            argv = self.binary + [a.replace("{ROOT}", root) for a in step["argv"]]
            cwd = os.path.join(root, step.get("cwd", "."))
            os.makedirs(cwd, exist_ok=True)
            p = subprocess.Popen(argv, cwd=cwd, env=self.env(step, case, root, home), stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
            try:
                o, e = p.communicate(step.get("stdin", "").encode(), timeout=step.get("timeout", self.timeout))
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)  # the process group that this step started
                p.communicate()
                raise Fail(f"no end after {step.get('timeout', self.timeout)} s") from None
            out, err = (ANSI.sub("", x.decode("utf-8", "replace")).replace("\r\n", "\n") for x in (o, e))
            out, err = out.replace(root, "{ROOT}"), err.replace(root, "{ROOT}")
            want = step.get("exit", 0)
            ok = want == "any" or ((p.returncode != 0) if want == "nonzero" else (p.returncode == want))
            if self.record:
                step["_out"], step["_err"], step["_rc"] = out, err, p.returncode
            if not ok:
                if self.record:
                    sys.stderr.write(f"--- {case['name']} {step['argv']}\n{out[-1500:]}\n--- stderr\n{err[-1500:]}\n")
                tail = [x for x in (err.strip() or out.strip()).splitlines() if x.strip()][-1:] or [""]
                raise Fail(f"exit {p.returncode}, expected {want}; last line: {short(tail[0])}")
        try:
            self.expect(step.get("expect", {}), out, err, root)
        except Fail:
            if self.record:
                sys.stderr.write(f"--- {case['name']} {step.get('argv')}\n{out}\n--- stderr\n{err}\n")
            raise

    # -- expectations
    def check(self, holder, key, got, what):
        want, got = holder[key], canon(got)
        if self.record and want == RECORD:
            holder[key] = got
            return
        if not same(want, got):
            raise Fail(f"{what}: {diff(want, got)}")

    def picks(self, spec, doc, what):
        for path in spec:
            got = canon(pick(doc, path))
            if self.record and spec[path] == RECORD:
                spec[path] = got
                continue
            if not same(spec[path], got):
                raise Fail(f"{what} at {path}: {diff(spec[path], got)}")

    def regexes(self, holder, text, what, has="has", lacks="lacks"):
        for rx in holder.get(has, []):
            if not re.search(rx, text, re.M | re.I):
                raise Fail(f"{what}: nothing matches /{rx}/")
        for rx in holder.get(lacks, []):
            if re.search(rx, text, re.M | re.I):
                raise Fail(f"{what}: something matches /{rx}/, nothing should")

    def expect(self, ex, out, err, root):
        if "stdout_json" in ex or "stdout_pick" in ex or "stdout_keys" in ex:
            try:
                doc = json.loads(out)
            except ValueError as e:
                raise Fail(f"stdout is not JSON ({e}): {short(out)}") from None
            if "stdout_json" in ex:
                self.check(ex, "stdout_json", doc, "stdout JSON")
            self.picks(ex.get("stdout_pick", {}), doc, "stdout JSON")
            if "stdout_keys" in ex:
                self.check(ex, "stdout_keys", sorted(doc), "keys of stdout JSON")
        if "stdout_lines" in ex:
            self.check(ex, "stdout_lines", sorted(x.strip() for x in out.splitlines() if x.strip()), "stdout lines")
        if "stdout_jsonl" in ex:
            self.check(ex, "stdout_jsonl", self.jsonl(out, False), "stdout JSON lines")
        if "stdout_text" in ex:
            self.check(ex, "stdout_text", out.strip(), "stdout")
        self.regexes(ex, out, "stdout", "stdout_has", "stdout_lacks")
        self.regexes(ex, out + "\n" + err, "output", "output_has", "output_lacks")
        for f in ex.get("files", []):
            self.file(f, root)

    @staticmethod
    def jsonl(text, sort=True):
        rows = []
        for line in text.splitlines():
            if line.strip():
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    raise Fail(f"not a JSON line: {short(line)}") from None
        return sorted(rows, key=lambda r: json.dumps(r, sort_keys=True)) if sort else rows

    def file(self, f, root):
        path, kind = f["path"], f.get("kind", "text")
        hits = sorted(glob.glob(os.path.join(root, path), recursive=True))
        if kind == "absent":
            if hits:
                raise Fail(f"file {path} should not be there")
            return
        if kind == "none_has":  # no file that matches path has such text
            for p in hits:
                if os.path.isfile(p):
                    with open(p, encoding="utf-8", errors="replace") as fh:
                        self.regexes({"lacks": f["has"]}, fh.read(), f"file {os.path.relpath(p, root)}")
            return
        if not hits:
            raise Fail(f"file {path} is not there")
        if kind == "exists":
            return
        if len(hits) > 1:
            raise Fail(f"{len(hits)} files match {path}")
        with open(hits[0], encoding="utf-8", errors="replace") as fh:
            text = fh.read().replace(root, "{ROOT}")
        what = f"file {path}"
        if kind in ("json", "yaml"):
            try:
                doc = json.loads(text) if kind == "json" else yaml_load(text)
            except (ValueError, YamlError, IndexError) as e:
                raise Fail(f"{what} is not {kind.upper()}: {e}") from None
            if "value" in f:
                self.check(f, "value", doc, what)
            self.picks(f.get("pick", {}), doc, what)
        elif kind in ("jsonl", "jsonl_sorted"):
            rows = self.jsonl(text, kind != "jsonl")
            if "drop" in f:  # keys that differ from run to run
                rows = [{k: v for k, v in r.items() if not re.search(f["drop"], k)} for r in rows]
            if "value" in f:
                self.check(f, "value", rows, what)
        elif kind == "lines":
            if "value" in f:
                self.check(f, "value", [x.rstrip() for x in text.splitlines() if x.strip()], what)
        elif kind == "dotenv":
            env = {}
            for line in text.splitlines():
                m = re.match(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$", line)
                if m:
                    v = m.group(2)
                    if len(v) > 1 and v[0] == v[-1] and v[0] in "\"'":
                        v = v[1:-1].replace("\\" + v[0], v[0])
                    env[m.group(1)] = v
            if "value" in f:
                self.check(f, "value", env, what)
            self.picks(f.get("pick", {}), env, what)
        elif kind == "text":
            if "value" in f:
                self.check(f, "value", text.strip(), what)
        else:
            raise Fail(f"unknown kind {kind}")
        self.regexes(f, text, what)


def load(args):
    cases = []
    for d in sorted(glob.glob(os.path.join(HERE, "cases", "*", "case.json"))):
        with open(d) as f:
            case = json.load(f)
        case["dir"] = os.path.dirname(d)
        case["name"] = os.path.basename(case["dir"])
        if args.case and not any(fnmatch.fnmatchcase(case["name"], c) for c in args.case):
            continue
        if args.group and case["group"] not in args.group:
            continue
        if args.open and not case.get("open"):
            continue
        if case["group"] == "real" and not (args.real or args.case):
            continue
        cases.append(case)
    return cases


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--bin", help="the command to test, e.g. 'node dist/cli.js'")
    ap.add_argument("--case", action="append", help="only these cases (a glob); may be repeated")
    ap.add_argument("--group", action="append", help="only this group; may be repeated")
    ap.add_argument("--open", action="store_true", help="only the cases marked open")
    ap.add_argument("--real", action="store_true", help="also the group 'real' (installs PyPI plugins; slow)")
    ap.add_argument("--known", metavar="FILE", help="a JSON object: cases that are expected to fail, each with the reason")
    ap.add_argument("--summary", metavar="FILE", help="write the counts there as JSON")
    ap.add_argument("--json", action="store_true", help="print one JSON document instead of lines")
    ap.add_argument("--jobs", type=int, default=2)
    ap.add_argument("--timeout", type=float, default=60, help="seconds a step may take")
    ap.add_argument("--keep", action="store_true", help="keep the temporary folders")
    ap.add_argument("--list", action="store_true")
    ap.add_argument("-v", action="store_true", help="print why each case exists too")
    ap.add_argument("--record", action="store_true", help="(maintainers) fill in __RECORD__ from this binary")
    args = ap.parse_args()
    cases = load(args)
    known = {}
    if args.known:
        with open(args.known) as f:
            known = json.load(f)
        gone = sorted(set(known) - set(os.listdir(os.path.join(HERE, "cases"))))
        if gone:
            ap.error(f"{args.known} names cases that do not exist: {', '.join(gone)}")
    if args.list:
        for c in cases:
            print(f"{c['group']:<12} {c['name']:<40} {'open' if c.get('open') else '    '} {c['why']}")
        return 0
    if not args.bin:
        ap.error("--bin is required")
    if not cases:
        print("no case matches", file=sys.stderr)
        return 2
    parts = shlex.split(args.bin)
    for i, p in enumerate(parts):  # relative paths in CMD are relative to where run.py is called
        if (os.sep in p or i > 0) and os.path.exists(p):
            parts[i] = os.path.abspath(p)
    runner = Runner(shlex.join(parts), args.timeout, args.record, args.keep)
    results = []
    started = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor(max_workers=max(1, args.jobs)) as pool:
            todo = {pool.submit(runner.case, c): c for c in cases}
            for fut in concurrent.futures.as_completed(todo):
                case = todo[fut]
                try:
                    r = fut.result()
                except Exception as e:  # a broken case or command must not hide the others
                    r = {"name": case["name"], "group": case["group"], "ok": False, "step": None,
                         "reason": f"{type(e).__name__}: {e}", "seconds": 0}
                r["known"] = known.get(r["name"])
                results.append(r)
                if args.record:
                    with open(os.path.join(case["dir"], "recorded.json"), "w") as f:
                        json.dump({k: v for k, v in case.items() if k not in ("dir", "name")}, f, indent=1)
                if not args.json:
                    word = "PASS" if r["ok"] else "KNOWN" if r["known"] else "FAIL"
                    line = f"{word} {r['group']}/{r['name']} {r['seconds']:.1f}s"
                    if r["reason"]:
                        line += f" - {r['known'] or r['reason']}"
                    if args.v:
                        line += f"\n     why: {case['why']}"
                    print(line, flush=True)
    finally:
        runner.close()
    passed = sum(r["ok"] for r in results)
    skipped = sum(not r["ok"] and r["known"] is not None for r in results)
    failed = len(results) - passed - skipped
    mended = sorted(r["name"] for r in results if r["ok"] and r["known"])
    if args.summary:
        with open(args.summary, "w") as f:
            json.dump({"passed": passed, "failed": failed, "skipped": skipped}, f)
    took = round(time.monotonic() - started, 1)
    if args.json:
        groups = {}
        for r in results:
            g = groups.setdefault(r["group"], {"passed": 0, "failed": 0, "skipped": 0})
            g["passed" if r["ok"] else "skipped" if r["known"] else "failed"] += 1
        print(json.dumps({"passed": passed, "failed": failed, "skipped": skipped, "mended": mended, "seconds": took, "groups": groups,
                          "cases": sorted(results, key=lambda r: r["name"])}, indent=1))
    else:
        if args.keep:
            print(f"kept: {runner.base}")
        for name in mended:
            print(f"{name} passes: take it off {args.known}")
        print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if args.known else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
