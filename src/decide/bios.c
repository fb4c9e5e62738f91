// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first link where no variable names a boot option. Which disk a BIOS starts from is not to be seen, so the
 * boot sectors of several tell only when all that have code have the same loader's. They are for root to read.
 */

#include "decide/bios.h"

#include "image/bootcode.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define DISKS_LIMIT 64

struct found {
	enum ka_program_kind kind;
	char *disk; /* the first that has it; NULL: none */
};

/* A drive without a medium. */
static bool is_empty(struct ka_host *host, const char *name)
{
	_cleanup_free_ char *path = ka_format("/sys/class/block/%s/size", name), *size = NULL;

	return ka_host_read_line(host, path, &size, NULL) == 0 && ka_streq(size, "0");
}

static int read_disk(struct ka_host *host, const char *path, enum ka_program_kind *ret)
{
	_cleanup_close_ int fd = -1;
	struct ka_reader reader;
	off_t size;
	int r = ka_host_open_device(host, path, &fd, NULL);

	if (r < 0)
		return r;
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		return ka_errno();
	reader = (struct ka_reader){ .fd = fd, .size = (uint64_t)size };
	return ka_boot_code_read(&reader, ret);
}

/* 1: all disks with boot code have one kind's; 0: none has any; negative: it cannot be told. */
static int read_disks(struct ka_host *host, struct found *ret)
{
	_cleanup_strv_ char **names = NULL;
	size_t n = 0;
	int r = ka_host_disks(host, &names);

	for (char **p = r == 0 ? names : NULL; p && *p && r >= 0; p++) {
		_cleanup_free_ char *path = ka_format("/dev/%s", *p);
		enum ka_program_kind kind = KA_PROGRAM_UNKNOWN;

		if (is_empty(host, *p))
			continue;
		r = ++n > DISKS_LIMIT ? -E2BIG : read_disk(host, path, &kind);
		if (r <= 0)
			continue;
		if (ret->disk && kind != ret->kind)
			return -ENOTUNIQ;
		ret->kind = kind;
		if (!ret->disk)
			ret->disk = TAKE_PTR(path);
	}
	return r < 0 ? r : ret->disk != NULL;
}

/* GRUB Legacy's sign is GRUB's own, but for BOOT_IMAGE=. */
static bool is_of(enum ka_program_kind kind, const struct ka_running *running)
{
	return running->kind == KA_PROGRAM_UNKNOWN || running->kind == kind ||
	       (kind == KA_PROGRAM_GRUB_LEGACY && running->kind == KA_PROGRAM_GRUB &&
		!running->image);
}

void ka_bios_identify(struct ka_host *host, const struct ka_running *running,
		      struct ka_chain *chain)
{
	struct found found = { .disk = NULL };

	/* What a hypervisor or a network starts, it starts without the disks. */
	if (!running->is_direct && read_disks(host, &found) > 0 &&
	    found.kind != KA_PROGRAM_UNKNOWN) {
		if (!is_of(found.kind, running) && !chain->refusal)
			chain->refusal = ka_format(
				"the boot sector of %s starts %s, and the running system was "
				"started by %s (%s): which of them comes next is not known",
				found.disk, ka_program_title(found.kind),
				ka_program_title(running->kind), running->text);
		ka_program_done(&chain->program);
		chain->program.kind = found.kind;
		chain->program.evidence = KA_EVIDENCE_BOOT_SECTOR;
		chain->certain = !chain->refusal;
		free(chain->why);
		chain->why = ka_format("the boot sector of %s starts %s", found.disk,
				       ka_program_title(found.kind));
	}
	free(found.disk);
}
