// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Usage: program [-m] FILE
 *
 * What an EFI program is by kexec-any; with -m: what is in a memdisk. For the group "programs" of the
 * recorded answers.
 */

#include "image/memdisk.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

/* Bytes that would not be seen as \xNN. */
static void put(const char *key, const char *text)
{
	if (!text)
		return;
	printf("%s ", key);
	for (; *text; text++)
		if (*text == '\\')
			fputs("\\\\", stdout);
		else if (ka_is_print(*text))
			putchar(*text);
		else
			printf("\\x%02x", (unsigned char)*text);
	putchar('\n');
}

static void put_file(const struct ka_memdisk *disk, const struct ka_memdisk_file *file)
{
	_cleanup_free_ char *text = NULL;

	put(file->is_folder ? "folder" : "file", file->name);
	if (!file->is_folder && file->len < 4096 &&
	    ka_memdisk_read(disk, file->name, &text, NULL) == 0)
		put("text", text);
}

static int put_memdisk(struct ka_memdisk *disk, int r)
{
	printf("memdisk %s\n", r < 0 ? strerror(-r) : "read");
	for (size_t i = 0; r == 0 && i < disk->n_files; i++)
		put_file(disk, &disk->files[i]);
	ka_memdisk_free(disk);
	return 0;
}

static int show_memdisk(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct ka_memdisk *disk = NULL;
	struct ka_reader reader = { .fd = fd };
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	reader.size = (uint64_t)st.st_size;
	r = ka_memdisk_parse(&reader, &disk);
	return put_memdisk(disk, r);
}

static void put_modules(const struct ka_program *p)
{
	if (!p->modules)
		return;
	printf("modules");
	for (char **m = p->modules; *m; m++)
		printf(" %s", *m);
	putchar('\n');
}

static int show_program(struct ka_host *host, const char *path)
{
	struct ka_program p = { .kind = KA_PROGRAM_UNKNOWN };
	struct ka_memdisk *disk = NULL;
	int r = ka_program_identify(host, path, &p);

	if (r < 0)
		return 1;
	put("kind", ka_program_title(p.kind));
	put("evidence", ka_program_evidence_name(p.evidence));
	put("vendor", p.vendor);
	put("version", p.version);
	put("prefix", p.prefix);
	put("config", p.config);
	put_modules(&p);
	if (p.memdisk_size > 0) {
		r = ka_memdisk_open(host, path, &p, &disk);
		put_memdisk(disk, r);
	}
	ka_program_done(&p);
	return 0;
}

int main(int argc, char **argv)
{
	struct ka_host *host = NULL;
	int r;

	if (argc == 3 && ka_streq(argv[1], "-m"))
		return show_memdisk(argv[2]);
	if (argc != 2 || ka_host_new(NULL, &host, NULL) < 0)
		return 2;
	r = show_program(host, argv[1]);
	ka_host_free(host);
	return r;
}
