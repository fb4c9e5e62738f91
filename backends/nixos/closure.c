// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A system from its closure: boot.json, or, in systems from before it, the links and small files that
 * top-level.nix puts there, as the reference tool of RFC 125 makes a bootspec of them.
 */

#include "nixos.h"

#include <kexec-any/text.h>

#include <errno.h>

#define JSON_LIMIT   (4u << 20)
#define PARAM_LIMIT  65536
#define SCRIPT_LIMIT 65536

/* A file of the closure; *ret stays NULL when it is not there. Canonical: links lead into the store. */
static int link_target(struct ka_host *host, const char *closure, const char *name, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name), *target = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_canonical(host, path, &target);
	if (r == -ENOMEM)
		return r;
	/* A link that dangles still names what is missing. */
	if (r > 0 || (target && !ka_streq(target, path)))
		*ret = TAKE_PTR(target);
	return 0;
}

static int has_file(struct ka_host *host, const char *closure, const char *name, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name);

	if (!path)
		return -ENOMEM;
	if (ka_host_seems_there(host, path))
		*ret = TAKE_PTR(path);
	return 0;
}

static int read_word(struct ka_host *host, const char *closure, const char *name, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/%s", closure, name);
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_read_line(host, path, ret, NULL);
	return r == -ENOMEM ? r : 0;
}

/* kernel-params: words with blanks between; a line break at the end is not promised. */
static int read_params(struct ka_host *host, const char *closure, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/kernel-params", closure), *text = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_read(host, path, PARAM_LIMIT, &text, NULL, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	*ret = strdup(ka_strip(text));
	return *ret ? 0 : -ENOMEM;
}

/* The first kernel that the closure's modules are for. */
static int module_version(struct ka_host *host, const char *closure, char **ret)
{
	_cleanup_free_ char *path = ka_format("%s/kernel-modules/lib/modules", closure);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_list(host, path, &names, NULL);
	if (r < 0 || !*names)
		return r == -ENOMEM ? r : 0;
	*ret = strdup(*names);
	return *ret ? 0 : -ENOMEM;
}

static int make_label(struct ka_host *host, const char *closure, char **ret)
{
	_cleanup_free_ char *version = NULL, *kernel = NULL;
	int r;

	r = read_word(host, closure, "nixos-version", &version);
	if (r == 0)
		r = module_version(host, closure, &kernel);
	if (r < 0)
		return r;
	*ret = ka_format("NixOS %s (Linux %s)", version ? version : "of unknown version",
			 kernel ? kernel : "of unknown version");
	return *ret ? 0 : -ENOMEM;
}

int nixos_adds_secrets(struct ka_host *host, const char *script)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read(host, script, SCRIPT_LIMIT, &text, NULL, NULL);
	if (r < 0) /* named, but not readable: what it would do is unknown */
		return r == -ENOMEM ? r : 1;
	for (cursor = text; (line = ka_next_line(&cursor));)
		if (ka_streq(line, "exit 0"))
			return 0;
	return 1;
}

static int check_secrets(struct ka_host *host, struct nixos_system *s)
{
	int r = s->secrets_script ? nixos_adds_secrets(host, s->secrets_script) : 0;

	s->has_secrets = r > 0;
	for (size_t i = 0; i < s->n_specialisations && r >= 0; i++)
		r = check_secrets(host, &s->specialisations[i]);
	return r < 0 ? r : 0;
}

static int synthesise(struct ka_host *host, const char *closure, struct nixos_system *s)
{
	_cleanup_free_ char *xen = NULL;
	int r;

	s->toplevel = strdup(closure);
	s->init = ka_format("%s/init", closure);
	if (!s->toplevel || !s->init)
		return -ENOMEM;
	r = make_label(host, closure, &s->label);
	if (r == 0)
		r = read_word(host, closure, "system", &s->platform);
	if (r == 0)
		r = link_target(host, closure, "kernel", &s->kernel);
	if (r == 0)
		r = link_target(host, closure, "initrd", &s->initrd);
	if (r == 0)
		r = read_params(host, closure, &s->params);
	if (r == 0)
		r = has_file(host, closure, "append-initrd-secrets", &s->secrets_script);
	if (r == 0)
		r = has_file(host, closure, "xen.gz", &xen);
	s->is_xen = xen != NULL;
	return r;
}

static int synthesise_specialisations(struct ka_host *host, const char *closure,
				      struct nixos_system *s)
{
	_cleanup_free_ char *folder = ka_format("%s/specialisation", closure);
	_cleanup_strv_ char **names = NULL;
	int r;

	if (!folder)
		return -ENOMEM;
	r = ka_host_list(host, folder, &names, NULL);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = 0;
	for (char **p = names; *p && r == 0 && s->n_specialisations < NIXOS_SPECIALISATIONS_LIMIT;
	     p++) {
		_cleanup_free_ char *path = ka_format("%s/%s", folder, *p), *target = NULL;
		struct nixos_system *sub;

		if (!path)
			return -ENOMEM;
		r = ka_host_canonical(host, path, &target);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			r = 0;
			continue;
		}
		sub = nixos_add_specialisation(s, *p);
		r = sub ? synthesise(host, target, sub) : -ENOMEM;
	}
	return r;
}

/* 1: the system is read; 0: it has to be made up from the closure. */
static int read_bootspec(struct ka_host *host, const char *closure, struct nixos_system *ret,
			 struct ka_findings *problems)
{
	_cleanup_free_ char *path = ka_format("%s/boot.json", closure), *text = NULL, *why = NULL;
	struct ka_error err = KA_ERROR_INIT;
	enum nixos_bootspec kind;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = ka_host_read(host, path, JSON_LIMIT, &text, &len, &err);
	if (r == -ENOENT || r == -ENOMEM) {
		ka_error_done(&err);
		return r == -ENOMEM ? r : 0;
	}
	if (r < 0) {
		r = ka_report(problems, KA_ERROR, "nixos-bootspec", path, "rebuild the generation",
			      "%s", ka_error_text(&err, r));
		ka_error_done(&err);
		return r;
	}
	r = nixos_bootspec_parse(text, len, &kind, ret, &why);
	if (r < 0)
		return r;
	switch (kind) {
	case NIXOS_BOOTSPEC_OK:
		return 1;
	case NIXOS_BOOTSPEC_NONE:
		return ka_report(problems, KA_INFO, "nixos-no-bootspec", path, NULL,
				 "no document of RFC 125 (%s): the closure itself is read", why);
	case NIXOS_BOOTSPEC_UNKNOWN:
		return ka_report(problems, KA_WARNING, "nixos-bootspec-version", path,
				 "use a newer kexec-any",
				 "%s is not known to this version: the closure itself is read",
				 why);
	case NIXOS_BOOTSPEC_BAD:
		break;
	}
	return ka_report(problems, KA_ERROR, "nixos-bootspec", path,
			 "rebuild the generation, or pass --ignore=nixos-bootspec to read the "
			 "closure itself",
			 "a damaged bootspec: %s", why);
}

int nixos_closure_read(struct ka_host *host, const char *path, struct nixos_system *ret,
		       struct ka_findings *problems)
{
	struct nixos_system system = { .label = NULL };
	int r;

	r = read_bootspec(host, path, &system, problems);
	if (r == 0) {
		r = synthesise(host, path, &system);
		if (r == 0)
			r = synthesise_specialisations(host, path, &system);
	}
	if (r >= 0)
		r = check_secrets(host, &system);
	if (r < 0)
		nixos_system_done(&system);
	else
		*ret = system;
	return r < 0 ? r : 0;
}
