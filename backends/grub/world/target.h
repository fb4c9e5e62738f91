/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

/* What GRUB was built for. Its modules lie in CPU-PLATFORM/ beside grub.cfg. */
struct grub_target {
	const char *cpu, *platform; /* $grub_cpu, $grub_platform */
};

/*
 * The GRUB that runs on this machine. config: a grub.cfg, whose folder may tell among several. 0, or
 * negative when it cannot be told; *ret is set in any case.
 */
int grub_target_find(struct ka_host *host, const char *config, struct grub_target *ret)
	_must_check_;
/* Does a GRUB for this machine with this module lie beside config? 1, 0, negative: cannot be told. */
int grub_target_has_module(struct ka_host *host, const char *config, const char *module)
	_must_check_;
