// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NixOS: the system profile says what boots next, whatever loader is installed; its generations, those
 * of other profiles, and their specialisations are the menu. What a loader's own copies hold beyond
 * that (initrd secrets, signatures) is for the core to take from the loader's entry of the same system,
 * the one with the same init= (struct ka_decree).
 */

#include "nixos.h"

#include <kexec-any/backend.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <time.h>

/* --- one entry */

struct source {
	struct ka_host *host;
	const struct nixos_generation *generation;
	const char *machine; /* as uname -m; NULL: unknown */
	const char *booted;  /* the closure of the running system; NULL: unknown */
	const char *booted_kernel;
};

static int copy(char **to, const char *value)
{
	*to = value ? strdup(value) : NULL;
	return *to || !value ? 0 : -ENOMEM;
}

static char *entry_id(const struct nixos_generation *g, const char *name)
{
	return ka_format("nixos-%s%sgeneration-%llu%s%s", g->profile ? g->profile : "",
			 g->profile ? "-" : "", (unsigned long long)g->number,
			 name ? "-specialisation-" : "", name ? name : "");
}

/* "NixOS [profile] (specialisation) (Generation 42 LABEL, built on 2026-11-01)", as systemd-boot shows
 * what its builder writes. */
static char *entry_title(const struct nixos_generation *g, const struct nixos_system *s)
{
	char date[32] = "an unknown day";
	time_t seconds = (time_t)g->time;
	struct tm tm;

	if (g->time && gmtime_r(&seconds, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	return ka_format("NixOS%s%s%s%s%s%s (Generation %llu %s, built on %s)",
			 g->profile ? " [" : "", g->profile ? g->profile : "",
			 g->profile ? "]" : "", s->name ? " (" : "", s->name ? s->name : "",
			 s->name ? ")" : "", (unsigned long long)g->number,
			 s->label ? s->label : "of unknown content", date);
}

/* "… (Linux 6.12.1)" */
static char *kernel_version(const char *label)
{
	const char *p = label ? strstr(label, "(Linux ") : NULL;

	p = p ? p + strlen("(Linux ") : NULL;
	return p ? strndup(p, strcspn(p, ")")) : NULL;
}

static int take_file(const struct source *source, const char *path, const char *what,
		     const char *id, struct ka_entry *entry, char **ret)
{
	if (ka_host_seems_there(source->host, path))
		return copy(ret, path);
	return ka_report(
		&entry->problems, KA_ERROR, id, path,
		"nix-store --repair-path, or another generation",
		"the %s of this generation does not exist (garbage-collected, or /nix/store is "
		"not mounted)",
		what);
}

static int set_files(const struct source *source, const struct nixos_system *s,
		     struct ka_entry *entry)
{
	char *initrd = NULL;
	int r = 0;

	if (s->kernel)
		r = take_file(source, s->kernel, "kernel", "kernel-missing", entry, &entry->kernel);
	else
		r = ka_report(&entry->problems, KA_ERROR, "kernel-missing", s->toplevel, NULL,
			      "the closure names no kernel");
	if (r == 0 && s->initrd)
		r = take_file(source, s->initrd, "initrd", "initrd-missing", entry, &initrd);
	if (r == 0 && initrd)
		r = ka_pieces_add_file_take(&entry->initrds, initrd);
	if (r == 0 && s->devicetree)
		r = take_file(source, s->devicetree, "devicetree", "devicetree-missing", entry,
			      &entry->devicetree);
	if (r == 0 && !ka_host_seems_there(source->host, s->init))
		r = ka_report(&entry->problems, KA_ERROR, "init-missing", s->init,
			      "nix-store --repair-path, or another generation",
			      "the init of this generation does not exist");
	if (r < 0)
		return r;
	entry->linux_ref.path = s->kernel ? strdup(s->kernel) : NULL;
	return entry->linux_ref.path || !s->kernel ? 0 : -ENOMEM;
}

static int set_cmdline(const struct nixos_system *s, struct ka_entry *entry)
{
	if (!s->params)
		return ka_report(&entry->problems, KA_ERROR, "cmdline-unknown", s->toplevel,
				 "pass --cmdline=", "the closure has no kernel-params");
	entry->cmdline = ka_format("init=%s%s%s", s->init, *s->params ? " " : "", s->params);
	entry->modules = ka_format("%s/kernel-modules/lib/modules", s->toplevel);
	return entry->cmdline && entry->modules ? 0 : -ENOMEM;
}

/* "x86_64-linux" against what runs here. */
static int check_platform(const struct source *source, const struct nixos_system *s,
			  struct ka_entry *entry)
{
	const char *dash = s->platform ? strrchr(s->platform, '-') : NULL;
	size_t n = dash ? (size_t)(dash - s->platform) : 0;

	if (!dash || !source->machine ||
	    (strlen(source->machine) == n && strncmp(s->platform, source->machine, n) == 0))
		return 0;
	return ka_report(&entry->problems, KA_ERROR, "kernel-arch", s->toplevel, NULL,
			 "the system is for %s, this machine is %s", s->platform, source->machine);
}

static int report_limits(const struct nixos_system *s, struct ka_entry *entry)
{
	if (s->is_xen) {
		entry->type = KA_TYPE_XEN;
		return ka_report(
			&entry->problems, KA_ERROR, "not-linux", s->toplevel, "reboot cold",
			"the system boots through Xen: its kernel alone would come up without "
			"the hypervisor");
	}
	if (!s->devicetree)
		return 0;
	return ka_report(&entry->problems, KA_WARNING, "devicetree-kept", s->devicetree,
			 "reboot cold, when it has changed",
			 "a kexec keeps the devicetree that is in use and does not load this one");
}

static int fill_entry(const struct source *source, const struct nixos_system *s,
		      struct ka_entry *entry)
{
	int r;

	entry->id = entry_id(source->generation, s->name);
	entry->title = entry_title(source->generation, s);
	entry->version = kernel_version(s->label);
	if (!entry->id || !entry->title)
		return -ENOMEM;
	r = copy(&entry->source_path, source->generation->link);
	if (r == 0)
		r = set_cmdline(s, entry);
	if (r == 0)
		r = set_files(source, s, entry);
	if (r == 0)
		r = check_platform(source, s, entry);
	if (r == 0)
		r = report_limits(s, entry);
	if (r < 0)
		return r;
	entry->needs_loader_copies = s->has_secrets || s->is_signed;
	/* Links in the store tell it without a look into the kernel. */
	if (source->booted_kernel && s->kernel)
		entry->running = ka_streq(s->kernel, source->booted_kernel) ? KA_YES : KA_NO;
	return 0;
}

/* The system that runs now: the same kernel may be in many. */
static int mark_booted(const struct source *source, const struct nixos_system *s,
		       struct ka_entry *entry)
{
	int r;

	if (!source->booted || !s->toplevel)
		return 0;
	entry->booted = ka_streq(s->toplevel, source->booted) ? KA_YES : KA_NO;
	if (entry->booted == KA_NO)
		return 0;
	r = ka_strv_add(&entry->aliases, "booted-system");
	return r < 0 ? r
		     : ka_report(&entry->problems, KA_INFO, "nixos-booted", entry->source_path,
				 NULL, "this is the system that runs now (/run/booted-system)");
}

static int add_entry(const struct source *source, const struct nixos_system *s,
		     const struct ka_findings *problems, struct ka_menu *menu)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = ka_entry_new();
	int r;

	r = fill_entry(source, s, entry);
	if (r == 0)
		r = mark_booted(source, s, entry);
	if (r == 0)
		r = ka_findings_copy(&entry->problems, problems);
	if (r == 0)
		r = ka_menu_add(menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 0;
}

/* A link that leads nowhere: the generation was collected, or the store is not there. */
static int add_missing(const struct nixos_generation *g, struct ka_menu *menu)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = ka_entry_new();
	const struct nixos_system none = { .label = NULL };
	int r;

	entry->id = entry_id(g, NULL);
	entry->title = entry_title(g, &none);
	if (!entry->id || !entry->title || copy(&entry->source_path, g->link) < 0)
		return -ENOMEM;
	r = ka_report(&entry->problems, KA_ERROR, "nixos-closure-missing", g->link,
		      "mount /nix/store, or take another generation",
		      "the link leads to nothing: the generation was garbage-collected, or "
		      "/nix/store is not mounted");
	if (r == 0)
		r = ka_menu_add(menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 0;
}

static int add_generation(struct source *source, struct ka_menu *menu)
{
	struct ka_findings problems = KA_FINDINGS_INIT;
	struct nixos_system s;
	int r;

	if (!source->generation->closure)
		return add_missing(source->generation, menu);
	r = nixos_closure_read(source->host, source->generation->closure, &s, &problems);
	if (r == 0) {
		r = add_entry(source, &s, &problems, menu);
		for (size_t i = 0; i < s.n_specialisations && r == 0; i++)
			r = add_entry(source, &s.specialisations[i], &problems, menu);
		nixos_system_done(&s);
	}
	ka_findings_done(&problems);
	return r;
}

/* --- is a restart needed */

static int same_target(struct ka_host *host, const char *a, const char *b, const char *name,
		       bool *ret)
{
	_cleanup_free_ char *x = ka_format("%s/%s", a, name), *y = ka_format("%s/%s", b, name);
	_cleanup_free_ char *to_x = NULL, *to_y = NULL;

	if (!x || !y)
		return -ENOMEM;
	if (ka_host_canonical(host, x, &to_x) == -ENOMEM ||
	    ka_host_canonical(host, y, &to_y) == -ENOMEM)
		return -ENOMEM;
	/* Both without it: the same. A path that stays in its closure is no link. */
	*ret = (!to_x && !to_y) || (to_x && to_y && ka_streq(to_x, to_y)) ||
	       (to_x && to_y && ka_streq(to_x, x) && ka_streq(to_y, y) &&
		!ka_host_seems_there(host, x) && !ka_host_seems_there(host, y));
	return 0;
}

static int same_text(struct ka_host *host, const char *a, const char *b, bool *ret)
{
	_cleanup_free_ char *x = ka_format("%s/kernel-params", a),
			    *y = ka_format("%s/kernel-params", b), *text_x = NULL, *text_y = NULL;

	if (!x || !y)
		return -ENOMEM;
	if (ka_host_read_line(host, x, &text_x, NULL) == -ENOMEM ||
	    ka_host_read_line(host, y, &text_y, NULL) == -ENOMEM)
		return -ENOMEM;
	*ret = text_x && text_y && ka_streq(text_x, text_y);
	return 0;
}

/* What a restart would change, as NixOS's administrators compare it: "kernel, initrd"; "" for nothing.
 * *ret stays NULL when the booted system is unknown. */
static int differences(struct ka_host *host, const struct nixos_profiles *p, char **ret)
{
	static const char *const links[] = { "kernel", "initrd", "kernel-modules" };
	static const char *const words[] = { "kernel", "initrd", "modules" };
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	bool same;
	int r = 0;

	if (!p->current || !p->booted)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(links) && r == 0; i++) {
		r = same_target(host, p->current, p->booted, links[i], &same);
		if (r == 0 && !same)
			r = ka_buf_addf(&buf, "%s%s", buf.len > 0 ? ", " : "", words[i]);
	}
	if (r == 0)
		r = same_text(host, p->current, p->booted, &same);
	if (r == 0 && !same)
		r = ka_buf_addf(&buf, "%sparameters", buf.len > 0 ? ", " : "");
	if (r < 0)
		return r;
	*ret = ka_buf_take(&buf);
	return *ret ? 0 : -ENOMEM;
}

static int report_need(struct ka_host *host, const struct nixos_profiles *p, struct ka_menu *menu)
{
	_cleanup_free_ char *what = NULL;
	int r = differences(host, p, &what);

	if (r < 0 || !what)
		return r;
	if (*what)
		return ka_report(&menu->problems, KA_INFO, "nixos-restart-needed", NIXOS_PROFILE,
				 NULL, "a restart changes what runs: %s", what);
	return ka_report(&menu->problems, KA_INFO, "nixos-restart-not-needed", NIXOS_PROFILE,
			 "nixos-rebuild switch, or systemctl soft-reboot",
			 "kernel, initrd, modules and parameters are those that run already");
}

/* --- the backend */

static int nixos_probe(struct ka_host *host, struct ka_evidence *ret, _unused_ struct ka_error *err)
{
	_cleanup_free_ char *target = NULL, *what = NULL;
	struct nixos_profiles p = { .n = 0 };
	int r;

	r = ka_host_readlink(host, NIXOS_PROFILE, &target);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		ret->text = ka_format("no %s", NIXOS_PROFILE);
		return ret->text ? 0 : -ENOMEM;
	}
	if (ka_host_canonical(host, NIXOS_PROFILE, &p.current) == -ENOMEM ||
	    ka_host_canonical(host, "/run/booted-system", &p.booted) == -ENOMEM)
		r = -ENOMEM;
	else
		r = p.booted && ka_host_seems_there(host, p.booted) &&
				    ka_host_seems_there(host, p.current)
			    ? differences(host, &p, &what)
			    : 0;
	nixos_profiles_done(&p);
	if (r < 0)
		return r;
	ret->strength = KA_STRENGTH_DECREED;
	ret->text = ka_format("%s -> %s%s%s", NIXOS_PROFILE, target,
			      !what   ? ""
			      : *what ? "; a restart changes "
				      : "; a restart changes nothing that is booted",
			      what ? what : "");
	return ret->text ? 1 : -ENOMEM;
}

static int set_default(const struct nixos_profiles *p, size_t index, struct ka_menu *menu)
{
	menu->default_index = (ssize_t)index;
	menu->reason = KA_REASON_CONFIGURED;
	menu->reason_source = strdup(NIXOS_PROFILE);
	menu->reason_text = ka_format("%s -> %s", NIXOS_PROFILE, p->target);
	return menu->reason_source && menu->reason_text ? 0 : -ENOMEM;
}

static bool is_current(const struct nixos_profiles *p, const struct nixos_generation *g)
{
	return !g->profile && p->current_number && g->number == p->current_number &&
	       (!p->current || (g->closure && ka_streq(g->closure, p->current)));
}

static int fill_menu(struct ka_host *host, const struct nixos_profiles *p, struct ka_menu *menu)
{
	_cleanup_free_ char *machine = NULL, *booted_kernel = NULL, *link = NULL;
	struct source source = { .host = host };
	int r;

	r = ka_host_machine(host, &machine);
	if (r == -ENOMEM)
		return r;
	if (p->booted) {
		link = ka_format("%s/kernel", p->booted);
		if (!link || ka_host_canonical(host, link, &booted_kernel) == -ENOMEM)
			return -ENOMEM;
	}
	source.machine = machine;
	source.booted = p->booted;
	source.booted_kernel = booted_kernel;
	r = 0;
	for (size_t i = 0; i < p->n && r == 0; i++) {
		size_t first = menu->n_entries;

		source.generation = &p->items[i];
		r = add_generation(&source, menu);
		if (r == 0 && menu->default_index < 0 && is_current(p, source.generation))
			r = set_default(p, first, menu);
	}
	return r == 0 ? report_need(host, p, menu) : r;
}

/* A profile made by hand: the link leads to a closure, and no generation is it. */
static int add_unnumbered(struct ka_host *host, const struct nixos_profiles *p,
			  struct ka_menu *menu)
{
	const struct nixos_generation g = {
		.link = (char *)NIXOS_PROFILE,
		.closure = p->current,
	};
	struct source source = { .host = host, .generation = &g };
	size_t first = menu->n_entries;
	int r = add_generation(&source, menu);

	if (r < 0)
		return r;
	return set_default(p, first, menu);
}

static int nixos_discover(struct ka_host *host, struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(ka_menu_done) struct ka_menu menu = KA_MENU_INIT;
	struct nixos_profiles p;
	int r;

	r = nixos_profiles_read(host, &p, err);
	if (r < 0)
		return r;
	r = fill_menu(host, &p, &menu);
	if (r == 0 && menu.default_index < 0 && p.current)
		r = add_unnumbered(host, &p, &menu);
	nixos_profiles_done(&p);
	if (r == -E2BIG)
		return ka_fail(err, r, "more than %d generations", KA_MENU_LIMIT);
	if (r < 0)
		return r;
	*ret = ka_menu_take(&menu);
	return 0;
}

static const struct ka_decree decree = {
	.word = "init",
	.records = "the system profile",
	.place = "the store",
	.if_differs = "run 'nixos-rebuild boot', or take the loader's choice with --backend=NAME",
	.if_missing =
		"mount /boot, or run 'nixos-rebuild boot' so that the loader has an entry, or "
		"reboot cold",
};

const struct ka_backend ka_backend_nixos = {
	.name = "nixos",
	.summary = "NixOS: generations of the system profile, specialisations",
	.decree = &decree,
	.probe = nixos_probe,
	.discover = nixos_discover,
};
