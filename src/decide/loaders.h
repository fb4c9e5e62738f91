/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

#include "decide/selection.h"

/*
 * Which loader started this machine, by its own traces, and which loaders have left configuration
 * on its disks: for naming a loader that no backend of this version reads, so that an answer from
 * elsewhere is never mistaken for the loader's.
 *
 * Adds a warning "loader-not-read" to the menu for each loader that has left traces and that no
 * backend has found the configuration of. The selection has its backend in charge.
 */
void ka_loaders_report(struct ka_host *host, struct ka_selection *selection);
