/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/reader.h"

#include <kexec-any/program.h>

/*
 * What a BIOS starts from a disk, told by the bytes of its first sector, of the partition that this sector goes on
 * to, and of what GRUB has in the gap behind it. 1: a program, of a kind that may be KA_PROGRAM_UNKNOWN; 0: nothing
 * starts from there; negative: the disk cannot be read.
 */
int ka_boot_code_read(const struct ka_reader *disk, enum ka_program_kind *ret) _must_check_;
