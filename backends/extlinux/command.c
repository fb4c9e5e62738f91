// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a command of SYSLINUX starts: by its type, or by the end of its first word (execute() and
 * parse_image_type() in com32/elflink/ldlinux), and what a kernel is handed then (new_linux_kernel()).
 */

#include "syslinux.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* MAX_CMDLINE_LEN: a command as long as this is not run. */
#define COMMAND_LIMIT 2048

/* In the order in which the loader tries them. */
static const struct {
	const char *name;
	enum sys_kind kind;
} extensions[] = {
	{ ".c32", SYS_MODULE }, { ".img", SYS_CHAIN }, { ".bss", SYS_CHAIN },
	{ ".bin", SYS_CHAIN },	{ ".bs", SYS_CHAIN },  { ".0", SYS_CHAIN },
};

static const struct {
	const char *name;
	enum sys_kind kind;
} types[] = {
	{ "localboot", SYS_CHAIN }, { "kernel", SYS_LINUX }, { "linux", SYS_LINUX },
	{ "boot", SYS_CHAIN },	    { "bss", SYS_CHAIN },    { "pxe", SYS_CHAIN },
	{ "fdimage", SYS_CHAIN },   { "com32", SYS_MODULE }, { "config", SYS_CONFIG },
};

const char *sys_skip_space(const char *p)
{
	while (*p && sys_is_space(*p))
		p++;
	return p;
}

size_t sys_word_length(const char *p)
{
	size_t n = 0;

	while (p[n] && !sys_is_space(p[n]))
		n++;
	return n;
}

const char *sys_extension(size_t n)
{
	return n < ARRAY_SIZE(extensions) ? extensions[n].name : NULL;
}

static bool ends_with(const char *word, size_t n, const char *end)
{
	size_t m = strlen(end);

	return n >= m && strncmp(word + n - m, end, m) == 0;
}

static enum sys_kind kind_of(const char *command)
{
	size_t n = sys_word_length(command);

	for (size_t i = 0; i < ARRAY_SIZE(extensions); i++)
		if (ends_with(command, n, extensions[i].name))
			return extensions[i].kind;
	return SYS_LINUX;
}

void sys_run_done(struct sys_run *run)
{
	free(run->program);
	free(run->arguments);
}

/* ".linux /vmlinuz root=…": the type stands before the rest. */
static const char *take_type(const char *command, enum sys_kind *kind)
{
	size_t n = sys_word_length(command);

	for (size_t i = 0; *command == '.' && i < ARRAY_SIZE(types); i++)
		if (strlen(types[i].name) == n - 1 &&
		    strncmp(types[i].name, command + 1, n - 1) == 0) {
			*kind = types[i].kind;
			return sys_skip_space(command + n);
		}
	return NULL;
}

void sys_run_make(const char *command, struct sys_run *ret)
{
	enum sys_kind kind = kind_of(command);
	const char *rest;
	size_t n;

	*ret = (struct sys_run){ .kind = SYS_TOO_LONG };
	if (strlen(command) >= COMMAND_LIMIT) {
		ret->program = ka_strndup(command, sys_word_length(command));
		ret->arguments = ka_strdup("");
		return;
	}
	while ((rest = take_type(command, &kind)))
		command = rest;
	n = sys_word_length(command);
	ret->kind = kind;
	/* COM32 takes a name without its end. */
	ret->program =
		ka_format("%.*s%s", (int)n, command,
			  kind == SYS_MODULE && !ends_with(command, n, ".c32") ? ".c32" : "");
	ret->arguments = ka_strdup(sys_skip_space(command + n));
}

bool sys_run_is_menu(const struct sys_run *run)
{
	const char *slash = strrchr(run->program, '/'), *name = slash ? slash + 1 : run->program;

	return run->kind == SYS_MODULE &&
	       (ka_streq(name, "menu.c32") || ka_streq(name, "vesamenu.c32"));
}

char *sys_run_cmdline(const struct sys_run *run)
{
	return ka_format("BOOT_IMAGE=%s %s", run->program, run->arguments);
}
