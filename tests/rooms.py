#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The rooms of the house (HACKING.md): who includes whom.

Reads the tables of rooms in HACKING.md, lowest first, and every #include "…" of src/ and backends/. A
file may include headers of its own room and of lower ones, a backend outside of the tables its own
alone, and no files include each other in a circle. Prints what breaks a rule; exit status 1 then.
"""
import os
import re
import subprocess
import sys

HACKING = "HACKING.md"


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def rooms_in_order():
    rows = re.findall(r"^\| `((?:src|backends)/[a-z0-9/]*)/` \|", read(HACKING), re.M)
    return {room: rank for rank, room in enumerate(rows)}


def resolve(path, name):
    """The file that #include "name" of path means: beside it, or below src/ or its backend."""
    tops = ["src"] if path.startswith("src/") else ["/".join(path.split("/")[:2])]
    for folder in [os.path.dirname(path)] + tops:
        found = os.path.normpath(os.path.join(folder, name))
        if os.path.exists(found):
            return found
    return None


def judge(path, target, ranks):
    """Why path may not include target, or None."""
    room, other = os.path.dirname(path), os.path.dirname(target)
    if room == other:
        return None
    if room not in ranks or other not in ranks:
        return f"{other or target} is no room of HACKING.md that {room} may see"
    if room.split("/")[0] != other.split("/")[0]:
        return "a backend sees include/ alone, and nobody sees into a backend"
    if ranks[other] > ranks[room]:
        return f"{room} lies below {other}"
    return None


def find_circle(edges):
    """A circle among units (x.c and x.h are one), as a list of them; empty: there is none."""
    done, on_way = set(), []

    def visit(unit):
        if unit in on_way:
            return on_way[on_way.index(unit):] + [unit]
        if unit in done:
            return []
        on_way.append(unit)
        for other in sorted(edges.get(unit, ())):
            circle = visit(other)
            if circle:
                return circle
        on_way.pop()
        done.add(unit)
        return []

    for unit in sorted(edges):
        circle = visit(unit)
        if circle:
            return circle
    return []


def main():
    ranks = rooms_in_order()
    files = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "src", "backends"],
                           check=True, capture_output=True, text=True).stdout.split()
    complaints, edges = [], {}
    for room in sorted(r for r in ranks if not os.path.isdir(r)):
        complaints.append(f"{HACKING}: there is no {room}/")
    for path in (f for f in files if f.endswith((".c", ".h")) and os.path.exists(f)):
        if path.startswith("src/") and os.path.dirname(path) not in ranks:
            complaints.append(f"{path}: its room is not in {HACKING}")
        for name in re.findall(r'^#include "([^"]+)"', read(path), re.M):
            target = resolve(path, name)
            why = judge(path, target, ranks) if target else "no such file in src/ or this backend"
            if why:
                complaints.append(f'{path}: includes "{name}": {why}')
            elif path[:-2] not in (target[:-2], target[:-2] + "-internal"):
                edges.setdefault(path[:-2], set()).add(target[:-2])
    circle = find_circle(edges)
    if circle:
        complaints.append("a circle of includes: " + " -> ".join(circle))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
