// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * GRUB: grub.cfg is a program, so it is run (script.h, interp.c) until it shows its menu; the
 * default is resolved as GRUB resolves it, and the chosen entry's body is run to see what it loads.
 *
 * What only GRUB could know (a key that is pressed, a firmware table) is tried both ways. When the
 * answers agree on what boots, nobody needs to know; when they do not, the menu is undecided.
 */

#include "grub.h"
#include "boot.h"

#include <kexec-any/backend.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <stdio.h>

#define CONFIG_LIMIT 65536
#define RUNS_LIMIT   64 /* ways through unknown conditions */

static const char *const config_paths[] = { "/boot/grub/grub.cfg", "/boot/grub2/grub.cfg" };

/* --- one run through the configuration */

struct run {
	struct grub g;
	struct ka_menu menu;
	char **keys; /* "0>2": where each entry stands, in the order of menu.entries */
	size_t n_keys;
	size_t n_writes; /* made before the menu was shown */
	char *running;	 /* the running kernel's command line */
};

static void run_done(struct run *run)
{
	grub_done(&run->g);
	ka_menu_done(&run->menu);
	ka_strv_free(run->keys);
	free(run->running);
}

/* A level of the menu on the way down. */
struct level {
	const char *key;     /* "0>2"; "" outermost */
	const char *id;	     /* path of ids */
	char *const *titles; /* of the submenus */
};

/* What GRUB sets before it runs an entry: chosen, and what is left of default. before: the value of
 * default as it was outside, NULL when it was not set. */
static void set_chosen(struct grub *g, const struct grub_item *item, const char *before)
{
	_cleanup_(ka_buf_done) struct ka_buf chosen = { 0 };
	const char *above = grub_get(g, "chosen"),
		   *rest = before ? grub_default_rest(before) : NULL;
	int r = 0;

	if (above)
		r = ka_buf_addf(&chosen, "%s>", above);
	for (const char *p = item->id; *p && r == 0; p++)
		r = *p == '>' ? ka_buf_adds(&chosen, ">>") : ka_buf_add(&chosen, p, 1);
	if (r < 0) {
		g->error = -ENOMEM;
		return;
	}
	grub_set(g, "chosen", chosen.text ? chosen.text : "");
	grub_export(g, "chosen");
	if (rest)
		grub_set(g, "default", rest);
	else if (!g->dialect->inherits_all)
		grub_unset(g, "default");
}

/* The value of default, to outlive the variable. */
static char *take_default(struct grub *g)
{
	const char *value = grub_get(g, "default");
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		g->error = -ENOMEM;
	return copy;
}

/* Open a submenu: its own environment and menu, filled by its body. The caller closes it. */
static bool open_submenu(struct grub *g, const struct grub_item *item)
{
	_cleanup_free_ char *value = take_default(g);

	if (g->context->depth >= GRUB_SOURCE_LIMIT) {
		grub_give_up(g, -E2BIG, "submenus nested more than 16 deep");
		return false;
	}
	if (!grub_context_open(g))
		return false;
	g->context->menu = calloc(1, sizeof(*g->context->menu));
	if (!g->context->menu) {
		g->error = -ENOMEM;
		return true;
	}
	grub_set(g, "timeout", "0");
	set_chosen(g, item, value);
	grub_run_body(g, item);
	return true;
}

static bool copy_strings(char ***to, char *const *from)
{
	for (; from && *from; from++)
		if (ka_strv_add(to, *from) < 0)
			return false;
	return true;
}

/* An entry that loads nothing boots what is loaded already. */
static bool copy_loaded(struct grub_boot *to, const struct grub_boot *from)
{
	to->kind = from->kind;
	to->linux_device = from->linux_device ? strdup(from->linux_device) : NULL;
	return copy_strings(&to->linux_words, from->linux_words) &&
	       copy_strings(&to->initrd_words, from->initrd_words) &&
	       !to->linux_device == !from->linux_device;
}

/* Run an entry's body for what it loads. */
static void run_entry(struct grub *g, const struct grub_item *item, struct grub_boot *boot)
{
	_cleanup_free_ char *value = take_default(g);

	set_chosen(g, item, value);
	g->boot = boot;
	boot->status = grub_run_body(g, item);
	g->boot = &g->outside;
	if (boot->kind == GRUB_BOOT_NOTHING && g->outside.kind == GRUB_BOOT_LINUX &&
	    !copy_loaded(boot, &g->outside))
		g->error = -ENOMEM;
}

static int join_id(const char *above, const char *id, char **ret)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	int r = *above ? ka_buf_addf(&buf, "%s>", above) : 0;

	for (; *id && r == 0; id++)
		r = *id == '>' ? ka_buf_adds(&buf, ">>") : ka_buf_add(&buf, id, 1);
	if (r == 0)
		*ret = ka_buf_take(&buf);
	return r == 0 && *ret ? 0 : -ENOMEM;
}

static int add_key(struct run *run, const char *key)
{
	size_t n = run->n_keys;

	if ((n & (n + 1)) == 0) {
		char **p = reallocarray(run->keys, (n + 1) * 2, sizeof(*p));

		if (!p)
			return -ENOMEM;
		run->keys = p;
	}
	run->keys[n] = strdup(key);
	run->keys[n + 1] = NULL;
	if (!run->keys[n])
		return -ENOMEM;
	run->n_keys++;
	return 0;
}

/* The writes logged from first on; of several about one variable, the last. */
static int take_writes(const struct grub *g, size_t first, struct ka_writes *ret)
{
	int r = 0;

	for (size_t i = first; i < g->n_writes && r == 0; i++) {
		const struct grub_write *w = &g->writes[i];
		bool later = false;

		for (size_t k = i + 1; k < g->n_writes; k++)
			later |= ka_streq(g->writes[k].file, w->file) &&
				 ka_streq(g->writes[k].name, w->name);
		if (!later)
			r = ka_writes_add(ret, KA_WRITE_GRUBENV, w->file, w->name, w->value);
	}
	return r;
}

static int new_entry(const struct level *level, const struct grub_item *item, struct ka_entry **ret)
{
	_cleanup_(ka_entry_freep) struct ka_entry *e = NULL;
	int r;

	r = ka_entry_new(&e);
	if (r == 0)
		r = join_id(level->id, item->id, &e->id);
	if (r < 0)
		return r;
	e->title = strdup(item->title);
	e->source_path = strdup(item->file);
	e->source_line = item->line;
	for (char *const *p = level->titles; p && *p && r == 0; p++)
		r = ka_strv_add(&e->menu, *p);
	if (r < 0 || !e->title || !e->source_path)
		return -ENOMEM;
	*ret = TAKE_PTR(e);
	return 0;
}

static int list_menu(struct run *run, const struct level *level);

static int list_submenu(struct run *run, const struct level *level, const struct grub_item *item,
			const char *key)
{
	_cleanup_strv_ char **titles = NULL;
	_cleanup_free_ char *id = NULL;
	struct level inner;
	int r;

	r = join_id(level->id, item->id, &id);
	for (char *const *p = level->titles; p && *p && r == 0; p++)
		r = ka_strv_add(&titles, *p);
	if (r == 0)
		r = ka_strv_add(&titles, item->title);
	if (r < 0)
		return r;
	inner = (struct level){ .key = key, .id = id, .titles = titles };
	if (!open_submenu(&run->g, item))
		return run->g.error;
	r = run->g.error ? run->g.error : list_menu(run, &inner);
	grub_context_close(&run->g);
	return r;
}

/*
 * The other ways grub-set-default(8) may name an entry of a submenu: numbers, titles, and the
 * submenu's number before the entry's own id. (A single number is --list's.)
 */
static int add_aliases(const struct level *level, const struct grub_item *item, const char *key,
		       struct ka_entry *entry)
{
	_cleanup_free_ char *titles = NULL, *mixed = NULL;
	int r = 0;

	if (!*level->key)
		return 0;
	for (char *const *p = level->titles; p && *p && r == 0; p++) {
		_cleanup_free_ char *above = TAKE_PTR(titles);

		r = join_id(above ? above : "", *p, &titles);
	}
	if (r == 0) {
		_cleanup_free_ char *above = TAKE_PTR(titles);

		r = join_id(above ? above : "", item->title, &titles);
	}
	if (r == 0)
		r = join_id(level->key, item->id, &mixed);
	if (r == 0)
		r = ka_strv_add(&entry->aliases, key);
	if (r == 0)
		r = ka_strv_add(&entry->aliases, mixed);
	if (r == 0 && !ka_streq(titles, entry->id))
		r = ka_strv_add(&entry->aliases, titles);
	return r;
}

static int list_entry(struct run *run, const struct level *level, const struct grub_item *item,
		      const char *key)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	_cleanup_(grub_boot_done) struct grub_boot boot = { .kind = GRUB_BOOT_NOTHING };
	struct grub *g = &run->g;
	int r;

	r = new_entry(level, item, &entry);
	if (r < 0)
		return r;
	g->tainted = false;
	run_entry(g, item, &boot);
	g->stopped = false;
	/* A menu inside the entry (configfile): followed only where it would boot. */
	while (g->shown && g->context->depth > g->undo_depth && g->context == g->shown) {
		grub_context_close(g);
		g->shown = NULL;
	}
	r = g->error ? g->error : grub_fill_entry(g, &boot, run->running, entry);
	if (r == 0 && g->tainted)
		r = ka_report(&entry->problems, KA_WARNING, "grub-unknown-condition",
			      entry->source_path, NULL,
			      "the entry looks at something that cannot be known from here");
	if (r == 0)
		r = add_key(run, key);
	if (r == 0)
		r = take_writes(g, run->n_writes, &entry->writes);
	if (r == 0)
		r = add_aliases(level, item, key, entry);
	if (r == 0)
		r = ka_menu_add(&run->menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 0;
}

/* One item. What it writes and how many steps it takes is its own affair. */
static int list_item(struct run *run, const struct level *level, const struct grub_item *item,
		     const char *key)
{
	struct grub *g = &run->g;
	size_t n_writes = g->n_writes;
	uint64_t steps = g->steps;
	int r;

	r = item->is_submenu ? list_submenu(run, level, item, key)
			     : list_entry(run, level, item, key);
	g->steps = steps;
	grub_drop_writes(g, n_writes);
	return r;
}

/* All entries below a menu, in its order. Each sees the variables as they are when the menu is
 * shown, whatever the entries before it would set. */
static int list_menu(struct run *run, const struct level *level)
{
	struct grub *g = &run->g;
	const struct grub_menu *menu = g->context->menu;
	int r = 0;

	for (size_t i = 0; i < menu->n_items && r == 0; i++) {
		_cleanup_free_ char *key =
			ka_format("%s%s%zu", level->key, *level->key ? ">" : "", i);
		struct grub_journal journal;

		if (!key)
			return -ENOMEM;
		grub_journal_push(g, &journal);
		r = list_item(run, level, menu->items[i], key);
		grub_journal_pop(g, &journal);
		if (r == 0)
			r = g->error;
	}
	return r;
}

/* --- the default */

/* Where the default leads, and what it loads. */
struct choice {
	char *key;
	char *id; /* what $chosen was in the entry: the path of ids */
	struct grub_boot boot;
	bool restricted;
};

static void choice_done(struct choice *choice)
{
	free(choice->key);
	free(choice->id);
	grub_boot_done(&choice->boot);
}

/*
 * Follow the default from the menu that is shown: through submenus, and through entries that show a
 * menu of their own (configfile). Run for real: what it writes is what GRUB writes.
 */
static int follow_default(struct run *run, struct choice *ret)
{
	struct grub *g = &run->g;
	char *key = strdup("");

	for (;;) {
		const struct grub_menu *menu = g->context->menu;
		size_t index = grub_default_index(g, menu, grub_get(g, "default"));
		const struct grub_item *item = menu->items[index];
		char *longer = key ? ka_format("%s%s%zu", key, *key ? ">" : "", index) : NULL;

		free(key);
		key = longer;
		if (!key)
			return -ENOMEM;
		ret->restricted |= item->restricted && grub_get(g, "superusers");
		if (item->is_submenu) {
			if (!open_submenu(g, item))
				break;
			if (g->error || g->context->menu->n_items == 0)
				break; /* an empty submenu: back to the menu above */
			continue;
		}
		grub_boot_done(&ret->boot);
		run_entry(g, item, &ret->boot);
		if (!g->shown || g->error)
			break;
		/* The entry shows another menu: the default goes on in there. */
		g->shown = NULL;
		g->stopped = false;
	}
	ret->key = key;
	ret->id = strdup(grub_get(g, "chosen") ? grub_get(g, "chosen") : "");
	return ret->id ? g->error : -ENOMEM;
}

static ssize_t index_of_key(const struct run *run, const char *key)
{
	for (size_t i = 0; i < run->n_keys; i++)
		if (ka_streq(run->keys[i], key))
			return (ssize_t)i;
	return -1;
}

/* --- where the configuration is, and what GRUB knows before it reads it */

static const char *platform(struct ka_host *host)
{
	return ka_host_exists(host, "/sys/firmware/efi") ? "efi" : "pc";
}

/* BIOS GRUB runs in 32 bits; so does EFI's on 32-bit firmware. */
static const char *processor(struct ka_host *host)
{
	_cleanup_free_ char *bits = NULL, *arch = NULL;

	if (ka_host_read_line(host, "/proc/sys/kernel/arch", &arch, NULL) == 0 &&
	    ka_streq(arch, "aarch64"))
		return "arm64";
	if (ka_streq(platform(host), "pc"))
		return "i386";
	if (ka_host_read_line(host, "/sys/firmware/efi/fw_platform_size", &bits, NULL) == 0 &&
	    ka_streq(bits, "32"))
		return "i386";
	return "x86_64";
}

static void set_features(struct grub *g)
{
	static const char *const features[] = {
		"chainloader_bpb",  "ntldr",	     "platform_search_hint", "default_font_path",
		"all_video_module", "menuentry_id",  "menuentry_options",    "200_final",
		"nativedisk_cmd",   "timeout_style",
	};

	for (size_t i = 0; i < ARRAY_SIZE(features); i++) {
		char name[64];

		snprintf(name, sizeof(name), "feature_%s", features[i]);
		grub_set(g, name, "y");
		grub_export(g, name);
	}
	/* Since 2.14, and in Fedora from 43 on. */
	if (g->dialect->status_decides || g->dialect->bls == GRUB_BLS_UPSTREAM) {
		grub_set(g, "feature_search_cryptodisk_only", "y");
		grub_export(g, "feature_search_cryptodisk_only");
	}
}

static void set_exported(struct grub *g, const char *name, const char *value)
{
	grub_set(g, name, value);
	grub_export(g, name);
}

/*
 * The device grub.cfg lies on, as $root and in $prefix. Its real name is the firmware's; the
 * running kernel may have been told it.
 */
static int set_start(struct run *run, const char *config, char **ret_path)
{
	_cleanup_(ka_ref_done) struct ka_ref ref = { NULL, NULL };
	_cleanup_free_ char *prefix = NULL;
	struct grub *g = &run->g;
	struct grub_device *d;
	int r;

	r = ka_host_reference(g->host, config, &ref);
	if (r == -ENOMEM)
		return r;
	if (r < 0) { /* mounts unknown: everything on one file system */
		ref.volume = strdup("");
		ref.path = strdup(config);
	}
	d = ref.volume && ref.path ? grub_device_guess(g, ref.volume) : NULL;
	if (!d)
		return -ENOMEM;
	*ret_path = ka_format("(%s)%s", d->name, ref.path);
	prefix = ka_format("(%s)%.*s", d->name, (int)(strrchr(ref.path, '/') - ref.path), ref.path);
	if (!*ret_path || !prefix)
		return -ENOMEM;
	set_exported(g, "root", d->name);
	set_exported(g, "prefix", prefix);
	set_exported(g, "grub_platform", platform(g->host));
	set_exported(g, "grub_cpu", processor(g->host));
	set_features(g);
	grub_set(g, "?", "0"); /* left by what ran before the file */
	return g->error;
}

/* Read grub.cfg up to the menu it shows. 1: there is one, 0: GRUB would show its prompt. */
static int read_config(struct run *run, const char *config)
{
	_cleanup_free_ char *path = NULL;
	struct grub *g = &run->g;
	int r;

	g->context->menu = calloc(1, sizeof(*g->context->menu));
	if (!g->context->menu)
		return -ENOMEM;
	r = set_start(run, config, &path);
	if (r < 0)
		return r;
	grub_source(g, path);
	if (g->error)
		return g->error;
	/* halt, reboot or exit at top level: no menu. */
	if (g->stopped && !g->shown)
		return 0;
	g->stopped = g->returning = false;
	g->shown = NULL;
	g->breaks = 0;
	return g->context->menu->n_items > 0;
}

/* --- one whole run */

static int set_reason(struct run *run, const char *value)
{
	struct ka_menu *menu = &run->menu;
	const char *once = grub_get(&run->g, "boot_once"),
		   *saved = grub_get(&run->g, "saved_entry");

	/* A stub only leads there: the file that defines the menu is the one that says it. */
	menu->reason_source = strdup(run->g.context->menu->items[0]->file);
	if (once && *once) {
		menu->reason = KA_REASON_ONESHOT;
		menu->reason_text = ka_format("default=%s, for this boot only", value ? value : "");
	} else if (value && saved && *saved && ka_streq(value, saved)) {
		menu->reason = KA_REASON_SAVED;
		menu->reason_text = ka_format("saved_entry=%s", saved);
	} else if (value && *value) {
		menu->reason = KA_REASON_CONFIGURED;
		menu->reason_text = ka_format("default=%s", value);
	} else {
		menu->reason = menu->n_entries == 1 ? KA_REASON_ONLY : KA_REASON_FIRST;
		menu->reason_text = strdup(menu->n_entries == 1 ? "the only entry"
								: "no default is set: the first");
	}
	return menu->reason_source && menu->reason_text ? 0 : -ENOMEM;
}

/* The default is in an entry that shows a menu of its own, which the list does not open. */
static int add_choice(struct run *run, const struct choice *choice)
{
	_cleanup_(ka_entry_freep) struct ka_entry *entry = NULL;
	struct grub *g = &run->g;
	const struct grub_menu *menu = g->context->menu;
	const char *key = choice->key ? choice->key : "", *last = strrchr(key, '>');
	const struct level level = { .key = "", .id = "" };
	uint64_t index;
	int r;

	if (ka_parse_u64(last ? last + 1 : key, KA_MENU_LIMIT, &index) < 0 ||
	    index >= menu->n_items)
		return -EINVAL;
	r = new_entry(&level, menu->items[index], &entry);
	if (r < 0)
		return r;
	free(entry->id);
	entry->id = strdup(choice->id ? choice->id : key);
	if (!entry->id)
		return -ENOMEM;
	r = grub_fill_entry(g, &choice->boot, run->running, entry);
	if (r == 0)
		r = take_writes(g, run->n_writes, &entry->writes);
	if (r == 0)
		r = ka_menu_add(&run->menu, entry);
	if (r < 0)
		return r;
	entry = NULL;
	return 0;
}

static int report_choice(struct run *run, const struct choice *choice, const char *timeout)
{
	struct ka_menu *menu = &run->menu;
	int r = 0;

	if (choice->restricted)
		r = ka_report(&menu->problems, KA_WARNING, "grub-password", NULL,
			      "add --unrestricted to the entry",
			      "GRUB would ask for a password before it boots the default entry");
	if (r == 0 && (!timeout || *timeout < '0' || *timeout > '9'))
		r = ka_report(
			&menu->problems, KA_WARNING, "grub-waits", NULL,
			"set GRUB_TIMEOUT= in /etc/default/grub",
			"GRUB has no timeout set and would wait at its menu for somebody; the "
			"entry it highlights is taken");
	return r;
}

static int decide_default(struct run *run)
{
	_cleanup_(choice_done) struct choice choice = { .key = NULL };
	_cleanup_free_ char *value = NULL, *timeout = NULL;
	struct grub *g = &run->g;
	const char *p;
	int r;

	p = grub_get(g, "default");
	value = p ? strdup(p) : NULL;
	p = grub_get(g, "timeout");
	timeout = p ? strdup(p) : NULL;

	r = set_reason(run, value);
	if (r == 0)
		r = follow_default(run, &choice);
	if (r < 0)
		return r;
	run->menu.default_index = index_of_key(run, choice.key);
	if (run->menu.default_index < 0) {
		r = add_choice(run, &choice);
		if (r < 0)
			return r;
		run->menu.default_index = (ssize_t)run->menu.n_entries - 1;
	}
	return report_choice(run, &choice, timeout);
}

static int run_once(struct ka_host *host, const struct grub_dialect *dialect, const char *config,
		    const uint8_t *decisions, size_t n_decisions, struct run *run)
{
	const struct level outermost = { .key = "", .id = "" };
	struct grub *g = &run->g;
	int r;

	r = grub_init(g, host, dialect, &run->menu.problems);
	if (r < 0)
		return r;
	g->decisions = decisions;
	g->n_decisions = n_decisions;
	r = ka_host_read_line(host, "/proc/cmdline", &run->running, NULL);
	if (r == -ENOMEM)
		return r;

	r = read_config(run, config);
	if (r <= 0)
		return r;
	run->n_writes = g->n_writes;
	r = take_writes(g, 0, &run->menu.writes);
	if (r < 0)
		return r;
	g->listing = true;
	r = list_menu(run, &outermost);
	g->listing = false;
	if (r == 0)
		r = decide_default(run);
	return r;
}

/* --- all ways through what cannot be known */

static int add_writes(struct ka_buf *buf, const struct ka_writes *writes)
{
	int r = 0;

	for (size_t i = 0; i < writes->n && r == 0; i++)
		r = ka_buf_addf(buf, "%s %s=%s\n", writes->items[i].path, writes->items[i].name,
				writes->items[i].value ? writes->items[i].value : "(deleted)");
	return r;
}

/* What boots and what is written: two runs with equal signatures need no decision. */
static char *signature(const struct ka_menu *menu)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	const struct ka_entry *e;
	int r = 0;

	if (menu->default_index < 0)
		return strdup("nothing");
	e = menu->entries[menu->default_index];
	r = ka_buf_addf(&buf, "%s\n%s\n%s\n", e->id, e->kernel ? e->kernel : "",
			e->cmdline ? e->cmdline : "");
	for (char *const *p = e->initrds; p && *p && r == 0; p++)
		r = ka_buf_addf(&buf, "%s\n", *p);
	if (r == 0)
		r = add_writes(&buf, &menu->writes);
	if (r == 0)
		r = add_writes(&buf, &e->writes);
	return r < 0 ? NULL : ka_buf_take(&buf);
}

struct way {
	uint8_t answers[GRUB_QUESTIONS_LIMIT];
	size_t n;
	char *question; /* the one that is answered differently here */
};

/* The ways still to be gone. */
struct ways {
	struct way items[RUNS_LIMIT];
	size_t n;
	bool too_many;
};

static void ways_done(struct ways *ways)
{
	for (size_t i = 0; i < ways->n; i++)
		free(ways->items[i].question);
}

/* Every question a run asked beyond its answers was taken as no: add the way of yes for each. */
static int add_ways(struct ways *ways, const struct way *from, const struct grub *g)
{
	for (size_t i = from->n; g->questions && g->questions[i]; i++) {
		struct way *way = &ways->items[ways->n];

		if (ways->n >= RUNS_LIMIT) {
			ways->too_many = true;
			return 0;
		}
		*way = *from;
		memset(way->answers + from->n, 0, i - from->n);
		way->answers[i] = 1;
		way->n = i + 1;
		way->question = strdup(g->questions[i]);
		if (!way->question)
			return -ENOMEM;
		ways->n++;
	}
	return 0;
}

/* Go one way. 1: it ends as the first one did, 0: elsewhere. */
static int try_way(struct ka_host *host, const struct grub_dialect *dialect, const char *config,
		   const struct way *way, const char *expected, struct ways *ways)
{
	_cleanup_(run_done) struct run run = { .menu = KA_MENU_INIT };
	_cleanup_free_ char *got = NULL;
	int r;

	r = run_once(host, dialect, config, way->answers, way->n, &run);
	if (r == 0)
		r = add_ways(ways, way, &run.g);
	if (r == 0 && run.g.unread)
		return 0;
	got = r == 0 ? signature(&run.menu) : NULL;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return got ? ka_streq(got, expected) : -ENOMEM;
}

static int try_all(struct ka_host *host, const struct grub_dialect *dialect, const char *config,
		   struct run *first)
{
	_cleanup_(ways_done) struct ways ways = { .n = 0 };
	const struct way none = { .n = 0 };
	_cleanup_free_ char *expected = signature(&first->menu);
	int r;

	if (!expected)
		return -ENOMEM;
	if (first->g.unread) {
		first->menu.undecided = ka_format("%s, and GRUB reads it", first->g.unread);
		return first->menu.undecided ? 0 : -ENOMEM;
	}
	r = add_ways(&ways, &none, &first->g);
	for (size_t i = 0; i < ways.n && r == 0; i++) {
		const struct way way = ways.items[i];

		r = try_way(host, dialect, config, &way, expected, &ways);
		if (r < 0)
			return r;
		if (r == 0) {
			first->menu.undecided = ka_format("%s decides what boots", way.question);
			return first->menu.undecided ? 0 : -ENOMEM;
		}
		r = 0;
	}
	if (r == 0 && ways.too_many) {
		first->menu.undecided = ka_format("more than %d ways lead through what cannot be "
						  "known from here, the first at %s",
						  RUNS_LIMIT, ways.items[0].question);
		r = first->menu.undecided ? 0 : -ENOMEM;
	}
	return r;
}

/* --- the backend */

static const char *find_config(struct ka_host *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(config_paths); i++) {
		int r = ka_host_stat(host, config_paths[i], NULL);

		/* In a folder that is not ours to see it may be: reading it will tell. */
		if (r > 0 || r == -EACCES)
			return config_paths[i];
	}
	return NULL;
}

/* Two installations, and nothing tells which one the firmware starts. */
static int report_second(struct ka_host *host, const char *config, struct ka_menu *menu)
{
	for (size_t i = 0; i < ARRAY_SIZE(config_paths); i++) {
		_cleanup_free_ char *a = NULL, *b = NULL;

		if (ka_streq(config_paths[i], config) || !ka_host_exists(host, config_paths[i]))
			continue;
		if (ka_host_canonical(host, config, &a) >= 0 &&
		    ka_host_canonical(host, config_paths[i], &b) >= 0 && ka_streq(a, b))
			continue;
		menu->undecided = ka_format("there are two GRUB configurations, %s and %s, and "
					    "nothing here tells which one the firmware starts",
					    config, config_paths[i]);
		return menu->undecided ? 0 : -ENOMEM;
	}
	return 0;
}

/* Upstream's blscfg came with 2.14, as a module that lies beside grub.cfg. */
static bool has_blsuki(struct ka_host *host, const char *config)
{
	static const char *const folders[] = { "i386-pc", "x86_64-efi", "i386-efi", "arm64-efi" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *path = ka_format("%.*s/%s/blsuki.mod",
						      (int)(strrchr(config, '/') - config), config,
						      folders[i]);

		if (path && ka_host_exists(host, path))
			return true;
	}
	return false;
}

struct os_release {
	bool fedora, rhel;
	uint64_t version;
};

static void read_os_release(struct ka_host *host, struct os_release *ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	*ret = (struct os_release){ .version = 0 };
	if (ka_host_read(host, "/etc/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *value = ka_startswith(line, "VERSION_ID=");

		if (value)
			ret->version = strtoull(value + (*value == '"'), NULL, 10);
		else if (ka_streq(line, "ID=fedora"))
			ret->fedora = true;
		else if (ka_startswith(line, "ID=") || ka_startswith(line, "ID_LIKE="))
			ret->rhel |= strstr(line, "rhel") != NULL;
	}
}

/* ID= of os-release(5), which names the distribution's folder on the ESP. */
static int read_os_id(struct ka_host *host, char **ret)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;

	if (ka_host_read(host, "/etc/os-release", CONFIG_LIMIT, &text, NULL, NULL) < 0)
		return 0;
	for (cursor = text; (line = ka_next_line(&cursor));) {
		const char *value = ka_startswith(line, "ID=");

		if (!value)
			continue;
		value += *value == '"';
		*ret = strndup(value, strcspn(value, "\""));
		return *ret ? 0 : -ENOMEM;
	}
	return 0;
}

/* Whose GRUB: by the distribution, which ships it. */
static const struct grub_dialect *find_dialect(struct ka_host *host, const char *config)
{
	struct os_release os;

	read_os_release(host, &os);
	if (os.fedora) {
		if (os.version == 0 || os.version >= 45)
			return &grub_fedora_efi;
		return os.version >= 43	  ? &grub_fedora
		       : os.version >= 31 ? &grub_fedora_old
					  : &grub_upstream;
	}
	if (os.rhel) {
		if (os.version >= 10)
			return &grub_fedora_efi;
		return os.version == 9	 ? &grub_fedora
		       : os.version == 8 ? &grub_rhel8
					 : &grub_upstream;
	}
	return has_blsuki(host, config) ? &grub_upstream_bls : &grub_upstream;
}

/* GRUB writes BOOT_IMAGE= with a path; LoaderInfo names it on EFI. */
static int was_booted(struct ka_host *host)
{
	_cleanup_free_ char *info = NULL, *cmdline = NULL, *image = NULL;
	int r;

	if (ka_host_efi_string(host, "LoaderInfo", KA_EFI_GUID_LOADER, &info) == 0)
		return ka_startswith(info, "GRUB") != NULL;
	r = ka_host_read_line(host, "/proc/cmdline", &cmdline, NULL);
	if (r == 0)
		r = ka_cmdline_get(cmdline, "BOOT_IMAGE", &image);
	if (r == -ENOMEM)
		return r;
	return image && (*image == '(' || *image == '/');
}

static int grub_backend_probe(struct ka_host *host, struct ka_evidence *ret,
			      _unused_ struct ka_error *err)
{
	const char *config = find_config(host);
	int booted;

	if (!config) {
		ret->text = ka_format("no %s, no %s", config_paths[0], config_paths[1]);
		return ret->text ? 0 : -ENOMEM;
	}
	booted = was_booted(host);
	if (booted < 0)
		return booted;
	ret->strength = booted ? KA_STRENGTH_BOOTED : KA_STRENGTH_INSTALLED;
	ret->text = ka_format("%s%s", config, booted ? ", and GRUB started this machine" : "");
	return ret->text ? 1 : -ENOMEM;
}

/*
 * On EFI the core reads a small grub.cfg beside it on the ESP first, in the distribution's folder.
 * It finds the real one and shows that (configfile), with variables it may have set itself. NULL:
 * there is none.
 */
static int find_stub(struct ka_host *host, char **ret)
{
	static const char *const mounts[] = { "/boot/efi", "/efi", "/boot" };
	_cleanup_free_ char *id = NULL;

	if (!ka_host_exists(host, "/sys/firmware/efi") || read_os_id(host, &id) < 0 || !id)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		_cleanup_free_ char *path = ka_format("%s/EFI/%s/grub.cfg", mounts[i], id);

		if (!path)
			return -ENOMEM;
		if (ka_host_exists(host, path)) {
			*ret = TAKE_PTR(path);
			return 0;
		}
	}
	return 0;
}

/* One run from where GRUB starts. *ret_start is the file it was, to go the other ways from too. */
static int run_first(struct ka_host *host, const struct grub_dialect *dialect, const char *config,
		     char **ret_start, struct run *run)
{
	_cleanup_free_ char *stub = NULL;
	int r;

	r = find_stub(host, &stub);
	if (r < 0)
		return r;
	if (stub) {
		r = run_once(host, dialect, stub, NULL, 0, run);
		if (r < 0 && r != -E2BIG)
			return r;
		if (r == 0 && run->menu.n_entries > 0) {
			*ret_start = TAKE_PTR(stub);
			return 0;
		}
		/* It leads nowhere from here: perhaps another one is used. */
		run_done(run);
		*run = (struct run){ .menu = KA_MENU_INIT };
	}
	*ret_start = strdup(config);
	return *ret_start ? run_once(host, dialect, config, NULL, 0, run) : -ENOMEM;
}

static int grub_backend_discover(struct ka_host *host, struct ka_menu *ret, struct ka_error *err)
{
	_cleanup_(run_done) struct run run = { .menu = KA_MENU_INIT };
	const char *config = find_config(host);
	const struct grub_dialect *dialect;
	_cleanup_free_ char *start = NULL;
	int r;

	if (!config)
		return ka_fail(err, -ENOENT, "no %s, no %s", config_paths[0], config_paths[1]);
	dialect = find_dialect(host, config);
	r = run_first(host, dialect, config, &start, &run);
	if (r == -E2BIG)
		return ka_fail(err, r, "%s",
			       run.menu.problems.n
				       ? run.menu.problems.items[run.menu.problems.n - 1].text
				       : "a limit was hit");
	if (r == 0)
		r = try_all(host, dialect, start, &run);
	if (r == 0 && !run.menu.undecided)
		r = report_second(host, config, &run.menu);
	if (r < 0)
		return r;
	if (run.menu.undecided)
		run.menu.default_index = -1;
	*ret = run.menu;
	run.menu = (struct ka_menu)KA_MENU_INIT;
	return 0;
}

const struct ka_backend ka_backend_grub = {
	.name = "grub",
	.summary = "GRUB 2: grub.cfg, run as GRUB runs it",
	.probe = grub_backend_probe,
	.discover = grub_backend_discover,
};
