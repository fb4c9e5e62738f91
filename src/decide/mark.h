/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/entry.h>
#include <kexec-any/host.h>

/*
 * Say of each entry whether its kernel is the very build that runs now. Only kernels that can be it are
 * opened: on a machine with hundreds of entries the names in /boot tell most of them apart.
 */
int ka_mark_running(struct ka_host *host, struct ka_menu *menu) _must_check_;
