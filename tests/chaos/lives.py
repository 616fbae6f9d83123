"""What the workers say they did, and whether the logs have every line of it, once."""

import collections
import glob
import os
import re
import struct

# struct life of tests/helper/life.c.
RECORD = struct.Struct("=IiQiiIIIIiii12x")
END_NONE, END_EXIT, END_SIGNAL = range(3)
VOICES = 2

Life = collections.namedtuple("Life", "number pid began_nsec end end_value voices child_pid told overlaps")


def lives_of(path):
    """The lives in a file, in order; one that has not begun yet is left out."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except FileNotFoundError:
        return []
    lives = []
    for at in range(0, len(data) - RECORD.size + 1, RECORD.size):
        number, pid, began, end, value, *counts, child, told, overlaps = RECORD.unpack_from(data, at)
        if number:
            voices = [tuple(counts[i * 2:i * 2 + 2]) for i in range(VOICES)]
            lives.append(Life(number, pid, began, end, value, voices, child, told, overlaps))
    return lives


def exitcode_of(life):
    """As multiprocessing has it; None where it was killed or lives."""
    return {END_NONE: None, END_EXIT: life.end_value, END_SIGNAL: -life.end_value}[life.end]


def log_files(path):
    """A log and its backups, the oldest first."""
    backups = [(int(name.rsplit(".", 1)[1]), name) for name in glob.glob(glob.escape(path) + ".*")
               if re.fullmatch(r"\d+", name.rsplit(".", 1)[1])]
    return [name for _, name in sorted(backups, reverse=True)] + [path]


def log_text(path):
    text = b""
    for name in log_files(path):
        try:
            with open(name, "rb") as file:
                text += file.read()
        except FileNotFoundError:
            continue
    return text


def lines_of(text, name):
    """{(life, voice): [numbers]} of what one worker wrote, and what is no whole line of it."""
    pattern = re.compile(rb"%s (\d+) (\d+) (\d+) (-*)\." % re.escape(name.encode()))
    found, torn = collections.defaultdict(list), []
    parts = text.split(b"\n")
    if parts[-1]:
        torn.append(parts[-1])
    for line in parts[:-1]:
        match = pattern.fullmatch(line)
        if match and len(match[4]) == int(match[3]) % 64:
            found[int(match[1]), int(match[2])].append(int(match[3]))
        else:
            torn.append(line)
    return found, torn


def line_problems(lives, text, name):
    """Lines that are lost, doubled, torn, out of order or nobody's."""
    found, torn = lines_of(text, name)
    problems = [f"{name}: torn line {line[:80]!r}" for line in torn[:5]]
    for life in lives:
        for voice, (begun, done) in enumerate(life.voices):
            numbers = found.pop((life.number, voice), [])
            # Who was killed in the middle of a line wrote it or did not.
            if numbers in (list(range(1, done + 1)), list(range(1, begun + 1))):
                continue
            counts = collections.Counter(numbers)
            lost = [n for n in range(1, done + 1) if n not in counts]
            doubled = [n for n, count in counts.items() if count > 1]
            problems.append(f"{name}: life {life.number} voice {voice} wrote {done} lines: lost {lost[:9]}"
                            f" ({len(lost)}), doubled {doubled[:9]} ({len(doubled)}),"
                            f" of {len(numbers)} found")
    problems += [f"{name}: lines of life {life} voice {voice}, of which there is no record"
                 for life, voice in found]
    return problems


def life_problems(lives, name):
    return [f"{name}: life {life.number} began while another lasted" for life in lives if life.overlaps]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def zombies_of(pid):
    found = []
    for child in children_of(pid):
        try:
            with open(f"/proc/{child}/stat") as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    found.append(child)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def descriptors_of(pid):
    """What a process has open, by kind: {"pipe": 12, ...}; files by their names."""
    kinds = collections.Counter()
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
        kinds[re.sub(r":\[\d+\]$", "", target)] += 1
    return kinds


def leftovers(directory):
    """Processes that a test has begun in any way: by a variable in their environment."""
    mark = b"MUSTER_TEST=" + directory.encode()
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        pid = int(path.split("/")[2])
        try:
            with open(path, "rb") as file:
                if pid != os.getpid() and mark in file.read().split(b"\0") and is_alive(pid):
                    found.append(pid)
        except OSError:
            continue
    return found
