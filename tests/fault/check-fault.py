#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""make check-fault: every allocation and every system call of a run fails once, one at a time.

Looked at: --list, --check and --dry-run of captured machines, and --load and a restart on the same
machines as live ones (in a change root, where the calls that load, unload and jump are answered by
strace and recorded). A run may end with a message and an exit status that is not 0; it may say less,
if it says so. It must not crash or hang, print another answer with the undisturbed run's exit status,
leave a kernel loaded that it did not report as such, or leave half of what the loader would write.

    BUILD          where the program is (build)
    FAULT_STEP     only every so-manieth failure (1: all)
    arguments      only these fixtures or commands
    FAULT_PROGRAM  another program than $BUILD/kexec-any

The last line is "N passed, N failed, N skipped".
"""
import collections
import concurrent.futures
import glob
import hashlib
import json
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.environ.get("BUILD", "build")
PROGRAM = os.path.abspath(os.environ.get("FAULT_PROGRAM", f"{BUILD}/kexec-any"))
PRELOAD = os.path.abspath(f"{BUILD}/tests/fail-allocation.so")
STEP = int(os.environ.get("FAULT_STEP", "1"))
JOBS = os.cpu_count() or 1
TIMEOUT = 60

# One fixture for each backend, and what its commands are given: an entry that passes the checks.
FIXTURES = {
    "real-debian-grub-next": [],
    "bls-sd-boot": ["--entry=7d3f0a3c5b1e4c6f9a2d8e7b60514233-6.12.48+deb13-amd64"],
    "nixos": [],
    "debian-12": [],
}
# A fixture that has the heads of its kernels alone gets whole ones.
CUT = {"real-debian-grub-next"}
KERNELS = {"/boot/vmlinuz-*": "fixtures/debian-12/root/boot/vmlinuz-6.1.0-56-amd64",
           "/boot/initrd.img-*": "fixtures/debian-12/root/boot/initrd.img-6.1.0-56-amd64"}
CAPTURED = {"list": ["--list", "--json"], "check": ["--check", "--json"], "dry-run": ["--dry-run", "--json"]}
RECORD = "/run/kexec-any.restart"
LIVE = {"load": ["--load"], "restart": ["--immediate"]}

# What each call is made to fail with; the rest of the calls that occur fail with EIO alone.
ERRORS = {
    "openat": ["EIO", "EACCES", "ENOMEM"], "openat2": ["EIO", "EACCES", "ENOMEM"],
    "newfstatat": ["EIO", "EACCES"], "readlinkat": ["EIO", "EACCES"],
    "read": ["EIO", "EINTR"], "pread64": ["EIO", "EINTR"], "write": ["EIO", "EINTR", "ENOSPC"],
    "mmap": ["ENOMEM"],
}
# Nobody can act on their failure, or strace answers them itself; and a brk(2) that fails returns the old end, not
# an error.
LEFT_ALONE = {"brk", "mprotect", "exit_group", "close", "munmap", "kexec_file_load", "reboot", "execve", "rt_sigprocmask",
              "rt_sigaction", "rt_sigreturn", "+++", "---"}

Outcome = collections.namedtuple("Outcome", "status stdout stderr calls state")


def tree_state(top):
    """What lies below a folder, for finding out whether anything was written."""
    rows = []
    for folder, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                rows.append((path[len(top):], os.readlink(path)))
            elif os.path.isfile(path):
                with open(path, "rb") as f:
                    rows.append((path[len(top):], hashlib.sha256(f.read()).hexdigest()))
            else:
                rows.append((path[len(top):], "folder"))
    return dict(rows)


def libraries_of(program):
    """The shared libraries a program needs, and those this one opens later."""
    out = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    found = set(re.findall(r"(/\S+\.so\S*)", out))
    folder = os.path.dirname(next(p for p in found if "/libc.so" in p))
    for path in glob.glob("src/*/*.[ch]"):
        with open(path, encoding="utf-8") as f:
            for name in re.findall(r'"(lib[a-z0-9]+\.so\.[0-9.]+)"', f.read()):
                if os.path.exists(f"{folder}/{name}"):
                    found |= {f"{folder}/{name}"} | set(re.findall(
                        r"(/\S+\.so\S*)", subprocess.run(["ldd", f"{folder}/{name}"], check=True, capture_output=True,
                                                         text=True).stdout))
    return found


class Machine:
    """A captured machine, as it is or made a root to change into."""

    def __init__(self, fixture, work, live):
        self.live = live
        self.root, self.log = f"{work}/root", f"{work}/log"
        os.makedirs(work)
        subprocess.run(["cp", "-a", f"fixtures/{fixture}/root", self.root], check=True)
        for pattern, source in KERNELS.items():
            for path in glob.glob(self.root + pattern) if fixture in CUT else []:
                shutil.copy(source, path)
        if live:
            self.make_live()
        self.before = tree_state(self.root)
        self.watched = {p for p, what in self.before.items() if what != "folder" and re.search("grubenv|efivars/", p)}

    def make_live(self):
        tools = [PROGRAM, PRELOAD, shutil.which("strace")]
        for path in {lib for tool in tools for lib in libraries_of(tool)}:
            os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
            shutil.copy(path, self.root + path)
        for tool in tools:
            shutil.copy(tool, f"{self.root}/{'kexec-any' if tool == PROGRAM else os.path.basename(tool)}")
        os.makedirs(f"{self.root}/dev", exist_ok=True)
        os.makedirs(f"{self.root}/tmp", exist_ok=True)
        if not os.path.exists(f"{self.root}/dev/null"):
            os.mknod(f"{self.root}/dev/null", 0o20666, os.makedev(1, 3))
        # Where a captured machine has names alone, a live one has nodes.
        nodes = {os.path.normpath(os.path.join(os.path.dirname(p), os.readlink(p)))
                 for p in glob.glob(f"{self.root}/dev/disk/*/*") if os.path.islink(p)}
        with open(f"{self.root}/proc/self/mountinfo", encoding="utf-8") as f:
            nodes |= {self.root + word for word in f.read().split() if word.startswith("/dev/") and "/" not in word[5:]}
        for path in sorted(n for n in nodes if not os.path.exists(n)):
            self.put(path[len(self.root):], b"")
        self.put("/sys/kernel/kexec_loaded", b"1\n")
        self.put("/proc/self/status", b"CapEff:\t000001ffffffffff\nSeccomp:\t0\n")

    def put(self, path, data):
        path = self.root + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def command(self, options, strace, fail_at, count):
        name = "/kexec-any" if self.live else PROGRAM
        argv = [name] + ([] if self.live else [f"--root={self.root}"]) + options
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        preload = {}
        if fail_at is not None:
            preload = {"LD_PRELOAD": "/fail-allocation.so" if self.live else PRELOAD, "FAIL_AT": str(fail_at)}
            if count:
                preload["FAIL_COUNT"] = "/tmp/count" if self.live else count
        if self.live:
            strace = strace or ["--seccomp-bpf", "-e", "trace=kexec_file_load,reboot"]
            # strace(1) delivers no signal where a filter tells it which calls to stop at.
            strace = [word for word in strace if word != "--seccomp-bpf" or "--immediate" not in options]
            strace += ["-e", "inject=kexec_file_load:retval=0", "-e", "inject=reboot:retval=0:signal=KILL"]
        if strace:
            argv = (["/strace" if self.live else "strace", "-f", "-qq", "-o", "/tmp/log" if self.live else self.log] +
                    strace + [word for k, v in preload.items() for word in ("-E", f"{k}={v}")] + argv)
        else:
            env |= preload
        return argv, env

    def run(self, options, strace=None, fail_at=None, count=None):
        argv, env = self.command(options, strace, fail_at, count)
        log = f"{self.root}/tmp/log" if self.live else self.log
        try:
            r = subprocess.run(argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT,
                               preexec_fn=(lambda: (os.chroot(self.root), os.chdir("/"))) if self.live else None,
                               check=False)
            status, out, err = r.returncode, r.stdout, r.stderr
        except subprocess.TimeoutExpired:
            status, out, err = "hang", b"", b""
        calls = []
        if os.path.exists(log):
            with open(log, encoding="utf-8", errors="replace") as f:
                calls = f.read().splitlines()
            os.unlink(log)
        return Outcome(status, out, err.decode(errors="replace"), calls, self.watch())

    def watch(self):
        """Of a live machine, what the loader's own state is now; it is put back for the next run."""
        if not self.live:
            return None
        now = {}
        for path in self.watched:
            try:
                with open(self.root + path, "rb") as f:
                    now[path] = f.read()
            except FileNotFoundError:
                now[path] = None
        for path, data in now.items():
            if data is None or hashlib.sha256(data).hexdigest() != self.before[path]:
                self.put(path, self.original[path])
        # The record of a restart that did not happen would stop the next run.
        if os.path.exists(self.root + RECORD):
            os.unlink(self.root + RECORD)
        return now

    @property
    def original(self):
        if not hasattr(self, "_original"):
            self._original = {}
            for path in self.watched:
                with open(self.root + path, "rb") as f:
                    self._original[path] = f.read()
        return self._original

    def left_over(self):
        """Files that were made, changed or removed, but for this test's own."""
        own = ("/run/kexec-any.lock", "/tmp", "/kexec-any", "/strace", "/fail-allocation.so")
        now = tree_state(self.root)
        return sorted(p for p in set(now) | set(self.before)
                      if now.get(p) != self.before.get(p) and not p.startswith(own))


# --- what a run says, compared with what the undisturbed one says

def serious(findings):
    return {(f["id"], f["path"]) for f in findings if f["severity"] != "info"}


def judge_entry(entry, base, doubts):
    """Is this another entry than the undisturbed run's? It may lack what it says it lacks."""
    new = serious(entry["problems"]) - serious(base["problems"])
    for key in ("kernel", "initrd", "cmdline", "linux", "devicetree", "type", "version", "title"):
        if entry[key] == base[key]:
            continue
        # What is for people alone may be poorer, where something is said to be missing.
        if (new or doubts) and (not entry[key] or key in ("title", "version")):
            continue
        if new and not entry["bootable"]:
            continue
        return f"{base['id']}: {key} is {entry[key]!r}, not {base[key]!r}"
    if entry["bootable"] and not base["bootable"]:
        return f"{base['id']} is bootable now"
    if not entry["bootable"] and base["bootable"] and not (new or doubts):
        return f"{base['id']} is not bootable, and nothing says why"
    return None


def judge_list(doc, base):
    new = serious(doc["problems"]) - serious(base["problems"])
    if doc["default"] != base["default"] and not (doc["default"] is None and (doc["undecided"] or new)):
        return f"the default is {doc['default']!r}"
    theirs = {e["id"]: e for e in base["entries"]}
    for entry in doc["entries"]:
        if entry["id"] not in theirs:
            # Another loader's, where the one in charge cannot be read: nothing of it is the default.
            if doc["undecided"] and new:
                continue
            return f"a new entry {entry['id']!r}"
        why = judge_entry(entry, theirs[entry["id"]], new)
        if why:
            return why
    if len(doc["entries"]) < len(theirs) and not new and not doc["undecided"]:
        return "entries are missing, and nothing says so"
    for candidate, other in zip(doc["backends"], base["backends"]):
        if candidate["present"] != other["present"] and candidate["present"] is False and not new:
            return f"{candidate['name']} is absent now"
    return None


def judge_one(doc, base):
    new = {f["id"] for f in doc["findings"]} - {f["id"] for f in base["findings"]}
    if doc["entry"]["id"] != base["entry"]["id"]:
        return f"another entry: {doc['entry']['id']!r}"
    why = judge_entry(doc["entry"], base["entry"], new)
    if why:
        return why
    lost = {f["id"] for f in base["findings"] if f["severity"] != "info"} - {f["id"] for f in doc["findings"]}
    if lost and not new:
        return f"not found any more: {', '.join(sorted(lost))}"
    for key in ("kernel", "kernelBytes", "initrdBytes", "cmdline", "commits", "loader"):
        if doc.get(key) != base.get(key) and not new:
            return f"{key} is {doc.get(key)!r}, not {base.get(key)!r}"
    if doc.get("verdict") != base.get("verdict") and not new and not lost:
        return f"the verdict is {doc.get('verdict')!r}"
    return None


def judge_captured(command, run, base):
    """The kind of outcome, and what is wrong with it."""
    if run.status != base.status:
        return ("ended", None) if run.stderr or run.stdout else ("silent", "an error without a message")
    if run.stdout == base.stdout:
        return ("same", None)
    try:
        doc, other = json.loads(run.stdout), json.loads(base.stdout)
    except ValueError:
        return ("bad JSON", run.stdout[-200:].decode(errors="replace"))
    try:
        why = judge_list(doc, other) if command == "list" else judge_one(doc, other)
    except (KeyError, TypeError) as e:
        why = f"keys are missing: {e}"
    return ("other answer", why) if why else ("less certain", None)


def loads(run):
    """The calls that load and unload, in order: their command lines, None for an unload."""
    done = []
    for line in run.calls:
        m = re.search(r'kexec_file_load\((-?\d+), (-?\d+), \d+, (.*), (\S+)\) = 0', line)
        if m:
            done.append(None if "UNLOAD" in m.group(4) else m.group(3))
    return done


def judge_live(run, base):
    jumped = any("reboot(" in line for line in run.calls)
    done, wanted = loads(run), loads(base)
    if jumped or run.status == 0:
        if done != wanted or run.state != base.state:
            return ("other answer", f"loads {done}, not {wanted}, or another state of the loader")
        return ("same", None)
    if done and done[-1] is not None:
        return ("left loaded", run.stderr)
    if any(data != base_data for data, base_data in zip(run.state.values(), run.original.values())):
        return ("half-written", run.stderr)
    return ("ended", None) if run.stderr else ("silent", "an error without a message")


Live = collections.namedtuple("Live", Outcome._fields + ("original",))


def judge(machine, command, run, base):
    if run.status == "hang":
        return ("hang", None)
    jumped = any("reboot(" in line for line in run.calls)
    if isinstance(run.status, int) and (run.status < 0 or run.status > 100) and not (jumped and run.status == -9):
        # The dynamic linker ends so when it cannot map a library.
        if run.status == 127 and "error while loading shared libraries" in run.stderr:
            return ("ended", None)
        return ("crash", f"status {run.status}: {run.stderr[-300:]}")
    if machine.live:
        original = {p: machine.original[p] for p in run.state}
        return judge_live(Live(*run, original), base)
    return judge_captured(command, run, base)


# --- every failure of a run

def count_allocations(machine, options):
    path = f"{machine.root}/tmp/count" if machine.live else f"{machine.log}.count"
    machine.run(options, fail_at=0, count=path)
    with open(path, encoding="utf-8") as f:
        n = int(f.read())
    os.unlink(path)
    return n


def calls_of(machine, options):
    """(name, which) of every call from the first of the program's own, which opens the root."""
    lines = machine.run(options, strace=["-e", "trace=all"]).calls
    main = lines[0].split(None, 1)[0]
    names = [(line.split(None, 1)[0], re.split(r"[( ]", line.split(None, 1)[1], maxsplit=1)[0]) for line in lines]
    root = re.escape("/" if machine.live else machine.root)
    start = next(i for i, line in enumerate(lines) if re.search(rf'openat\(AT_FDCWD, "{root}", \S*O_PATH', line))
    counts = collections.Counter()
    found = []
    for i, (pid, name) in enumerate(names):
        if pid != main or name in LEFT_ALONE or not re.fullmatch(r"[a-z0-9_]+", name):
            continue
        counts[name] += 1
        if i >= start:
            found.append((name, counts[name]))
    return found


def failures_of(machine, options):
    """All of them: (kind, how to run)."""
    for n in range(1, count_allocations(machine, options) + 1):
        yield "memory", f"allocation {n}", {"fail_at": n}
    for name, n in calls_of(machine, options):
        for error in ERRORS.get(name, ["EIO"]):
            traced = f"trace={name}" + (",kexec_file_load,reboot" if machine.live else "")
            yield "calls", f"{name} {n} {error}", {
                "strace": ["--seccomp-bpf", "-e", traced, "-e", f"inject={name}:error={error}:when={n}"]}


KINDS = ["same", "less certain", "ended", "crash", "hang", "bad JSON", "other answer", "silent", "left loaded",
         "half-written", "written"]
GOOD = {"same", "less certain", "ended"}


def run_all(fixture, command, options, live, work, report):
    machines = [Machine(fixture, f"{work}/{fixture}-{command}-{i}", live) for i in range(JOBS)]
    for machine in machines:
        _ = machine.live and machine.original
    base = machines[0].run(options)
    counts = {"memory": collections.Counter(), "calls": collections.Counter()}
    if base.status not in (0, 4, -9):
        report(fixture, command, "undisturbed", "crash", f"status {base.status}: {base.stderr}")
        counts["memory"]["crash"] += 1
        return counts
    free = queue.SimpleQueue()
    for machine in machines:
        free.put(machine)

    def one(item):
        kind, what, how = item
        machine = free.get()
        try:
            outcome, why = judge(machine, command, machine.run(options, **how), base)
        finally:
            free.put(machine)
        if outcome not in GOOD:
            report(fixture, command, what, outcome, why)
        return kind, outcome

    todo = list(failures_of(machines[0], options))[::STEP]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for kind, outcome in pool.map(one, todo):
            counts[kind][outcome] += 1
    for machine in machines:
        for path in machine.left_over():
            report(fixture, command, "any", "written", path)
            counts["calls"]["written"] += 1
    return counts


def main():
    if os.geteuid() != 0:
        print("not ok - the machines that are live are change roots, which only root can make")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    work = tempfile.mkdtemp(prefix="kexec-any-fault-")
    failed = passed = 0
    rows = []

    def report(fixture, command, what, outcome, why):
        print(f"not ok - {fixture} {command}: {what}: {outcome}" + (f": {why}" if why else ""), flush=True)

    only = sys.argv[1:]
    try:
        for fixture, given in FIXTURES.items():
            for command, options in (CAPTURED | LIVE).items():
                if only and fixture not in only and command not in only:
                    continue
                options = options + (given if command != "list" else [])
                counts = run_all(fixture, command, options, command in LIVE, work, report)
                for kind, counter in counts.items():
                    rows.append((fixture, command, kind, counter))
                    failed += sum(n for k, n in counter.items() if k not in GOOD)
                    passed += sum(n for k, n in counter.items() if k in GOOD)
    finally:
        shutil.rmtree(work)
    print(f"{'fixture':<24}{'command':<9}{'fails':<8}" + "".join(f"{k:>13}" for k in ["made to fail"] + KINDS))
    for fixture, command, kind, counter in rows:
        print(f"{fixture:<24}{command:<9}{kind:<8}{sum(counter.values()):>13}" +
              "".join(f"{counter[k] or '-':>13}" for k in KINDS))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
