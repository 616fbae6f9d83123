"""Processes as /proc shows them, and those the bench starts.

The bench makes itself the subreaper of all that it starts, so that nothing below it can get away:
"everything has ended" is what waitpid(2) says, and everything can be ended by pid.
"""

import ctypes
import os
import resource
import signal
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
NOFILE_WANTED = 65536
END_ROUNDS_MAX = 200

_libc = ctypes.CDLL(None, use_errno=True)


def become_subreaper():
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")


def _raise_nofile():
    """supervisord, and the one-process subjects, need descriptors for each worker."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = NOFILE_WANTED if hard == resource.RLIM_INFINITY else min(NOFILE_WANTED, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start(argv, environment, directory, log_path, stop_signal):
    """Starts a daemon in a session of its own. Returns its pid and when it was executed (ns).

    Should the bench be killed, the daemon gets stop_signal.
    """
    read_end, write_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _libc.prctl(PR_SET_PDEATHSIG, stop_signal, 0, 0, 0)
            os.setsid()
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _raise_nofile()
            os.chdir(directory)
            log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            null = os.open("/dev/null", os.O_RDONLY)
            os.dup2(null, 0)
            os.dup2(log, 1)
            os.dup2(log, 2)
            os.write(write_end, time.monotonic_ns().to_bytes(8, "little"))
            os.execvpe(argv[0], argv, environment)
        except OSError as error:
            os.write(2, f"{argv[0]}: {error}\n".encode())
        finally:
            os._exit(127)
    os.close(write_end)
    try:
        return pid, int.from_bytes(os.read(read_end, 8), "little")
    finally:
        os.close(read_end)


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _children():
    """Parent to children, of all processes."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            stat = _read(f"/proc/{name}/stat")
            fields = stat[stat.rfind(b")") + 2:].split()
            if fields:
                children.setdefault(int(fields[1]), []).append(int(name))
    return children


def below(pid):
    """All descendants of a process, parents before children; without the process itself."""
    children = _children()
    found = list(children.get(pid, ()))
    for each in found:
        found.extend(children.get(each, ()))
    return found


def own(daemon, workers):
    """The daemon and what else belongs to the supervisor: all below it that runs no worker."""
    found = []
    for pid in [daemon, *below(daemon)]:
        try:
            if os.readlink(f"/proc/{pid}/exe") not in workers:
                found.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def pss_kib(pid):
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith(b"Pss:"):
            return int(line.split()[1])
    return 0


def pss_beside_kib(pid, left_out):
    """PSS without the mappings of files that have this in their names: see proc_pid_smaps(5)."""
    total, inside = pss_kib(pid), False
    for line in _read(f"/proc/{pid}/smaps").decode(errors="replace").splitlines():
        words = line.split(maxsplit=5)
        if not words[0].endswith(":"):   # a mapping's first line
            inside = len(words) > 5 and left_out in os.path.basename(words[5])
        elif words[0] == "Pss:" and inside:
            total -= int(words[1])
    return total


def _threads(pid):
    try:
        return os.listdir(f"/proc/{pid}/task")
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_ns(pid):
    """Processor time of all its threads."""
    total = 0
    for thread in _threads(pid):
        fields = _read(f"/proc/{pid}/task/{thread}/schedstat").split()
        total += int(fields[0]) if fields else 0
    return total


def switches(pid):
    """Context switches of all its threads, wanted or not: each is a wake-up."""
    total = 0
    for thread in _threads(pid):
        for line in _read(f"/proc/{pid}/task/{thread}/status").splitlines():
            if b"ctxt_switches:" in line:
                total += int(line.split()[1])
    return total


def reap_all():
    """Waits until every process below the bench has ended."""
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def reap_ended():
    """Reaps what has ended; true where nothing is left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return True
    return False


def end_all():
    """Kills everything below the bench, by pid, until nothing is left."""
    for _ in range(END_ROUNDS_MAX):
        for pid in below(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        if reap_ended():
            return
        time.sleep(0.02)
    raise RuntimeError("processes below the bench do not end: " + str(below(os.getpid())))
