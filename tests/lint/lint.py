#!/usr/bin/env python3
"""Checks the rules of the house: docs/design.md has their reasons. Standard library only.

    tests/lint/lint.py            all checks
    tests/lint/lint.py NAME...    some of them (`list` names them)

A check is a function that yields findings; a finding of the form "note: ..." is only told. The last
line counts checks as "N passed, N failed".
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
JOBS = os.cpu_count() or 1

# From left to right: a file includes its own room and rooms to its left.
DAEMON_ROOMS = ["guardian", "base", "config", "process", "resource", "timer", "pool", "api", "http"]

# A library's headers and the folders (not what is below them) whose files may include them; tests may
# include any.
LIBRARIES = [
    (r"event2/|event\.h|evhttp\.h", ["daemon/" + room for room in DAEMON_ROOMS[1:]] + ["daemon"]),
    (r"ini\.h", ["daemon/config"]),
    (r"jansson\.h", ["common", "daemon/api", "daemon/http", "cli"]),
    (r"libproc2/", ["cli"]),
    (r"cmocka\.h", []),
]

FILE_AIM, FILE_LIMIT = 500, 700
FUNCTION_AIM, FUNCTION_LIMIT = 50, 100
HEADER_LIMIT = 150

# Debian 12's. What another version makes of .clang-format differs in places.
CLANG_FORMAT = 14

FORBIDDEN = ["system", "popen", "strcpy", "strcat", "sprintf", "vsprintf", "gets", "alloca", "strtok"]

# Variables that change, outside of functions' stacks, and why there is no other way.
GLOBALS = TOP / "tests/lint/globals.txt"


def files(*patterns):
    found = set()
    for pattern in patterns:
        found.update(p for p in TOP.glob(pattern) if p.is_file())
    return sorted(found)


def name(path):
    return str(path.relative_to(TOP))


def c_files():
    return files("common/*.[ch]", "daemon/**/*.[ch]", "cli/*.[ch]", "tests/**/*.[ch]")


def run(command, **options):
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    return subprocess.run(
        command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False, **options
    )


def code_only(text):
    """The text with comments and what stands in quotes blanked out; lines stay where they are."""
    token = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        found = match.group(0)
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]

    return token.sub(blank, text)


def includes(path):
    text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group(0)), path.read_text(), flags=re.S)
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def rank(file):
    """Where a file of daemon/ stands from left to right."""
    parts = file.split("/")
    return len(DAEMON_ROOMS) if len(parts) == 2 else DAEMON_ROOMS.index(parts[1])


def may_include(file, target):
    house, target_house = file.split("/")[0], target.split("/")[0]
    if house == "tests" or target_house == "common":
        return True
    if house != target_house:
        return False
    return house != "daemon" or rank(target) <= rank(file)


def check_includes():
    """who includes whom, and which library is used where"""
    for path in c_files():
        file = name(path)
        if file.startswith("daemon/") and file.count("/") > 1 and file.split("/")[1] not in DAEMON_ROOMS:
            yield f"{file}: no such room in the design"
            continue
        for line, kind, target in includes(path):
            where = f"{file}:{line}"
            if kind == '"':
                if not (TOP / target).is_file():
                    yield f'{where}: "{target}" is not written from the root'
                elif not may_include(file, target):
                    yield f"{where}: {target} is to the right of this file, or in another house"
                continue
            for pattern, allowed in LIBRARIES:
                if not re.match(pattern, target) or file.startswith("tests/"):
                    continue
                if os.path.dirname(file) not in allowed:
                    yield f"{where}: <{target}> may be used only in {', '.join(allowed) or 'tests'}"


def functions(path):
    """Name, line and length of each function, as clang-format leaves them: braces in column 0."""
    lines = code_only(path.read_text()).splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        match = re.match(r"[A-Za-z_].*?\b(\w+)\(", line)
        if match and not line.rstrip().endswith(";"):
            start = (match.group(1), number)
        elif line == "}" and start:
            yield start[0], start[1], number - start[1] + 1
            start = None
        elif line.startswith("}") or line.startswith("#"):
            start = None


def check_sizes():
    """lengths of files, headers and functions"""
    for path in c_files():
        length = len(path.read_text().splitlines())
        file = name(path)
        if path.suffix == ".h" and length >= HEADER_LIMIT:
            yield f"{file}: {length} lines; a header has fewer than {HEADER_LIMIT}"
        if length > FILE_LIMIT:
            yield f"{file}: {length} lines; the limit is {FILE_LIMIT}"
        elif length > FILE_AIM:
            yield f"note: {file}: {length} lines; the aim is {FILE_AIM}"
        for function, line, size in functions(path):
            if size > FUNCTION_LIMIT:
                yield f"{file}:{line}: {function}() has {size} lines; the limit is {FUNCTION_LIMIT}"
            elif size > FUNCTION_AIM:
                yield f"note: {file}:{line}: {function}() has {size} lines; the aim is {FUNCTION_AIM}"


def check_comments():
    """every C file opens by saying what it does"""
    for path in c_files():
        if not path.read_text().startswith("/*"):
            yield f"{name(path)}: does not open with a comment"


def check_guards():
    """headers are guarded by a name made of their place"""
    for path in c_files():
        if path.suffix != ".h":
            continue
        if not re.search(r"^#ifndef (MUSTER_\w+|MUSTER_H)\n#define \1$", path.read_text(), re.M):
            yield f"{name(path)}: no guard MUSTER_..._H"


def check_calls():
    """calls that the house does without"""
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(FORBIDDEN) + r")\s*\(")
    for path in c_files():
        for number, line in enumerate(code_only(path.read_text()).splitlines(), 1):
            for match in pattern.finditer(line):
                yield f"{name(path)}:{number}: {match.group(1)}() is not used here"


def check_sleeps():
    """no test sleeps for luck: it polls with a deadline"""
    c_sleep = re.compile(r"\b(?:u?sleep|nanosleep|clock_nanosleep)\s*\(")
    py_sleep = re.compile(r"\btime\.sleep\(")
    shell_sleep = re.compile(r"(?:^|[;&|]|\bdo\b|\bthen\b)\s*sleep\s")
    # A worker's life may well be to sleep, a measured load has its pace; and one loop waits between
    # two looks.
    allowed = {"tests/tap.sh": 1}
    free = ("tests/helper/", "tests/bench/", "tests/lint/", "tests/systemd/worker")
    for path in files("tests/**/*"):
        file = name(path)
        if file.startswith(free) or path.suffix not in (".c", ".py", ".sh", ""):
            continue
        pattern = {".c": c_sleep, ".py": py_sleep}.get(path.suffix, shell_sleep)
        text = path.read_text(errors="replace")
        if path.suffix == "" and text.startswith("#!") and "python" in text.splitlines()[0]:
            pattern = py_sleep
        lines = (code_only(text) if path.suffix == ".c" else text).splitlines()
        found = [
            number for number, line in enumerate(lines, 1)
            if pattern.search(line) and "lint: polls" not in line
            and not line.lstrip().startswith(("#", "command="))
        ]
        if len(found) > allowed.get(file, 0):
            for number in found:
                yield f"{file}:{number}: sleeps (a loop that looks again says `lint: polls`)"


def compile_flags():
    made = run(["make", "-s", "--no-print-directory", "O=build/lint/gcc", "print-cflags"])
    return [flag for flag in shlex.split(made.stdout) if not flag.startswith("-ffile-prefix-map")]


def check_headers():
    """each header compiles alone, with gcc and clang"""
    flags = compile_flags()

    def alone(job):
        compiler, header = job
        # Twice, so that the guard is tried too.
        text = f'#include "{header}"\n#include "{header}"\n'
        command = [compiler, *flags, "-O1", "-fsyntax-only", "-x", "c", "-"]
        result = run(command, input=text)
        if result.returncode:
            return f"{header} does not compile alone with {compiler}:\n{result.stdout.rstrip()}"
        return None

    jobs = [(c, name(p)) for p in c_files() if p.suffix == ".h" for c in ("gcc", "clang")]
    with ThreadPoolExecutor(JOBS) as pool:
        yield from filter(None, pool.map(alone, jobs))


def build(compiler, *variables):
    result = run([
        "make", "-s", "-k", f"-j{JOBS}", f"O=build/lint/{compiler}", f"CC={compiler}", "SANITIZE=",
        *variables, "objects",
    ])
    if result.returncode:
        yield result.stdout.rstrip()


def check_gcc():
    """everything compiles with gcc without a warning"""
    yield from build("gcc")


def check_clang():
    """everything compiles with clang without a warning"""
    # Warnings do not depend on it with clang, and without it the build is twice as fast.
    yield from build("clang", "CFLAGS=-O0")


def check_globals():
    """no variables but const tables; those that have to be are listed with their reason"""
    allowed = {}
    for line in GLOBALS.read_text().splitlines():
        if line and not line.startswith("#"):
            file, variable, *reason = line.split(None, 2)
            allowed[(file, variable)] = reason
            if not reason:
                yield f"{name(GLOBALS)}: {file} {variable}: no reason is given"
    seen = set()
    for path in files("common/*.c", "daemon/**/*.c", "cli/*.c"):
        file = name(path)
        item = TOP / "build/lint/gcc/obj" / (file[:-2] + ".o")
        if not item.exists():
            yield f"{file}: was not compiled (see the check gcc)"
            continue
        for line in run(["objdump", "-t", str(item)]).stdout.splitlines():
            match = re.match(r"[0-9a-f]+ .{7} (\.t?bss\S*|\.t?data\S*|\*COM\*)\s+[0-9a-f]+ (?:\.hidden )?(\S+)$", line)
            if not match or match.group(1).startswith(".data.rel.ro") or match.group(2).startswith("."):
                continue
            variable = re.sub(r"\.\d+$", "", match.group(2))
            seen.add((file, variable))
            if (file, variable) not in allowed:
                yield f"{file}: {variable} is a variable and not const"
    for file, variable in sorted(set(allowed) - seen):
        yield f"{name(GLOBALS)}: {file} has no variable {variable} any more"


def check_format():
    """clang-format would change nothing"""
    version = re.search(r"version (\d+)", run(["clang-format", "--version"]).stdout)
    if not version or int(version.group(1)) != CLANG_FORMAT:
        yield f"note: not checked: versions differ in places, and this is not clang-format {CLANG_FORMAT}"
        return
    result = run(["clang-format", "--dry-run", "-Werror", *(name(p) for p in c_files())])
    places = {}
    for file, line in re.findall(r"^([^\s:]+):(\d+):\d+: error", result.stdout, re.M):
        places.setdefault(file, []).append(line)
    for file, lines in places.items():
        yield f"{file}:{lines[0]}: clang-format -i would change {len(set(lines))} lines"
    if result.returncode and not places:
        yield result.stdout.rstrip()


def check_manuals():
    """the manual pages are correct mdoc"""
    pages = [name(p) for p in files("docs/*.[1-8]")]
    if not pages:
        return
    result = run(["mandoc", "-Tlint", "-W", "warning", *pages])
    if result.returncode or result.stdout.strip():
        yield result.stdout.rstrip()


def check_shell():
    """shellcheck has nothing to say about the scripts"""
    scripts = []
    for path in files("tests/**/*", "common/api/*.sh", "conf/**/*", ".ci/*"):
        first = path.read_bytes()[:64].split(b"\n")[0]
        if path.suffix == ".sh" or re.match(rb"#!\s*\S*(?:/|env )(?:ba|da)?sh\b", first):
            scripts.append(name(path))
    # SC2013: what is read in a `for` is words here, not lines.
    result = run(["shellcheck", "-x", "-e", "SC2013", "-f", "gcc", *scripts])
    if result.returncode:
        yield result.stdout.rstrip()


def check_text():
    """no trailing blanks, no missing newline at the end of a file"""
    tracked = run(["git", "ls-files", "-z"])
    if tracked.returncode:
        return
    for file in filter(None, tracked.stdout.split("\0")):
        path = TOP / file
        if not path.is_file() or file.startswith("tests/fuzz/corpus"):
            continue
        text = path.read_bytes()
        if b"\0" in text or not text or file.startswith("tests/data/"):
            continue
        if not text.endswith(b"\n"):
            yield f"{file}: no newline at its end"
        for number, line in enumerate(text.split(b"\n"), 1):
            if line.endswith((b" ", b"\t")):
                yield f"{file}:{number}: blanks at the end of the line"


# The quick ones first; globals reads what gcc has made.
CHECKS = [
    check_includes, check_sizes, check_comments, check_guards, check_calls, check_sleeps, check_text,
    check_format, check_manuals, check_shell, check_headers, check_gcc, check_clang, check_globals,
]


def main(arguments):
    by_name = {check.__name__[len("check_"):]: check for check in CHECKS}
    if arguments == ["list"]:
        for key, check in by_name.items():
            print(f"{key:10} {check.__doc__}")
        return 0
    unknown = [a for a in arguments if a not in by_name]
    if unknown:
        print(f"lint: no check named {', '.join(unknown)}; `list` names them", file=sys.stderr)
        return 2
    passed = failed = 0
    for key, check in by_name.items():
        if arguments and key not in arguments:
            continue
        findings = list(check())
        notes = [f for f in findings if f.startswith("note: ")]
        errors = [f for f in findings if not f.startswith("note: ")]
        print(f"{'FAILED' if errors else 'ok':7} {key}: {check.__doc__}", flush=True)
        for finding in notes + errors:
            print("        " + finding.replace("\n", "\n        "), flush=True)
        passed, failed = passed + (not errors), failed + bool(errors)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if not shutil.which("make"):
        sys.exit("lint: make is not found")
    sys.exit(main(sys.argv[1:]))
