// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * proxmox-boot-tool keeps GRUB's /boot on an ESP of each disk (proxmox-kernel-helper, src/proxmox-boot), where no
 * system mounts it. With EFI the boot options lead there; with BIOS its list of ESPs does.
 */

#include "decide/proxmox.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define LIST_LIMIT 65536u
#define ESPS_LIMIT 16

/* "EEC6-6947": the tool skips other lines. */
static bool is_uuid(const char *line)
{
	for (size_t i = 0; i < 9; i++)
		if (i == 4 ? line[i] != '-' : !strchr("0123456789ABCDEF", line[i]) || !line[i])
			return false;
	return line[9] == '\0';
}

static int read_uuids(struct ka_host *host, char ***ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r = ka_host_read(host, KA_PROXMOX_LIST, LIST_LIMIT, &text, NULL, NULL);

	*ret = NULL;
	if (r < 0)
		return r == -ENOENT || r == -ENOTDIR ? 0 : r;
	for (cursor = text; (line = ka_next_line(&cursor));)
		if (is_uuid(line) && ka_strv_length(*ret) < ESPS_LIMIT)
			ka_strv_add(ret, line);
	return 0;
}

/* The root of an ESP here, without a slash at its end. 1; 0: it is not attached; negative: not to be looked at. */
static int find_esp(struct ka_host *host, const char *uuid, char **ret)
{
	_cleanup_free_ char *volume = ka_format("UUID=%s", uuid);
	const struct ka_ref ref = { volume, (char *)"/" };
	char *path = NULL;
	int r = ka_host_locate(host, &ref, &path, NULL);

	if (r < 0)
		return r == -ENODEV ? 0 : r;
	for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
	*ret = path;
	return 1;
}

static void refuse(struct ka_chain *chain, const char *what, int error)
{
	if (!chain->refusal)
		chain->refusal =
			ka_format("GRUB reads the ESPs of proxmox-boot-tool (" KA_PROXMOX_LIST
				  "), and %s%s%s",
				  what, error < 0 ? " cannot be looked at from here: " : "",
				  error < 0 ? strerror(-error) : "");
}

void ka_proxmox_find(struct ka_host *host, struct ka_chain *chain)
{
	_cleanup_strv_ char **uuids = NULL;
	int r = read_uuids(host, &uuids);

	if (r < 0)
		refuse(chain, "that list", r);
	for (char **p = uuids; p && *p && r >= 0; p++) {
		char *root = NULL;

		r = find_esp(host, *p, &root);
		if (r < 0)
			refuse(chain, *p, r);
		if (r > 0 && !chain->partition)
			chain->partition = TAKE_PTR(root);
		free(root);
	}
	if (r >= 0 && uuids && !chain->partition)
		refuse(chain, "none of them is attached", 0);
}

bool ka_proxmox_twin(struct ka_host *host, const struct ka_chain *chain, size_t *cursor,
		     struct ka_chain *ret)
{
	_cleanup_strv_ char **uuids = NULL;
	size_t n = read_uuids(host, &uuids) < 0 ? 0 : ka_strv_length(uuids);

	*ret = (struct ka_chain){ .firmware = chain->firmware };
	while (uuids && *cursor < n) {
		char *root = NULL;

		if (find_esp(host, uuids[(*cursor)++], &root) <= 0)
			continue;
		if (!ka_streq(root, chain->partition)) {
			ret->partition = root;
			ret->program.kind = chain->program.kind;
			return true;
		}
		free(root);
	}
	return false;
}
