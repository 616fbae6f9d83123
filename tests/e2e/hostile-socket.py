#!/usr/bin/env python3
"""What strangers may write to the socket: garbage, half messages, huge ones, a thousand connections,
clients that hang up or never read. Each costs its own connection, never the daemon."""

import contextlib
import json
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from story import Client, Daemon, check, equal, say, until, wait_for  # noqa: E402

# A sanitizer keeps what was freed: far above what that comes to.
ENGINE_KB_MAX = 400_000

daemon = Daemon("""
[program:web]
command=sleep 1000
startsecs=0

[program:chatty]
command=seq 1 200000
autorestart=false
startsecs=0
stdout_logfile=%(here)s/chatty.log
""")


def answers():
    with Client(daemon) as client:
        return client.call("org.muster.Process.IsAlive", name="web") == {"alive": True}


def error_of(reply):
    return reply.get("error"), reply.get("parameters")


def closed_by_daemon(client):
    """The daemon hangs up, with or without a last answer."""
    with contextlib.suppress(ConnectionError):
        while client.socket.recv(65536):
            pass
    return True


def raw(data):
    """Bytes as they are; true where the daemon then hangs up on us, and is there for others."""
    with Client(daemon) as client:
        with contextlib.suppress(ConnectionError):
            client.socket.sendall(data)
        return closed_by_daemon(client) and answers()


with daemon:
    wait_for("web runs", answers)

    say("garbage ends the connection that it came on")
    for data in (b"\0", b"hello\0", b"{}\0", b"[]\0", b"null\0", b'{"method":1}\0', b'{"method":"x"\0',
                 b"\xff\xfe\0", b'{"method":"a.b","parameters":[]}\0', os.urandom(4096) + b"\0",
                 b'{"method":"' + b"a" * 100000 + b'"\0', b"[" * 100000 + b"\0", b'{"method":"a.b","parameters":{"name":"web\\u0000"}}\0',
                 b'{"a":' * 50000 + b"1" + b"}" * 50000 + b"\0"):
        check(f"{data[:40]!r} ({len(data)} bytes)", raw(data))

    say("a message of 10 MB is refused before it is read to its end")
    check("with an end", raw(b'{"method":"' + b"x" * 10_000_000 + b'"}\0'))
    check("without an end", raw(b"x" * 10_000_000))

    say("half a message, and then nothing, or the end")
    with Client(daemon) as half:
        half.socket.sendall(b'{"method":"org.muster.Process.IsAl')
        check("others are served meanwhile", answers())
        half.socket.sendall(b'ive","parameters":{"name":"web"}}\0')
        equal(half.receive(), {"parameters": {"alive": True}})
        half.socket.sendall(b'{"method":')
    check("and when it has gone", answers())

    say("a byte at a time")
    with Client(daemon) as slow:
        for byte in b'{"method":"org.muster.Process.IsAlive","parameters":{"name":"web"}}\0':
            slow.socket.sendall(bytes([byte]))
        equal(slow.receive(), {"parameters": {"alive": True}})

    say("what does not exist is named, and the connection goes on")
    with Client(daemon) as client:
        equal(error_of(client.ask("org.nowhere.Thing")),
              ("org.varlink.service.InterfaceNotFound", {"interface": "org.nowhere"}))
        equal(error_of(client.ask("org.muster.Process.Fly")),
              ("org.varlink.service.MethodNotFound", {"method": "org.muster.Process.Fly"}))
        equal(client.ask("nonsense").get("error") is not None, True)
        equal(error_of(client.ask("org.muster.Process.IsAlive", name="nobody")),
              ("org.muster.Process.NoSuchProcess", {"name": "nobody"}))
        equal(client.call("org.muster.Process.IsAlive", name="web"), {"alive": True})

    say("wrong types, missing and unknown parameters are told by name")
    with Client(daemon) as client:
        for method, parameters, wrong in (
                ("Process.IsAlive", {"name": 1}, "name"), ("Process.IsAlive", {}, "name"),
                ("Process.IsAlive", {"name": None}, "name"), ("Process.Pid", {"name": ["web"]}, "name"),
                ("Process.IsAlive", {"name": "web", "what": 1}, "what"),
                ("Process.Join", {"name": "web", "timeout": "soon"}, "timeout"),
                ("Process.Join", {"name": "web", "timeout": -1}, "timeout"),
                ("Process.Start", {"selectors": "web"}, "selectors"),
                ("Process.Start", {"selectors": [1]}, "selectors"),
                ("Process.Start", {"selectors": ["web"], "wait": "yes"}, "wait"),
                ("Process.Logs", {"selectors": ["web"], "lines": -1}, "lines"),
                ("Process.Logs", {"selectors": ["web"], "lines": 1.5}, "lines"),
                ("Process.Logs", {"selectors": ["web"], "stream": "stdin"}, "stream"),
                ("Manager.Watch", {"types": ["nonsense"]}, "types"),
                ("Manager.Update", {"groups": "web"}, "groups")):
            equal(error_of(client.ask("org.muster." + method, **parameters)),
                  ("org.varlink.service.InvalidParameter", {"parameter": wrong}))

    say("numbers and texts at the edges")
    with Client(daemon) as client:
        equal(client.call("org.muster.Process.Join", name="web", timeout=0)["alive"], True)
        client.send("org.muster.Process.Join", name="web", timeout=1e300)
        client.send("org.muster.Manager.Cancel", oneway=True)
        equal(client.receive()["parameters"]["alive"], True)
        for name in ("", "a" * 500_000, "\ud7ff", "../../etc/passwd", "web\n", "*", "[", "%s%n"):
            reply = client.ask("org.muster.Process.IsAlive", name=name)
            check(f"{name[:20]!r} gives an error", "error" in reply)
        check("many selectors", "error" in client.ask("org.muster.Process.Start", selectors=["x"] * 60000))
        equal(client.call("org.muster.Process.IsAlive", name="web"), {"alive": True})

    say("calls in a row are answered in a row, and a wait holds back only its own connection")
    with Client(daemon) as client:
        for _ in range(500):
            client.send("org.muster.Process.IsAlive", name="web")
        client.send("org.muster.Process.Join", name="web", timeout=0.2)
        client.send("org.muster.Process.ExitCode", name="web")
        check("others are served meanwhile", answers())
        for _ in range(500):
            assert client.receive() == {"parameters": {"alive": True}}
        equal(client.receive()["parameters"]["alive"], True)
        check("the one after the wait comes last", "parameters" in client.receive())

    say("clients that hang up in the middle of a wait")
    before = daemon.descriptors()
    for _ in range(100):
        with Client(daemon) as client:
            client.send("org.muster.Process.Join", name="web")
        with Client(daemon) as client:
            client.send("org.muster.Manager.Watch", more=True)
        with Client(daemon) as client:
            client.send("org.muster.Process.Logs", more=True, selectors=["all"], follow=True)
    check("the daemon goes on", answers())
    wait_for("their descriptors are given back", lambda: daemon.descriptors() <= before)

    say("one that goes away while it is told the outcome of its call")
    with Client(daemon) as client:
        client.send("org.muster.Process.Restart", selectors=["web"])
    wait_for("the work is done all the same", answers)

    say("one that asks and never reads is held back or closed, and costs no memory")
    wait_for("the log is there", lambda: daemon.size("chatty.log") > 1_000_000)
    with Client(daemon) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.socket.settimeout(1)
        ask = json.dumps({"method": "org.muster.Process.List"}).encode() + b"\0"
        with contextlib.suppress(ConnectionError, TimeoutError):
            while daemon.engine_kb() < ENGINE_KB_MAX:
                client.socket.sendall(ask * 1000)
        check("the engine has not grown", daemon.engine_kb() < ENGINE_KB_MAX)
        check("and serves others", answers())

    say("a thousand connections")
    with contextlib.ExitStack() as stack:
        held = []
        for _ in range(1000):
            try:
                held.append(stack.enter_context(Client(daemon)))
            except OSError:
                break
        served = refused = 0
        for client in held:
            try:
                client.send("org.muster.Process.IsAlive", name="web")
                served += client.receive() == {"parameters": {"alive": True}}
            except (ConnectionError, EOFError):
                refused += 1
        check(f"some are served: {served}", served > 0)
        check(f"each is served or closed: {refused}", served + refused == len(held))
    wait_for("and when they have gone, everybody is", answers)
    wait_for("their descriptors are given back", lambda: daemon.descriptors() <= before)

    say("a log is read to its last lines")
    with Client(daemon) as client:
        reply = client.call("org.muster.Process.Logs", selectors=["chatty"], lines=2)
        equal([line["data"] for line in reply["lines"]], ["199999\n", "200000\n"])

    say("the engine is still the first")
    equal(daemon.status()["engine_starts"], 1)
