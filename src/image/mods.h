/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/program.h>

#include "image/pe.h"

/*
 * ka_program_identify() of the bytes that a reader has; ret is KA_PROGRAM_UNKNOWN before. 0: read; negative: it
 * cannot be.
 */
int ka_program_parse(const struct ka_reader *reader, struct ka_program *ret) _must_check_;

/*
 * GRUB's section "mods": the objects that grub-mkimage packed into the program (struct
 * grub_module_info32 and _info64 of include/grub/kernel.h): modules, a memdisk, a configuration, the
 * prefix. 0: ret has them and is GRUB; -EBADMSG: it is no such section, or a damaged one; else it
 * cannot be read.
 */
int ka_mods_read(const struct ka_reader *reader, const struct ka_pe_section *section,
		 struct ka_program *ret) _must_check_;
