// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A system from its closure: boot.json, or, in systems from before it, the links and small files that
 * top-level.nix puts there, as the reference tool of RFC 125 makes a bootspec of them.
 */

#include "nixos.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#define JSON_LIMIT   (4u << 20)
#define PARAM_LIMIT  65536
#define SCRIPT_LIMIT 65536

/* A closure on the way to its system. All borrowed. */
struct closure {
	struct ka_host *host;
	const char *path;
	struct ka_findings *problems;
};

/* Is something not there (true), or can nobody tell (a problem)? */
static bool is_absent(const struct closure *c, const char *path, int r)
{
	if (r == 0 || r == -ENOENT || r == -ENOTDIR)
		return true;
	ka_report(c->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, path, ka_unread_remedy(r),
		  "a part of the system cannot be read: '%s': %s", path, strerror(-r));
	return false;
}

/* Where a link of the closure leads, canonical (into the store); NULL: it is not there. */
static char *link_target(const struct closure *c, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", c->path, name), *target = NULL;
	int r;

	r = ka_host_canonical(c->host, path, &target);
	/* A link that dangles still names what is missing. */
	if (r > 0 || (target && !ka_streq(target, path)))
		return TAKE_PTR(target);
	is_absent(c, path, r);
	return NULL;
}

/* The path of a file of the closure; NULL: it is not there. */
static char *file_in(const struct closure *c, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", c->path, name);
	int r = ka_host_stat(c->host, path, NULL);

	if (r > 0)
		return TAKE_PTR(path);
	is_absent(c, path, r);
	return NULL;
}

static char *read_word(struct ka_host *host, const char *closure, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name);
	char *word = NULL;

	return ka_host_read_line(host, path, &word, NULL) < 0 ? NULL : word;
}

/* kernel-params: words with blanks between; a line break at the end is not promised. */
static char *read_params(const struct closure *c)
{
	_cleanup_free_ char *path = ka_format("%s/kernel-params", c->path), *text = NULL;
	int r = ka_host_read(c->host, path, PARAM_LIMIT, &text, NULL, NULL);

	if (r == 0)
		return ka_strdup(ka_strip(text));
	is_absent(c, path, r);
	return NULL;
}

/* The first kernel that the closure's modules are for. */
static char *module_version(struct ka_host *host, const char *closure)
{
	_cleanup_free_ char *path = ka_format("%s/kernel-modules/lib/modules", closure);
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, path, &names, NULL) < 0)
		return NULL;
	return ka_strdup_or_null(*names);
}

static char *make_label(struct ka_host *host, const char *closure)
{
	_cleanup_free_ char *version = read_word(host, closure, "nixos-version"),
			    *kernel = module_version(host, closure);

	return ka_format("NixOS %s (Linux %s)", version ? version : "of unknown version",
			 kernel ? kernel : "of unknown version");
}

bool nixos_adds_secrets(struct ka_host *host, const char *script)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	/* Named, but not readable: what it would do is unknown. */
	if (ka_host_read(host, script, SCRIPT_LIMIT, &text, NULL, NULL) < 0)
		return true;
	for (cursor = text; (line = ka_next_line(&cursor));)
		if (ka_streq(line, "exit 0"))
			return false;
	return true;
}

static void check_secrets(struct ka_host *host, struct nixos_system *s)
{
	s->has_secrets = s->secrets_script && nixos_adds_secrets(host, s->secrets_script);
	for (size_t i = 0; i < s->n_specialisations; i++)
		check_secrets(host, &s->specialisations[i]);
}

static void synthesise(const struct closure *c, struct nixos_system *s)
{
	_cleanup_free_ char *xen = file_in(c, "xen.gz");

	s->toplevel = ka_strdup(c->path);
	s->init = ka_format("%s/init", c->path);
	s->label = make_label(c->host, c->path);
	s->platform = read_word(c->host, c->path, "system");
	s->kernel = link_target(c, "kernel");
	s->initrd = link_target(c, "initrd");
	s->params = read_params(c);
	s->secrets_script = file_in(c, "append-initrd-secrets");
	s->is_xen = xen != NULL;
}

static void synthesise_specialisations(const struct closure *c, struct nixos_system *s)
{
	_cleanup_free_ char *folder = ka_format("%s/specialisation", c->path);
	_cleanup_strv_ char **names = NULL;
	int r = ka_host_list(c->host, folder, &names, NULL);

	if (r < 0) {
		is_absent(c, folder, r);
		return;
	}
	for (char **p = names; *p && s->n_specialisations < NIXOS_SPECIALISATIONS_LIMIT; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *target = NULL;
		struct closure at = *c;

		r = ka_host_canonical(c->host, path, &target);
		at.path = target;
		if (r >= 0)
			synthesise(&at, nixos_add_specialisation(s, *p));
		else
			is_absent(c, path, r);
	}
}

/* False: the system has to be made up from the closure. */
static bool read_bootspec(struct ka_host *host, const char *closure, struct nixos_system *ret,
			  struct ka_findings *problems)
{
	_cleanup_free_ char *path = ka_format("%s/boot.json", closure), *text = NULL, *why = NULL;
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	size_t len;
	int r;

	r = ka_host_read(host, path, JSON_LIMIT, &text, &len, &err);
	if (r == -ENOENT)
		return false;
	if (r < 0) {
		ka_report(problems, KA_ERROR, KA_ID_NIXOS_BOOTSPEC, path,
			  ka_unread_remedy(r) ? ka_unread_remedy(r) : "rebuild the generation",
			  "%s", ka_error_text(&err, r));
		return false;
	}
	switch (nixos_bootspec_parse(text, len, ret, &why)) {
	case NIXOS_BOOTSPEC_OK:
		return true;
	case NIXOS_BOOTSPEC_NONE:
		ka_report(problems, KA_INFO, KA_ID_NIXOS_NO_BOOTSPEC, path, NULL,
			  "no document of RFC 125 (%s): the closure itself is read", why);
		break;
	case NIXOS_BOOTSPEC_UNKNOWN:
		ka_report(problems, KA_WARNING, KA_ID_NIXOS_BOOTSPEC_VERSION, path,
			  "use a newer kexec-any",
			  "%s is not known to this version: the closure itself is read", why);
		break;
	case NIXOS_BOOTSPEC_BAD:
		ka_report(problems, KA_ERROR, KA_ID_NIXOS_BOOTSPEC, path,
			  "rebuild the generation, or pass --ignore=nixos-bootspec to read the "
			  "closure itself",
			  "a damaged bootspec: %s", why);
		break;
	}
	return false;
}

void nixos_closure_read(struct ka_host *host, const char *path, struct nixos_system *ret,
			struct ka_findings *problems)
{
	const struct closure c = { .host = host, .path = path, .problems = problems };

	*ret = (struct nixos_system){ .label = NULL };
	if (!read_bootspec(host, path, ret, problems)) {
		synthesise(&c, ret);
		synthesise_specialisations(&c, ret);
	}
	check_secrets(host, ret);
}
