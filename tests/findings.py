#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The table of findings (include/kexec-any/findings.def) against the code that reports them and the tests.

Rows are sorted, named after their ids and have a text for the manual. The code names findings by the table
alone, each row is reported somewhere with the severities it promises and no others, and a test names it.
Prints what is not so; exit status 1 then.
"""
import os
import re
import subprocess
import sys

TABLE = "include/kexec-any/findings.def"
SEVERITIES = {"ERROR", "WARNING", "INFO"}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files(*patterns):
    return subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
                          check=True, capture_output=True, text=True).stdout.split()


def rows():
    """(name, id, what it may be, the text above it) of each row."""
    pattern = r"(?:/\*((?:[^*]|\*(?!/))*)\*/\n)?^KA_FINDING\((\w+), \"([^\"]*)\", ([A-Z| ]+)\)$"
    return [(m[2], m[3], set(m[4].split(" | ")), (m[1] or "").strip())
            for m in re.finditer(pattern, read(TABLE), re.M)]


def judge_table(table):
    if len(table) != len(re.findall(r"^KA_FINDING", read(TABLE), re.M)):
        yield "a row is not KA_FINDING(NAME, \"id\", SEVERITY | … | FINAL) on one line"
    if [row[1] for row in table] != sorted({row[1] for row in table}):
        yield "rows are not sorted by id, or an id stands there twice"
    for name, ident, how, text in table:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", ident) or name != ident.upper().replace("-", "_"):
            yield f"{ident}: not words with dashes, or its name is not {ident.upper().replace('-', '_')}"
        if not how & SEVERITIES or how - SEVERITIES - {"FINAL"}:
            yield f"{ident}: which severity it has is not said by ERROR, WARNING, INFO and FINAL"
        if "FINAL" in how and "ERROR" not in how:
            yield f"{ident}: final, and never an error"
        if not text:
            yield f"{ident}: no text for the manual above it"


def judge_code(table, code):
    """What a report says of its severity is compared; an id that is handed on may have any."""
    said, direct, used = {}, {}, {}
    for how, name in re.findall(r"\b(?:ka_report|grub_complain)\([^,;]+,([^,;]*),\s*KA_ID_(\w+)", code):
        words = re.findall(r"\bKA_(ERROR|WARNING|INFO)\b", how)
        said.setdefault(name, set()).update(words)
        direct[name] = direct.get(name, 0) + bool(words)
    for asked, name in re.findall(r"(== |ka_findings_have\([^,;]+, )?\bKA_ID_(\w+)", code):
        used[name] = used.get(name, 0) + (not asked)
    for name, ident, how, _ in table:
        if not used.get(name):
            yield f"{ident}: nothing reports it"
        for severity in said.get(name, set()) - how:
            yield f"{ident}: reported as {severity}, which the table does not say"
        if used.get(name, 0) == direct.get(name, 0):
            for severity in (how & SEVERITIES) - said.get(name, set()):
                yield f"{ident}: never reported as {severity}"


def main():
    table = rows()
    complaints = list(judge_table(table))
    sources = files("src/*.[ch]", "backends/*.[ch]")
    complaints += judge_code(table, "\n".join(read(path) for path in sources))

    # "rescue" is a word of the kernel's command line too: an id of one word cannot be told from others.
    ids = {row[1] for row in table if "-" in row[1]}
    for path in sources:
        for number, line in enumerate(read(path).splitlines(), 1):
            for word in set(re.findall(r'"([a-z0-9-]+)"', line)) & ids:
                complaints.append(f'{path}:{number}: "{word}" instead of its name in {TABLE}')

    known = set()
    for path in files("tests/*", "fixtures/*/expected.json"):
        if not path.startswith("tests/fuzz/corpus/") and not os.path.islink(path):
            known.update(re.findall(r"\bKA_ID_\w+|[a-z0-9]+(?:-[a-z0-9]+)*", read(path)))
    complaints += [f"{ident}: no test names it" for name, ident, _, _ in table
                   if not {ident, f"KA_ID_{name}"} & known]

    if len(re.findall(r"^@FINDINGS@$", read("docs/kexec-any-findings.7.scd"), re.M)) != 1:
        complaints.append("the manual has no line @FINDINGS@, or several")
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
