// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lanzaboote's stub: .linux and .initrd are paths on the partition the stub is on, with backslashes,
 * .linuxh and .initrdh the SHA-256 of those files (rust/uefi/stub of lanzaboote). The stub refuses
 * files with another hash, and so do we, when the entry is checked.
 */

#include "uki/uki-internal.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define SHA256_SIZE 32

/* A section's path as a file of this machine. */
static int file_of(struct ka_host *host, const struct ka_uki_start *start,
		   const struct ka_reader *reader, const struct ka_uki_range *range,
		   const char *what, enum ka_finding_id id, struct ka_entry *entry, char **ret)
{
	_cleanup_free_ char *text = NULL, *path = NULL;
	int r;

	r = ka_uki_text(reader, range, &text);
	if (r < 0)
		return r;
	for (char *p = text; *p; p++)
		if (*p == '\\')
			*p = '/';
	path = ka_format("%s%s%s", start->root, *text == '/' ? "" : "/", text);
	*ret = ka_entry_take_found(entry, ka_host_stat(host, path, NULL), ka_strdup(path),
				   &(struct ka_sought){
					   .what = what,
					   .name = text,
					   .path = path,
					   .missing = id,
					   .remedy = "reinstall the boot loader's files",
				   });
	return 0;
}

/* The hash as hexadecimal text; *ret stays NULL when there is none. */
static int hash_of(const struct ka_reader *reader, const struct ka_uki_range *range, char **ret)
{
	uint8_t bytes[SHA256_SIZE];
	int r;

	if (range->size < sizeof(bytes))
		return 0;
	r = ka_read_at(reader, range->offset, bytes, sizeof(bytes));
	if (r == 0)
		*ret = ka_hex(bytes, sizeof(bytes));
	return r;
}

static int thin_cmdline(const struct ka_uki_start *start, const struct ka_reader *reader,
			const struct ka_uki_range *range, bool secure, struct ka_entry *entry)
{
	free(entry->cmdline);
	entry->cmdline = NULL;
	if (start->options && *start->options && !secure)
		entry->cmdline = ka_strdup(start->options);
	else if (range->size > 0)
		return ka_uki_text(reader, range, &entry->cmdline);
	else
		entry->cmdline = ka_strdup("");
	return 0;
}

int ka_thin_fill(struct ka_host *host, const struct ka_uki *uki, const struct ka_uki_start *start,
		 const struct ka_reader *reader, struct ka_entry *entry)
{
	const struct ka_uki_range *parts = uki->profiles[start->profile].parts;
	char *initrd = NULL;
	int r;

	r = file_of(host, start, reader, &parts[KA_UKI_LINUX], "kernel", KA_ID_KERNEL_MISSING,
		    entry, &entry->kernel);
	if (r == 0)
		r = hash_of(reader, &parts[KA_UKI_LINUXH], &entry->kernel_sha256);
	if (r == 0 && parts[KA_UKI_INITRD].size > 0)
		r = file_of(host, start, reader, &parts[KA_UKI_INITRD], "initrd",
			    KA_ID_INITRD_MISSING, entry, &initrd);
	if (r == 0 && initrd) {
		ka_pieces_add_file_take(&entry->initrds, initrd);
		r = hash_of(reader, &parts[KA_UKI_INITRDH],
			    &entry->initrds.items[entry->initrds.n - 1].sha256);
	}
	if (r == 0)
		r = thin_cmdline(start, reader, &parts[KA_UKI_CMDLINE],
				 ka_host_secure_boot(host) == KA_YES, entry);
	return r;
}
