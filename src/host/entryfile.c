// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that an entry names: where it is on this machine, or what the entry says of it. */

#include <kexec-any/entry.h>
#include <kexec-any/error.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static void report_missing(struct ka_entry *entry, const char *here, const struct ka_sought *s)
{
	if (s->place)
		ka_report(&entry->problems, KA_ERROR, s->missing, s->path, s->remedy,
			  "the %s '%s' is not %s", s->what, s->name, s->place);
	else if (here && !ka_streq(here, s->name))
		ka_report(&entry->problems, KA_ERROR, s->missing, s->path, s->remedy,
			  "the %s '%s' (here: %s) does not exist", s->what, s->name, here);
	else
		ka_report(&entry->problems, KA_ERROR, s->missing, s->path, s->remedy,
			  "the %s '%s' does not exist", s->what, s->name);
}

char *ka_entry_take_found(struct ka_entry *entry, int r, char *found, const struct ka_sought *s)
{
	_cleanup_free_ char *path = found;

	if (r > 0)
		return TAKE_PTR(path);
	if (r == 0)
		report_missing(entry, path, s);
	else if (r == -ENXIO)
		ka_report(&entry->problems, KA_ERROR, KA_ID_VOLUME_NOT_MOUNTED, s->path,
			  "mount the volume", "the %s '%s' is on a volume that is not mounted",
			  s->what, s->name);
	else
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, s->path,
			  ka_unread_remedy(r), "cannot tell whether the %s '%s' is %s: %s", s->what,
			  s->name, s->place ? s->place : "there", strerror(-r));
	return NULL;
}

/* The volume of its name is not here, not mounted, or nobody knows. */
static void report_volume(struct ka_entry *entry, int r, const char *why, const struct ka_sought *s)
{
	enum ka_finding_id id = KA_ID_FILE_UNREADABLE;
	const char *remedy = ka_unread_remedy(r);

	if (r == -ENXIO) {
		id = KA_ID_VOLUME_NOT_MOUNTED;
		remedy = "mount the volume";
	} else if (r == -ENODEV) {
		id = s->missing;
		remedy = s->remedy;
	}
	ka_report(&entry->problems, KA_ERROR, id, s->path, remedy, "%s: %s", s->what, why);
}

char *ka_entry_find_file(struct ka_entry *entry, struct ka_host *host, const struct ka_ref *ref,
			 const struct ka_sought *sought)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	_cleanup_free_ char *found = NULL;
	struct ka_sought s = *sought;
	int r;

	s.name = ref->path;
	r = ka_host_locate(host, ref, &found, &err);
	if (r < 0) {
		report_volume(entry, r, ka_error_text(&err, r), &s);
		return NULL;
	}
	s.path = s.path ? s.path : found;
	r = ka_host_stat(host, found, NULL);
	if (r == -ELOOP) /* links in a circle lead to no file */
		r = 0;
	return ka_entry_take_found(entry, r, ka_strdup(found), &s);
}
