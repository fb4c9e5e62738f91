// SPDX-License-Identifier: GPL-2.0-or-later
/* Are there modules for the kernel on the system that it will run? */

#include "checks/checks.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

/*
 * The next system has a /usr of its own, and drivers in it: ostree's is a link on the disk's own root
 * ("ostree=/ostree/boot.0/OS/DIGEST/0"), that of bootc's composefs an image. *ret: its modules, when they can be
 * seen from here. False: it is the running system.
 */
static bool is_deployment(struct ka_check_context *c, char **ret)
{
	static const char *const roots[] = { "/sysroot", "" };
	_cleanup_free_ char *path = NULL, *digest = NULL;

	if (!c->plan->cmdline)
		return false;
	if (ka_cmdline_get(c->plan->cmdline, "composefs", &digest))
		return true;
	if (!ka_cmdline_get(c->plan->cmdline, "ostree", &path))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(roots) && !*ret; i++) {
		_cleanup_free_ char *modules = ka_format("%s%s/usr/lib/modules", roots[i], path);

		if (ka_host_seems_there(c->host, modules))
			*ret = TAKE_PTR(modules);
	}
	return true;
}

/* "subvol=" of rootflags=, the last one. NULL: there is none. */
static char *subvolume_option(const char *cmdline)
{
	_cleanup_free_ char *flags = NULL;
	char *found = NULL, *rest, *word;

	if (!ka_cmdline_get(cmdline, "rootflags", &flags))
		return NULL;
	for (word = strtok_r(flags, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		const char *value = ka_startswith(word, "subvol=");

		if (!value)
			continue;
		free(found);
		found = ka_format("%s%s", *value == '/' ? "" : "/", value);
	}
	return found;
}

static void cut_slashes(char *path)
{
	for (size_t n = strlen(path); n > 0 && path[n - 1] == '/'; n--)
		path[n - 1] = '\0';
}

/*
 * The subvolume of the running root's volume that the next root is, where that is another one: as the
 * command line has it, else the default one. 1 (*ret: the volume and its path), 0: the root stays the same,
 * or is something else; negative: cannot be told.
 */
static int find_other_subvolume(struct ka_check_context *c, struct ka_ref *ret)
{
	_cleanup_(ka_ref_done) struct ka_ref running = { NULL, NULL };
	_cleanup_free_ char *root = NULL, *path = NULL;
	int r;

	if (!c->plan->cmdline || !ka_host_is_btrfs(c->host, "/") ||
	    !ka_cmdline_get(c->plan->cmdline, "root", &root) ||
	    ka_host_reference(c->host, "/", &running) < 0 ||
	    ka_host_same_volume(c->host, root, running.volume) <= 0 ||
	    strstr(c->plan->cmdline, "subvolid="))
		return 0;
	path = subvolume_option(c->plan->cmdline);
	r = path ? 1 : ka_host_default_subvolume(c->host, running.volume, &path);
	if (r <= 0)
		return r;
	cut_slashes(path);
	cut_slashes(running.path);
	if (ka_streq(path, running.path))
		return 0;
	*ret = (struct ka_ref){ TAKE_PTR(running.volume), TAKE_PTR(path) };
	return 1;
}

static const char *const folders[] = { "/usr/lib/modules", "/lib/modules" };

/* 1, 0, negative: cannot be told. */
static int has_modules_in(struct ka_check_context *c, const struct ka_ref *root,
			  const char *release, struct ka_error *err)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(folders) && r == 0; i++) {
		_cleanup_free_ char *path = NULL,
				    *name = ka_format("%s%s/%s", root->path, folders[i], release);
		const struct ka_ref ref = { root->volume, name };

		r = ka_host_locate(c->host, &ref, &path, err);
		if (r == 0)
			r = ka_host_exists(c->host, path, err);
	}
	return r;
}

/* own: the folder of the next system; NULL: it is the running one. */
static int has_modules(struct ka_check_context *c, const char *own, const char *release,
		       struct ka_error *err)
{
	int r = 0;

	for (size_t i = own ? 1 : 0; i < ARRAY_SIZE(folders) && r == 0; i++) {
		_cleanup_free_ char *path = ka_format("%s/%s", own ? own : folders[i], release);

		r = ka_host_exists(c->host, path, err);
	}
	return r;
}

void ka_check_modules(struct ka_check_context *c)
{
	const char *own = c->plan->entry->modules;
	_cleanup_free_ char *release = ka_image_release(&c->plan->image), *place = NULL,
			    *deployed = NULL;
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_(ka_ref_done) struct ka_ref root = { NULL, NULL };
	int r, other;

	if (!release || !*release)
		return;
	if (!own && is_deployment(c, &deployed)) {
		own = deployed;
		if (!own)
			return;
	}
	other = own ? 0 : find_other_subvolume(c, &root);
	place = other > 0 ? ka_format("%s:%s%s", root.volume, root.path, folders[0])
			  : ka_strdup(own ? own : folders[1]);
	r = other > 0	? has_modules_in(c, &root, release, &err)
	    : other < 0 ? ka_fail_sys(&err, other, "the default subvolume of the root")
			: has_modules(c, own, release, &err);
	if (r < 0)
		ka_report(c->findings, KA_WARNING, KA_ID_MODULES_MISSING, place, NULL,
			  "whether there are modules for %s is not known: %s", release,
			  ka_error_text(&err, r));
	if (r == 0)
		ka_report(c->findings, KA_WARNING, KA_ID_MODULES_MISSING, place,
			  "reinstall the kernel package",
			  "no modules for %s on %s: devices may not work after the restart",
			  release,
			  other > 0 ? "the subvolume that becomes the root" : "this system");
}
