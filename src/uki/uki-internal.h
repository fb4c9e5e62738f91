/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/reader.h"

#include <kexec-any/text.h>
#include <kexec-any/uki.h>

/* What the files of src/uki/ share. */

const char *ka_uki_part_name(enum ka_uki_part part);

/* Open a file of the machine for reading parts of it. */
int ka_uki_open(struct ka_host *host, const char *path, int *ret_fd, struct ka_reader *ret)
	_must_check_;

/* ka_uki_read() of a file that is open; ret->path stays NULL. */
int ka_uki_parse(const struct ka_reader *reader, struct ka_uki *ret, const char **ret_why)
	_must_check_;

/* The text of a section, cut at 64 KiB; NUL-terminated, owned by the caller. */
int ka_uki_text(const struct ka_reader *reader, const struct ka_uki_range *range, char **ret)
	_must_check_;

/* addons.c: one addon that the stub would accept. */
struct ka_addon {
	char *path; /* on this machine */
	struct ka_uki_range initrd, ucode;
	bool has_dtb;
};

struct ka_addons {
	struct ka_addon *items;
	size_t n;
	struct ka_buf cmdline; /* of all together, mangled; no text: none has one */
};

void ka_addons_done(struct ka_addons *addons);
/*
 * Read the addons (*.addon.efi) of a folder of this machine, in the stub's order. uname: of the
 * image, NULL when it has none. problems gets those that are left out, and what cannot be read.
 */
void ka_addons_read(struct ka_host *host, const char *folder, const char *uname,
		    struct ka_addons *addons, struct ka_findings *problems);

/* Bytes of all addons' command lines together: sixteen times what any kernel takes. */
#define KA_ADDONS_CMDLINE_LIMIT (1u << 16)
/* Files beside an image: addons, credentials, extensions; each is kept open until the load. */
#define KA_UKI_EXTRAS_LIMIT 4096u

/* Something the stub would read, and we cannot: an error of the entry. */
void ka_uki_report_unread(struct ka_findings *problems, const char *path, int r);
/* ka_host_list() of a folder beside an image, which may not be there; other failures are reported. */
int ka_uki_list(struct ka_host *host, const char *folder, struct ka_findings *problems, char ***ret)
	_must_check_;

/* A command line as the stub cleans it: control characters become blanks, both ends are stripped. In
 * place. */
void ka_stub_mangle(char *cmdline);

/* May the name of a file beside the image be packed: plain ASCII, not hidden, not too long? */
bool ka_uki_is_extra_name(const char *name);

/* thin.c: the entry of lanzaboote's stub. */
int ka_thin_fill(struct ka_host *host, const struct ka_uki *uki, const struct ka_uki_start *start,
		 const struct ka_reader *reader, struct ka_entry *entry) _must_check_;
