// SPDX-License-Identifier: GPL-2.0-or-later
/* A boot that ends at a shell on the console: fine for who sits there, the end for who does not. */

#include "checks/checks.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* What systemd takes for a target (kernel-command-line(7)): the last word of a kind counts. */
static const char *const modes[] = { "emergency", "-b", "rescue", "single", "-s", "s", "S", "1" };
static const char *const levels[] = { "2", "3", "4", "5" };
static const char *const initrd_modes[] = { "rd.emergency", "rd.rescue" };
static const char *const units[] = { "rescue.target", "emergency.target" };

/* Words that stop wherever they stand: dracut.cmdline(7), initramfs-tools(7), NixOS' stage 1, Ubuntu's
 * friendly-recovery. */
static const char *const stops[] = { "rd.break",	   "break",
				     "boot.debug1",	   "recovery",
				     "boot.debug1devices", "boot.debug1mounts" };
static const char *const rd_breaks[] = { "cmdline",   "pre-udev", "pre-trigger", "initqueue",
					 "pre-mount", "mount",	  "pre-pivot",	 "cleanup" };
static const char *const breaks[] = { "top",	   "modules", "premount", "mount",
				      "mountroot", "bottom",  "init" };

static const char *const shells[] = { "sh",  "bash", "dash", "ash",	"ksh",
				      "zsh", "fish", "mksh", "busybox", "sulogin" };

static bool is_one_of(const char *const *list, size_t n, const char *text, size_t len)
{
	const struct ka_word word = { .text = text, .len = len };

	for (size_t i = 0; i < n; i++)
		if (ka_word_is(&word, list[i]))
			return true;
	return false;
}

#define IS_ONE_OF(list, text, len) is_one_of(list, ARRAY_SIZE(list), text, len)

/* Words of a command line that stop the boot, by what they are about; length 0: there is none. */
struct stop {
	struct ka_word unit, initrd_unit, other;
};

static void set(struct ka_word *slot, bool stops_here, const struct ka_word *word)
{
	*slot = stops_here ? *word : (struct ka_word){ 0 };
}

static void look_at(const struct ka_word *word, struct stop *stop)
{
	const char *value;
	size_t len;

	if (IS_ONE_OF(modes, word->text, word->len))
		stop->unit = *word;
	else if (IS_ONE_OF(levels, word->text, word->len))
		set(&stop->unit, false, word);
	else if ((value = ka_word_value(word, "systemd.unit", &len)))
		set(&stop->unit, IS_ONE_OF(units, value, len), word);
	else if (IS_ONE_OF(initrd_modes, word->text, word->len))
		stop->initrd_unit = *word;
	else if ((value = ka_word_value(word, "rd.systemd.unit", &len)))
		set(&stop->initrd_unit, IS_ONE_OF(units, value, len), word);
	else if (IS_ONE_OF(stops, word->text, word->len) ||
		 ((value = ka_word_value(word, "rd.break", &len)) &&
		  IS_ONE_OF(rd_breaks, value, len)) ||
		 ((value = ka_word_value(word, "break", &len)) && IS_ONE_OF(breaks, value, len)))
		stop->other = *word;
}

/* KEY= names a shell: then the word, for the caller to free. */
static char *find_shell(const char *cmdline, const char *key)
{
	_cleanup_free_ char *path = NULL;
	const char *name;

	if (!ka_cmdline_get(cmdline, key, &path))
		return NULL;
	name = strrchr(path, '/');
	name = name ? name + 1 : path;
	if (!IS_ONE_OF(shells, name, strlen(name)))
		return NULL;
	return ka_format("%s=%s", key, path);
}

/* A word that stops the boot, for the caller to free; NULL: none. */
static char *find_stop(const char *cmdline)
{
	const char *cursor = cmdline;
	struct stop stop = { 0 };
	struct ka_word word;
	char *shell;

	if (!cmdline)
		return NULL;
	while (ka_cmdline_next(&cursor, &word))
		look_at(&word, &stop);
	word = stop.other.len ? stop.other : stop.initrd_unit.len ? stop.initrd_unit : stop.unit;
	if (word.len)
		return ka_strndup(word.text, word.len);
	shell = find_shell(cmdline, "init");
	return shell ? shell : find_shell(cmdline, "rdinit");
}

/* A machine that runs in such a mode now has somebody at its console. */
void ka_check_rescue(struct ka_check_context *c)
{
	_cleanup_free_ char *next = find_stop(c->plan->cmdline);
	_cleanup_free_ char *now = find_stop(c->machine->cmdline);

	if (!next || now)
		return;
	ka_report(c->findings, KA_WARNING, KA_ID_RESCUE, NULL,
		  "take the word out (--cmdline=), or another entry (--list), unless somebody "
		  "is at the console",
		  "'%s' on the command line ends the boot at a shell on the console: over the "
		  "network the machine will not come back",
		  next);
}
