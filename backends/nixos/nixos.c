// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NixOS: the system profile says what boots next, whatever loader is installed; its generations, those
 * of other profiles, and their specialisations are the menu. What a loader's own copies hold beyond
 * that (initrd secrets, signatures) is for the core to take from the loader's entry of the same system,
 * the one with the same init= (struct ka_decree).
 */

#include "nixos.h"

#include <kexec-any/backend.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <time.h>

/* --- one entry */

struct source {
	struct ka_host *host;
	const struct nixos_generation *generation;
	const char *machine; /* as uname -m; NULL: unknown */
	const char *booted;  /* the closure of the running system; NULL: unknown */
	const char *booted_kernel;
};

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
	return p ? ka_strndup(p, strcspn(p, ")")) : NULL;
}

/* A file of the store; NULL, and a problem, when it is not there (garbage-collected, or not mounted). */
static char *take_file(const struct source *source, const char *path, const char *what,
		       enum ka_finding_id id, struct ka_entry *entry)
{
	const struct ka_sought sought = {
		.what = what,
		.name = path,
		.path = path,
		.missing = id,
		.remedy = "mount /nix/store, run nix-store --repair-path, or take another "
			  "generation",
	};

	return ka_entry_take_found(entry, ka_host_stat(source->host, path, NULL), ka_strdup(path),
				   &sought);
}

static void set_files(const struct source *source, const struct nixos_system *s,
		      struct ka_entry *entry)
{
	_cleanup_free_ char *init = NULL;
	char *initrd = NULL;

	if (s->kernel)
		entry->kernel = take_file(source, s->kernel, "kernel", KA_ID_KERNEL_MISSING, entry);
	else
		ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_MISSING, s->toplevel, NULL,
			  "the closure names no kernel");
	if (s->initrd)
		initrd = take_file(source, s->initrd, "initrd", KA_ID_INITRD_MISSING, entry);
	if (initrd)
		ka_pieces_add_file_take(&entry->initrds, initrd);
	if (s->devicetree)
		entry->devicetree = take_file(source, s->devicetree, "devicetree",
					      KA_ID_DEVICETREE_MISSING, entry);
	init = take_file(source, s->init, "init", KA_ID_INIT_MISSING, entry);
	entry->linux_ref.path = ka_strdup_or_null(s->kernel);
}

static void set_cmdline(const struct nixos_system *s, struct ka_entry *entry)
{
	if (!s->params) {
		ka_report(&entry->problems, KA_ERROR, KA_ID_CMDLINE_UNKNOWN, s->toplevel,
			  "pass --cmdline=", "the closure has no kernel-params");
		return;
	}
	entry->cmdline = ka_format("init=%s%s%s", s->init, *s->params ? " " : "", s->params);
	entry->modules = ka_format("%s/kernel-modules/lib/modules", s->toplevel);
}

/* "x86_64-linux" against what runs here. */
static void check_platform(const struct source *source, const struct nixos_system *s,
			   struct ka_entry *entry)
{
	const char *dash = s->platform ? strrchr(s->platform, '-') : NULL;
	size_t n = dash ? (size_t)(dash - s->platform) : 0;

	if (!dash || !source->machine ||
	    (strlen(source->machine) == n && strncmp(s->platform, source->machine, n) == 0))
		return;
	ka_report(&entry->problems, KA_ERROR, KA_ID_KERNEL_ARCH, s->toplevel, NULL,
		  "the system is for %s, this machine is %s", s->platform, source->machine);
}

static void report_limits(const struct nixos_system *s, struct ka_entry *entry)
{
	if (s->is_xen) {
		entry->type = KA_TYPE_XEN;
		ka_report(&entry->problems, KA_ERROR, KA_ID_NOT_LINUX, s->toplevel, "reboot cold",
			  "the system boots through Xen: its kernel alone would come up without "
			  "the hypervisor");
	} else if (s->devicetree) {
		ka_report(&entry->problems, KA_WARNING, KA_ID_DEVICETREE_KEPT, s->devicetree,
			  "reboot cold, when it has changed",
			  "a kexec keeps the devicetree that is in use and does not load this one");
	}
}

/* The system that runs now: the same kernel may be in many. */
static void mark_booted(const struct source *source, const struct nixos_system *s,
			struct ka_entry *entry)
{
	if (!source->booted || !s->toplevel)
		return;
	entry->booted = ka_streq(s->toplevel, source->booted) ? KA_YES : KA_NO;
	if (entry->booted == KA_NO)
		return;
	ka_strv_add(&entry->aliases, "booted-system");
	ka_report(&entry->problems, KA_INFO, KA_ID_NIXOS_BOOTED, entry->source_path, NULL,
		  "this is the system that runs now (/run/booted-system)");
}

static void fill_entry(const struct source *source, const struct nixos_system *s,
		       struct ka_entry *entry)
{
	entry->id = entry_id(source->generation, s->name);
	entry->title = entry_title(source->generation, s);
	entry->version = kernel_version(s->label);
	entry->source_path = ka_strdup_or_null(source->generation->link);
	set_cmdline(s, entry);
	set_files(source, s, entry);
	check_platform(source, s, entry);
	report_limits(s, entry);
	entry->needs_loader_copies = s->has_secrets || s->has_initrds || s->is_signed;
	/* Links in the store tell it without a look into the kernel. */
	if (source->booted_kernel && s->kernel)
		entry->running = ka_streq(s->kernel, source->booted_kernel) ? KA_YES : KA_NO;
	mark_booted(source, s, entry);
}

static int add_entry(const struct source *source, const struct nixos_system *s,
		     const struct ka_findings *problems, struct ka_menu *menu)
{
	struct ka_entry *entry = ka_entry_new();

	fill_entry(source, s, entry);
	ka_findings_copy(&entry->problems, problems);
	return ka_menu_add_take(menu, entry);
}

/* A link that leads nowhere: the generation was collected, or the store is not there; or nobody knows. */
static int add_missing(const struct nixos_generation *g, struct ka_menu *menu)
{
	const struct nixos_system none = { .label = NULL };
	struct ka_entry *entry = ka_entry_new();

	entry->id = entry_id(g, NULL);
	entry->title = entry_title(g, &none);
	entry->source_path = ka_strdup_or_null(g->link);
	if (g->error < 0)
		ka_report(&entry->problems, KA_ERROR, KA_ID_FILE_UNREADABLE, g->link,
			  ka_unread_remedy(g->error),
			  "cannot tell what the generation's link leads to: %s",
			  strerror(-g->error));
	else
		ka_report(&entry->problems, KA_ERROR, KA_ID_NIXOS_CLOSURE_MISSING, g->link,
			  "mount /nix/store, or take another generation",
			  "the link leads to nothing: the generation was garbage-collected, or "
			  "/nix/store is not mounted");
	return ka_menu_add_take(menu, entry);
}

static int add_generation(struct source *source, struct ka_menu *menu)
{
	struct ka_findings problems = KA_FINDINGS_INIT;
	struct nixos_system s;
	int r;

	if (!source->generation->closure)
		return add_missing(source->generation, menu);
	nixos_closure_read(source->host, source->generation->closure, &s, &problems);
	r = add_entry(source, &s, &problems, menu);
	for (size_t i = 0; i < s.n_specialisations && r == 0; i++)
		r = add_entry(source, &s.specialisations[i], &problems, menu);
	nixos_system_done(&s);
	ka_findings_done(&problems);
	return r;
}

/* --- is a restart needed */

/* Do links of that name lead to the same file in both closures? */
static bool same_target(struct ka_host *host, const char *a, const char *b, const char *name)
{
	_cleanup_free_ char *x = ka_format("%s/%s", a, name), *y = ka_format("%s/%s", b, name);
	_cleanup_free_ char *to_x = NULL, *to_y = NULL;
	int r_x = ka_host_canonical(host, x, &to_x), r_y = ka_host_canonical(host, y, &to_y);

	if (!to_x || !to_y)
		return !to_x && !to_y;
	/* Both without it: the same. A path that stays in its closure is no link. */
	return ka_streq(to_x, to_y) ||
	       (r_x == 0 && r_y == 0 && ka_streq(to_x, x) && ka_streq(to_y, y));
}

static bool same_params(struct ka_host *host, const char *a, const char *b)
{
	_cleanup_free_ char *x = ka_format("%s/kernel-params", a),
			    *y = ka_format("%s/kernel-params", b), *text_x = NULL, *text_y = NULL;

	return ka_host_read_line(host, x, &text_x, NULL) == 0 &&
	       ka_host_read_line(host, y, &text_y, NULL) == 0 && ka_streq(text_x, text_y);
}

/* What a restart would change, as NixOS's administrators compare it: "kernel, initrd"; "" for nothing.
 * NULL: the booted system is unknown. */
static char *differences(struct ka_host *host, const struct nixos_profiles *p)
{
	static const char *const links[] = { "kernel", "initrd", "kernel-modules" };
	static const char *const words[] = { "kernel", "initrd", "modules" };
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };

	if (!p->current || !p->booted)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (!same_target(host, p->current, p->booted, links[i]))
			ka_buf_addf(&buf, "%s%s", buf.len > 0 ? ", " : "", words[i]);
	if (!same_params(host, p->current, p->booted))
		ka_buf_addf(&buf, "%sparameters", buf.len > 0 ? ", " : "");
	return ka_buf_take(&buf);
}

static void report_need(struct ka_host *host, const struct nixos_profiles *p, struct ka_menu *menu)
{
	_cleanup_free_ char *what = differences(host, p);

	if (what && *what)
		ka_report(&menu->problems, KA_INFO, KA_ID_NIXOS_RESTART_NEEDED, NIXOS_PROFILE, NULL,
			  "a restart changes what runs: %s", what);
	else if (what)
		ka_report(&menu->problems, KA_INFO, KA_ID_NIXOS_RESTART_NOT_NEEDED, NIXOS_PROFILE,
			  "nixos-rebuild switch, or systemctl soft-reboot",
			  "kernel, initrd, modules and parameters are those that run already");
}

/* --- the backend */

static int nixos_probe(struct ka_host *host, _unused_ const struct ka_chain *chain,
		       struct ka_evidence *ret, _unused_ struct ka_error *err)
{
	_cleanup_free_ char *target = NULL, *what = NULL;
	struct nixos_profiles p = { .n = 0 };
	int r;

	r = ka_host_readlink(host, NIXOS_PROFILE, &target);
	ret->strength = KA_STRENGTH_DECREED;
	if (r == -ENOENT || r == -ENOTDIR || r == -EINVAL) {
		ret->text = ka_format("no %s", NIXOS_PROFILE);
		return 0;
	}
	/* Discovery says then what cannot be read; nobody else may decide. */
	if (r < 0) {
		ret->text = ka_format("%s cannot be read: %s", NIXOS_PROFILE, strerror(-r));
		return 1;
	}
	if (ka_host_canonical(host, NIXOS_PROFILE, &p.current) > 0 &&
	    ka_host_canonical(host, "/run/booted-system", &p.booted) > 0)
		what = differences(host, &p);
	nixos_profiles_done(&p);
	ret->text = ka_format("%s -> %s%s%s", NIXOS_PROFILE, target,
			      !what   ? ""
			      : *what ? "; a restart changes "
				      : "; a restart changes nothing that is booted",
			      what ? what : "");
	return 1;
}

static void set_default(const struct nixos_profiles *p, size_t index, struct ka_menu *menu)
{
	menu->default_index = (ssize_t)index;
	menu->reason = KA_REASON_CONFIGURED;
	menu->reason_source = ka_strdup(NIXOS_PROFILE);
	menu->reason_text = ka_format("%s -> %s", NIXOS_PROFILE, p->target);
}

static bool is_current(const struct nixos_profiles *p, const struct nixos_generation *g)
{
	return !g->profile && p->current_number && g->number == p->current_number &&
	       (!p->current || (g->closure && ka_streq(g->closure, p->current)));
}

static int fill_menu(struct ka_host *host, const struct nixos_profiles *p, struct ka_menu *menu)
{
	_cleanup_free_ char *machine = NULL, *booted_kernel = NULL, *link = NULL;
	struct source source = { .host = host, .booted = p->booted };
	int r = 0;

	if (ka_host_machine(host, &machine) == 0)
		source.machine = machine;
	if (p->booted) {
		link = ka_format("%s/kernel", p->booted);
		if (ka_host_canonical(host, link, &booted_kernel) >= 0)
			source.booted_kernel = booted_kernel;
	}
	for (size_t i = 0; i < p->n && r == 0; i++) {
		size_t first = menu->n_entries;

		source.generation = &p->items[i];
		r = add_generation(&source, menu);
		if (r == 0 && menu->default_index < 0 && is_current(p, source.generation))
			set_default(p, first, menu);
	}
	if (r == 0)
		report_need(host, p, menu);
	return r;
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

	if (r == 0)
		set_default(p, first, menu);
	return r;
}

static int nixos_discover(struct ka_host *host, _unused_ const struct ka_chain *chain,
			  struct ka_menu *ret, struct ka_error *err)
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
	ka_menu_make_ids_unique(&menu);
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
