/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/diag.h>
#include <kexec-any/host.h>

/*
 * Which loader started this machine, by its own traces, and which loaders have left configuration
 * on its disks: for naming a loader that no backend of this version reads, so that an answer from
 * elsewhere is never mistaken for the loader's.
 *
 * in_charge: name of the backend whose answer is taken. Adds a warning "loader-not-read" for each
 * loader that has no backend and is more than a guess.
 */
int ka_loaders_report(struct ka_host *host, const char *in_charge, struct ka_findings *problems)
	_must_check_;
