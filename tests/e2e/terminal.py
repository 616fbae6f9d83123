#!/usr/bin/env python3
"""Processes that have a terminal, and `muster fg` on one: keys go in, the screen comes out, and our own
terminal is afterwards what it was."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from story import BUILD, WAIT_SECONDS, Client, Daemon, check, equal, say, wait_for  # noqa: E402

MUSTER = os.path.join(BUILD, "muster")

daemon = Daemon("""
[program:sh]
command=sh -i
environment=PS1="ps> ",ENV=""
tty=true
autorestart=false
startsecs=0

[program:flood]
command=sh -c 'seq 1 20000; exec sleep 1000'
tty=true
startsecs=0
""")


def muster(*words):
    return subprocess.run([MUSTER, "-s", daemon.socket_path, *words], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL)


class Screen:
    """muster on a terminal of its own."""

    def __init__(self, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execv(MUSTER, [MUSTER, "-s", daemon.socket_path, *words])
        self.seen = b""

    def type(self, keys):
        os.write(self.fd, keys)

    def shows(self, text):
        """Waits for it, behind what was waited for before."""
        deadline = time.monotonic() + WAIT_SECONDS
        while text not in self.seen:
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                break
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            self.seen += data
        check(f"shows {text!r}", text in self.seen)
        self.seen = self.seen.partition(text)[2]

    def is_raw(self):
        return not termios.tcgetattr(self.fd)[3] & termios.ICANON

    def ends(self, status):
        equal(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), status)


def logged(name):
    with Client(daemon) as client:
        listed = client.call("org.muster.Process.List", selectors=[name])["processes"][0]
    with open(listed["stdout_logfile"], newline="") as file:
        return file.read()


with daemon:
    say("it has a terminal, and a session of its own")
    screen = Screen("fg", "sh")
    screen.shows(b"ps> ")
    check("our terminal is raw", screen.is_raw())
    screen.type(b"echo $((6*7)); stty size; ps -o pid= -o sid= -o tpgid= -p $$\r")
    screen.shows(b"42\r\n24 80\r\n")
    screen.shows(b"ps> ")
    pid, session, foreground = re.findall(r"^ *(\d+) +(\d+) +(\d+)\r$", logged("sh"), re.M)[0]
    equal(session, pid)
    equal(pid, muster("pid", "sh").stdout.strip())

    say("what is typed is typed there, Ctrl-C too")
    screen.type(b"sleep 1000\r")
    wait_for("it runs", lambda: b"sleep" in subprocess.run(
        ["ps", "-o", "args=", "--ppid", pid], stdout=subprocess.PIPE).stdout)
    screen.type(b"\x03")
    screen.shows(b"^C")
    screen.shows(b"ps> ")
    check("it is the same", muster("pid", "sh").stdout.strip() == pid)

    say("the key that leaves it")
    screen.type(b"\x1d")
    screen.ends(0)
    check("our terminal is as before", not screen.is_raw())
    equal(muster("is-alive", "sh").returncode, 0)

    say("our terminal is as before also where we are ended")
    screen = Screen("fg", "-n", "0", "sh")
    wait_for("it is raw", screen.is_raw)
    os.kill(screen.pid, signal.SIGTERM)
    screen.ends(-signal.SIGTERM)
    check("our terminal is as before", not screen.is_raw())

    say("the engine is killed: the same terminal goes on")
    screen = Screen("fg", "-n", "0", "sh")
    wait_for("it is raw", screen.is_raw)
    engine = daemon.status()["engine_pid"]
    os.kill(engine, signal.SIGKILL)
    wait_for("another engine", lambda: daemon.status()["engine_pid"] != engine)
    # What is typed into the gap is lost with the connection: so until it was taken.
    wait_for("it takes keys", lambda: (screen.type(b"echo $((7*8))\r"), "56\r\n" in logged("sh"))[1])
    screen.shows(b"56\r\n")
    equal(muster("pid", "sh").stdout.strip(), pid)

    say("its end is ours")
    screen.type(b"\rexit 7\r")
    screen.ends(7)
    check("our terminal is as before", not screen.is_raw())

    say("no byte is lost where much is written")
    wait_for("all of it", lambda: "20000\r\n" in logged("flood"))
    equal(logged("flood"), "".join(f"{i}\r\n" for i in range(1, 20001)))

    say("it may be started again on the same terminal")
    muster("stop", "flood")
    muster("clear", "flood")
    muster("start", "flood")
    wait_for("all of it", lambda: logged("flood").endswith("20000\r\n"))

    say("run with a terminal, as the user's own directory and variables")
    done = muster("run", "--pty", "--wait", "-q", "--name", "three", "--", "sh", "-c",
                  "test -t 0 && test -t 1 && test -t 2 && : </dev/tty && tty && exit 4")
    equal(done.returncode, 4)
    check("it is told", logged("three").startswith("/dev/pts/"))
    screen = Screen("run", "--pty", "--fg", "--name", "cat", "--", "cat")
    wait_for("it is raw", screen.is_raw)
    screen.type("grüß\r".encode())
    screen.shows("grüß\r\ngrüß\r\n".encode())
    screen.type(b"\x00")
    screen.shows(b"^@")
    screen.type(b"\x03")
    screen.ends(130)

    say("without a log it would be stuck")
    done = muster("run", "--pty", "-o", "stdout_logfile=NONE", "cat")
    equal(done.returncode, 1)
    check("it is refused", "stdout_logfile: it must not be NONE" in done.stdout)

    say("fg of a terminal into a file")
    done = subprocess.run([MUSTER, "-s", daemon.socket_path, "run", "--pty", "--fg", "echo", "x"],
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    equal(done.stdout, b"x\r\n")
