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

/* Where a link of the closure leads, canonical (into the store); NULL: it is not there. */
static char *link_target(struct ka_host *host, const char *closure, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name), *target = NULL;
	int r;

	r = ka_host_canonical(host, path, &target);
	/* A link that dangles still names what is missing. */
	if (r > 0 || (target && !ka_streq(target, path)))
		return TAKE_PTR(target);
	return NULL;
}

/* The path of a file of the closure; NULL: it is not there. */
static char *file_in(struct ka_host *host, const char *closure, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name);

	return ka_host_seems_there(host, path) ? TAKE_PTR(path) : NULL;
}

static char *read_word(struct ka_host *host, const char *closure, const char *name)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name);
	char *word = NULL;

	return ka_host_read_line(host, path, &word, NULL) < 0 ? NULL : word;
}

/* kernel-params: words with blanks between; a line break at the end is not promised. */
static char *read_params(struct ka_host *host, const char *closure)
{
	_cleanup_free_ char *path = ka_format("%s/kernel-params", closure), *text = NULL;

	if (ka_host_read(host, path, PARAM_LIMIT, &text, NULL, NULL) < 0)
		return NULL;
	return ka_strdup(ka_strip(text));
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

static void synthesise(struct ka_host *host, const char *closure, struct nixos_system *s)
{
	_cleanup_free_ char *xen = file_in(host, closure, "xen.gz");

	s->toplevel = ka_strdup(closure);
	s->init = ka_format("%s/init", closure);
	s->label = make_label(host, closure);
	s->platform = read_word(host, closure, "system");
	s->kernel = link_target(host, closure, "kernel");
	s->initrd = link_target(host, closure, "initrd");
	s->params = read_params(host, closure);
	s->secrets_script = file_in(host, closure, "append-initrd-secrets");
	s->is_xen = xen != NULL;
}

static void synthesise_specialisations(struct ka_host *host, const char *closure,
				       struct nixos_system *s)
{
	_cleanup_free_ char *folder = ka_format("%s/specialisation", closure);
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, folder, &names, NULL) < 0)
		return;
	for (char **p = names; *p && s->n_specialisations < NIXOS_SPECIALISATIONS_LIMIT; p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *target = NULL;

		if (ka_host_canonical(host, path, &target) >= 0)
			synthesise(host, target, nixos_add_specialisation(s, *p));
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
		ka_report(problems, KA_ERROR, "nixos-bootspec", path, "rebuild the generation",
			  "%s", ka_error_text(&err, r));
		return false;
	}
	switch (nixos_bootspec_parse(text, len, ret, &why)) {
	case NIXOS_BOOTSPEC_OK:
		return true;
	case NIXOS_BOOTSPEC_NONE:
		ka_report(problems, KA_INFO, "nixos-no-bootspec", path, NULL,
			  "no document of RFC 125 (%s): the closure itself is read", why);
		break;
	case NIXOS_BOOTSPEC_UNKNOWN:
		ka_report(problems, KA_WARNING, "nixos-bootspec-version", path,
			  "use a newer kexec-any",
			  "%s is not known to this version: the closure itself is read", why);
		break;
	case NIXOS_BOOTSPEC_BAD:
		ka_report(problems, KA_ERROR, "nixos-bootspec", path,
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
	*ret = (struct nixos_system){ .label = NULL };
	if (!read_bootspec(host, path, ret, problems)) {
		synthesise(host, path, ret);
		synthesise_specialisations(host, path, ret);
	}
	check_secrets(host, ret);
}
