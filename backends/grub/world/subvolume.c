// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a path starts on btrfs, for SUSE's GRUB. */

#include "world/subvolume.h"
#include "state/env.h"
#include "state/trouble.h"
#include "world/device.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

#define MOUNTS_LIMIT 64

/* A subvolume that is seen at a folder of its volume. */
struct mounted {
	char *volume;
	char *folder;	 /* "/.snapshots" */
	char *subvolume; /* from the top level: "/@/.snapshots" */
};

/* The default subvolume of a volume, as far as it is known. */
struct start {
	char *volume, *path;
	int result; /* of ka_host_default_subvolume() */
	struct start *next;
};

struct grub_subvolumes {
	struct mounted mounted[MOUNTS_LIMIT];
	size_t n;
	struct start *starts;
};

static struct grub_subvolumes *get(struct grub *g)
{
	if (!g->subvolumes)
		g->subvolumes = ka_calloc(1, sizeof(*g->subvolumes));
	return g->subvolumes;
}

size_t grub_count_subvolumes(const struct grub *g)
{
	return g->subvolumes ? g->subvolumes->n : 0;
}

void grub_drop_subvolumes(struct grub *g, size_t n)
{
	struct grub_subvolumes *s = g->subvolumes;

	if (grub_count_subvolumes(g) <= n)
		return;
	while (s->n > n) {
		struct mounted *m = &s->mounted[--s->n];

		free(m->volume);
		free(m->folder);
		free(m->subvolume);
	}
	grub_forget_located(g);
}

void grub_subvolumes_done(struct grub *g)
{
	grub_drop_subvolumes(g, 0);
	while (g->subvolumes && g->subvolumes->starts) {
		struct start *next = g->subvolumes->starts->next;

		free(g->subvolumes->starts->volume);
		free(g->subvolumes->starts->path);
		free(g->subvolumes->starts);
		g->subvolumes->starts = next;
	}
	free(g->subvolumes);
	g->subvolumes = NULL;
}

static const struct start *find_start(struct grub *g, const char *volume)
{
	struct grub_subvolumes *s = get(g);
	struct start *start;

	for (start = s->starts; start; start = start->next)
		if (ka_streq(start->volume, volume))
			return start;
	start = ka_calloc(1, sizeof(*start));
	start->volume = ka_strdup(volume);
	start->result = ka_host_default_subvolume(g->host, volume, &start->path);
	start->next = s->starts;
	s->starts = start;
	return start;
}

bool grub_is_relative(struct grub *g)
{
	const char *value = g->dialect->has_subvolumes ? grub_get(g, "btrfs_relative_path") : NULL;

	/* The first letter alone is looked at. */
	return value && (*value == '1' || *value == 'y');
}

/* The menus of snapshots set it, for the paths of theirs. */
static bool names_subvolume(struct grub *g)
{
	static const char *const names[] = { "btrfs_subvol", "btrfs_subvolid" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *value = grub_get(g, names[i]);

		if (value && *value)
			return true;
	}
	return false;
}

/* What is mounted over the path, the innermost. NULL: nothing. */
static const struct mounted *find_mounted(const struct grub *g, const char *volume,
					  const char *path, const char **ret_rest)
{
	const struct mounted *best = NULL;

	for (size_t i = 0; i < grub_count_subvolumes(g); i++) {
		const struct mounted *m = &g->subvolumes->mounted[i];
		const char *rest = ka_startswith(path, m->folder);

		if (!rest || (*rest && *rest != '/') || !ka_streq(m->volume, volume))
			continue;
		if (best && strlen(best->folder) > strlen(m->folder))
			continue;
		best = m;
		*ret_rest = rest;
	}
	return best;
}

static int cannot_tell(struct grub *g, const char *volume, int error)
{
	if (g->listing)
		g->tainted = true;
	else if (!g->unread && error == -EOPNOTSUPP)
		g->unread = ka_strdup(
			"the menu of a snapshot is shown (btrfs_subvol is set), and where "
			"GRUB finds its files is not known");
	else if (!g->unread)
		g->unread =
			ka_format("GRUB's paths start at the default subvolume of %s, which "
				  "cannot be told (%s)%s",
				  volume, strerror(-error),
				  error == -EPERM || error == -EACCES ? "; run it as root" : "");
	return error;
}

int grub_path_from_top(struct grub *g, const char *volume, char **path)
{
	const struct mounted *m;
	const struct start *start;
	const char *rest = *path, *top;
	char *whole;

	if (!g->dialect->has_subvolumes)
		return 0;
	if (!grub_is_relative(g) && grub_count_subvolumes(g) == 0 && !names_subvolume(g))
		return 0;
	start = find_start(g, volume);
	if (start->result < 0)
		return cannot_tell(g, volume, start->result);
	if (start->result == 0)
		return 0;
	m = find_mounted(g, volume, *path, &rest);
	/* Which of the two GRUB then takes is not known here. */
	if (!m && names_subvolume(g))
		return cannot_tell(g, volume, -EOPNOTSUPP);
	top = m ? m->subvolume : grub_is_relative(g) ? start->path : "";
	whole = ka_format("%s%s", top, rest);
	free(*path);
	*path = whole;
	return 0;
}

char *grub_tree_start(struct grub *g, const char *volume)
{
	const struct start *start = grub_is_relative(g) ? find_start(g, volume) : NULL;

	return start && start->result > 0 ? ka_strdup(start->path) : NULL;
}

/* Is this subvolume there? As GRUB, which then fails. */
static bool is_there(struct grub *g, const char *volume, char *subvolume)
{
	const struct ka_ref ref = { (char *)volume, subvolume };
	_cleanup_free_ char *path = NULL;

	return ka_host_locate(g->host, &ref, &path, NULL) == 0 &&
	       ka_host_stat(g->host, path, NULL) > 0;
}

static char *without_slash(const char *path)
{
	char *clean = grub_single_slashes(path);
	size_t n = strlen(clean);

	if (n > 0 && clean[n - 1] == '/')
		clean[n - 1] = '\0';
	return clean;
}

/* btrfs-mount-subvol (DEVICE) FOLDER SUBVOLUME */
int grub_mount_subvolume(struct grub *g, char **argv, size_t argc)
{
	_cleanup_free_ char *device = NULL, *volume = NULL, *subvolume = NULL;
	struct grub_subvolumes *s = get(g);

	if (argc < 4)
		return GRUB_BAD_ARGUMENT;
	device = grub_path_device(g, argv[1]);
	if (!device || grub_find_volume(g, device, &volume) < 0 || !*volume)
		return GRUB_NO_DEVICE;
	if (find_start(g, volume)->result == 0)
		return GRUB_BAD_FILE_TYPE;
	subvolume = without_slash(argv[3]);
	if (!is_there(g, volume, subvolume))
		return GRUB_FILE_NOT_FOUND;
	if (s->n == MOUNTS_LIMIT)
		return grub_give_up(g, "more than 64 subvolumes mounted") ? GRUB_OUT_OF_RANGE : 0;
	s->mounted[s->n++] = (struct mounted){
		.volume = TAKE_PTR(volume),
		.folder = without_slash(argv[2]),
		.subvolume = TAKE_PTR(subvolume),
	};
	grub_forget_located(g);
	return GRUB_OK;
}
