// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A unified kernel image that an entry chainloads: its stub hands over kernel, initrd and command
 * line as it would under any loader.
 */

#include "boot.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>
#include <kexec-any/uki.h>

#include <errno.h>

/* The words behind the file, joined as chainloader joins them (loader/efi/chainloader.c). */
static char *join(char *const *words)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	for (; *words; words++)
		ka_buf_addf(&buf, "%s%s", buf.len > 0 ? " " : "", *words);
	return ka_buf_take(&buf);
}

int grub_fill_chainloaded(struct grub *g, const struct grub_boot *boot, struct ka_entry *entry)
{
	_cleanup_free_ char *path = NULL, *text = NULL, *root = NULL;
	char *const *words = boot->linux_words;
	const char *why = NULL, *below;
	struct ka_uki_start start;
	struct ka_uki uki;
	int r;

	if (!words || !*words)
		return 0;
	r = grub_locate(g, *words, &path);
	if (r > 0)
		r = ka_uki_read(g->host, path, &uki, &why);
	if (r < 0 && path && r != -EBADMSG) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, path, "run it as root",
			  "it cannot be read, so nothing tells what it is: %s", strerror(-r));
		return 1;
	}
	if (r <= 0)
		return 0;
	below = strchrnul(*words, ')');
	below += *below == ')';
	/* The partition's root on this machine: what is in front of the path on it. */
	root = ka_endswith(path, below) ? ka_strndup(path, strlen(path) - strlen(below))
					: ka_strdup("");
	text = join(words + 1);
	start = (struct ka_uki_start){
		.root = root,
		.path = path + strlen(root),
		.options = text,
	};
	r = ka_uki_fill_entry(g->host, &uki, &start, entry);
	ka_uki_done(&uki);
	if (r < 0)
		return r;
	free(entry->linux_ref.path);
	entry->linux_ref.path = grub_device_show(g, *words);
	return 1;
}
