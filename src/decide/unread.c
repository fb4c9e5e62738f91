// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A short look into the configuration of loaders that no backend reads, for their entries of systems that others
 * record. Known of their grammar is how entries begin, and how they name initrds: enough to tell that an entry has
 * others than the system's own, not enough to boot by. As NixOS's limine-install.py, extlinux-conf-builder.sh and
 * refind-install.py write them, and Limine's CONFIG.md, SYSLINUX's and rEFInd's manuals have it.
 */

#include "decide/copies.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

/* The value of a line that begins with this key and something that separates; NULL: it is another. */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);

	if (ka_ncasecmp(line, key, n) != 0 || !line[n] || !strchr(" \t:=", line[n]))
		return NULL;
	return line + n + strspn(line + n, " \t:=");
}

static bool begins_entry(char *line)
{
	static const char *const words[] = { "label", "menuentry", "submenuentry" };

	/* Limine's titles; before version 8 with colons. */
	if (*line == '/' || *line == ':')
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (value_of(line, words[i]))
			return true;
	return false;
}

static char *initrd_of(char *line)
{
	static const char *const keys[] = { "module_path", "initrd", "initramfs" };
	char *value = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && !value; i++)
		value = value_of(line, keys[i]);
	return value;
}

/* Does a line have this word of a command line, quoted or not? */
static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = line; (p = strstr(p, word)); p += n)
		if ((p == line || strchr(" \t\"':=", p[-1])) && (!p[n] || strchr(" \t\"'", p[n])))
			return true;
	return false;
}

/* An entry on the way. */
struct entry {
	char **initrds; /* as they are written */
	bool is_same;	/* its command line has the word */
};

/* "boot():/limine/kernels/x#HASH", "../nixos/x,../y": without what stands around paths. */
static void add_initrds(struct entry *entry, char *value)
{
	char *save = NULL;

	for (char *p = strtok_r(value, " \t,\"", &save); p; p = strtok_r(NULL, " \t,\"", &save)) {
		char *device = strstr(p, "):");

		p[strcspn(p, "#")] = '\0';
		ka_strv_add(&entry->initrds, device ? device + 2 : p);
	}
}

/*
 * The file of a path below the folders that the configuration is in, the nearest first: the one that is a copy of the
 * original (NULL: the first that is there). NULL: there is none.
 */
static char *find_file(struct ka_host *host, const char *configuration, const char *path,
		       const char *original)
{
	_cleanup_free_ char *folder = ka_strdup(configuration);
	char *slash;

	while ((slash = strrchr(folder, '/'))) {
		_cleanup_free_ char *file = NULL;

		*slash = '\0';
		file = ka_format("%s/%s", folder, path + strspn(path, "/"));
		if (original ? ka_copy_is_same(host, original, file)
			     : ka_host_seems_there(host, file))
			return TAKE_PTR(file);
	}
	return NULL;
}

static bool is_copy(struct ka_host *host, const char *configuration, const char *path,
		    const char *original)
{
	_cleanup_free_ char *file = find_file(host, configuration, path, original);

	return file != NULL;
}

static char *judge(struct ka_host *host, const char *path, const struct entry *entry,
		   const struct ka_entry *ours)
{
	size_t n = ka_strv_length(entry->initrds);

	if (n != ours->initrds.n)
		return ka_format("%zu initrd%s, and the system itself has %zu", n,
				 n == 1 ? "" : "s", ours->initrds.n);
	for (size_t i = 0; i < n; i++) {
		const struct ka_piece *piece = &ours->initrds.items[i];

		if (!piece->path || !is_copy(host, path, entry->initrds[i], piece->path))
			return ka_format("the initrd '%s', and whether that is a copy of %s is "
					 "not known",
					 entry->initrds[i], piece->path ? piece->path : "ours");
	}
	return NULL;
}

/* The lines up to the next entry's first. False: up to the end. */
static bool read_entry(char **text, const char *word, struct entry *ret)
{
	char *line;

	*ret = (struct entry){ .initrds = NULL };
	while ((line = ka_next_line(text))) {
		line += strspn(line, " \t");
		if (begins_entry(line))
			return true;
		if (*line == '#')
			continue;
		ret->is_same = ret->is_same || has_word(line, word);
		if (initrd_of(line))
			add_initrds(ret, initrd_of(line));
	}
	return false;
}

char *ka_copies_unread(struct ka_host *host, const char *path, char *text, const char *word,
		       const struct ka_entry *ours)
{
	bool more = true;
	char *why = NULL;

	while (more && !why) {
		struct entry entry;

		more = read_entry(&text, word, &entry);
		if (entry.is_same)
			why = judge(host, path, &entry, ours);
		ka_strv_free(entry.initrds);
	}
	return why;
}

char **ka_copies_unread_files(struct ka_host *host, const char *path, char *text, const char *word)
{
	bool more = true, found = false;
	char **files = NULL;

	while (more && !found) {
		struct entry entry;

		more = read_entry(&text, word, &entry);
		found = entry.is_same;
		for (char **p = entry.initrds; found && p && *p; p++) {
			char *file = find_file(host, path, *p, NULL);

			if (file) {
				ka_strv_add_take(&files, file);
				continue;
			}
			ka_strv_free(files);
			files = NULL;
			break;
		}
		ka_strv_free(entry.initrds);
	}
	return files;
}
