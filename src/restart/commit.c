// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the loader would write back: EFI variables (efivar.c), and variables of GRUB environment
 * blocks, which lie in files, or in sectors of btrfs' header. Their format is that of
 * grub-core/lib/envblk.c: a first line, then NAME=VALUE lines with '\' before '\' and line breaks,
 * then '#' up to a size that never changes (GRUB writes the blocks of the file, not the file).
 */

#include "restart/commit.h"

#include "base/sys.h"
#include "restart/efivar.h"

#include <kexec-any/host.h>
#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define SIGNATURE  "# GRUB Environment Block\n"
#define SIZE_LIMIT (1u << 20)

static size_t escaped_length(const char *value)
{
	size_t n = 0;

	for (; *value; value++)
		n += *value == '\\' || *value == '\n' ? 2 : 1;
	return n;
}

static char *put_escaped(char *p, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '\n')
			*p++ = '\\';
		*p++ = *value;
	}
	return p;
}

/* The end of a line, its escaped line breaks passed over. */
static char *line_end(char *p, const char *end)
{
	while (p < end && *p != '\n')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	return p < end ? p : (char *)end;
}

/* The first line of this variable; NULL if there is none. */
static char *find_variable(char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	while (p < end) {
		if ((size_t)(end - p) > n && strncmp(p, name, n) == 0 && p[n] == '=')
			return p;
		p = line_end(p, end);
		if (p < end)
			p++;
	}
	return NULL;
}

static void delete_line(char *line, char *end)
{
	char *next = line_end(line, end);
	size_t len;

	if (next == end) /* cut off: GRUB leaves it */
		return;
	next++;
	len = (size_t)(next - line);
	memmove(line, next, (size_t)(end - next));
	memset(end - len, '#', len);
}

/* Replace the value of a line in place; what is behind it moves. */
static int replace_value(char *value_start, char *space, char *end, const char *value)
{
	char *old_end = line_end(value_start, end);
	size_t old_len = (size_t)(old_end - value_start), len = escaped_length(value);

	/* Cut off: the line has no end before the padding. */
	if (old_end >= space)
		return -EBADMSG;
	if (len > old_len && len - old_len > (size_t)(end - space))
		return -ENOSPC;
	if (len > old_len)
		memmove(value_start + len, old_end, (size_t)(end - (value_start + len)));
	else if (len < old_len) {
		memmove(value_start + len, old_end, (size_t)(end - old_end));
		memset(end - (old_len - len), '#', old_len - len);
	}
	put_escaped(value_start, value);
	return 0;
}

static int append_line(char *space, const char *end, const char *name, const char *value)
{
	size_t n = strlen(name);

	if ((size_t)(end - space) < n + 1 + escaped_length(value) + 1)
		return -ENOSPC;
	for (; *name; name++)
		*space++ = *name;
	*space++ = '=';
	*put_escaped(space, value) = '\n';
	return 0;
}

int ka_grubenv_edit(char *data, size_t size, const char *name, const char *value)
{
	char *end = data + size, *start, *line, *space = end;

	if (size <= strlen(SIGNATURE) || memcmp(data, SIGNATURE, strlen(SIGNATURE)) != 0)
		return -EBADMSG;
	start = data + strlen(SIGNATURE);
	while (space > start && space[-1] == '#')
		space--;

	line = find_variable(start, space, name);
	if (!value) {
		if (line)
			delete_line(line, end);
		return 0;
	}
	/* A line that ends nowhere: GRUB takes the block for broken. */
	if (space[-1] != '\n')
		return -EBADMSG;
	if (line)
		return replace_value(line + strlen(name) + 1, space, end, value);
	return append_line(space, end, name, value);
}

void ka_commit_done(struct ka_commit *commit)
{
	for (size_t i = 0; i < commit->n_files; i++) {
		free(commit->files[i].path);
		free(commit->files[i].node);
		free(commit->files[i].data);
		free(commit->files[i].written);
	}
	free(commit->files);
	*commit = (struct ka_commit)KA_COMMIT_INIT;
}

/* An environment block that is open: a file, or sectors of a volume. */
struct place {
	int fd;
	const char *path;
	const struct ka_blocks *blocks; /* NULL: it is a file */
};

static void close_place(struct place *place)
{
	ka_closep(&place->fd);
}

/* node NULL: it is a file. */
static int open_place(const char *path, const char *node, const struct ka_blocks *blocks,
		      struct place *ret)
{
	*ret = (struct place){
		.fd = ka_sys->open(node ? node : path, O_RDWR),
		.path = path,
		.blocks = node ? blocks : NULL,
	};
	return ret->fd < 0 ? ret->fd : 0;
}

/* How many bytes it has. */
static int measure(const struct place *place, size_t *ret, struct ka_error *err)
{
	struct stat st = { .st_size = place->blocks ? (off_t)place->blocks->size : 0 };

	if (!place->blocks && fstat(place->fd, &st) < 0)
		return ka_fail_sys(err, ka_errno(), "cannot examine '%s'", place->path);
	if (st.st_size <= 0 || st.st_size > SIZE_LIMIT)
		return ka_fail(err, -EFBIG, "'%s' has %lld bytes: no environment block",
			       place->path, (long long)st.st_size);
	*ret = (size_t)st.st_size;
	return 0;
}

static int read_place(const struct place *place, char **ret, size_t *ret_size, struct ka_error *err)
{
	_cleanup_free_ char *data = NULL;
	size_t size = 0;
	ssize_t n;
	int r = measure(place, &size, err);

	if (r < 0)
		return r;
	data = ka_malloc(size);
	n = place->blocks ? ka_sys->read_at(place->fd, data, size, (off_t)place->blocks->offset)
			  : ka_sys->read(place->fd, data, size);
	if (n < 0 || (size_t)n != size)
		return ka_fail_sys(err, n < 0 ? (int)n : -EIO, "cannot read '%s'", place->path);
	*ret = TAKE_PTR(data);
	*ret_size = size;
	return 0;
}

static ssize_t put(const struct place *place, const char *data, size_t size)
{
	if (place->blocks)
		return ka_sys->write_at(place->fd, data, size, (off_t)place->blocks->offset);
	return ka_sys->write(place->fd, data, size);
}

/* In place, as GRUB does: the blocks it knows stay where they are. Read back afterwards. */
static int write_place(const struct place *place, const char *data, size_t size,
		       struct ka_error *err)
{
	_cleanup_free_ char *check = NULL;
	size_t check_size = 0;
	ssize_t n = put(place, data, size);
	int r;

	if (n < 0 || (size_t)n != size)
		return ka_fail_sys(err, n < 0 ? (int)n : -EIO, "cannot write '%s'", place->path);
	r = ka_sys->fsync(place->fd);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot write '%s' to the disk", place->path);
	r = read_place(place, &check, &check_size, err);
	if (r < 0)
		return r;
	if (check_size != size || (size > 0 && memcmp(check, data, size) != 0))
		return ka_fail(err, -EIO, "'%s' does not hold what was written to it", place->path);
	return 0;
}

/* Remember a file as it was before the first write to it. data NULL: it was not there. */
static void keep(struct ka_commit *commit, enum ka_write_kind kind, const char *path,
		 const char *data, size_t size)
{
	struct ka_commit_file *f;

	for (size_t i = 0; i < commit->n_files; i++)
		if (ka_streq(commit->files[i].path, path))
			return;
	commit->files = ka_reallocarray(commit->files, commit->n_files + 1, sizeof(*commit->files));
	f = &commit->files[commit->n_files++];
	*f = (struct ka_commit_file){
		.kind = kind,
		.path = ka_strdup(path),
		.data = data ? ka_memdup(data, size) : NULL,
		.size = size,
	};
	if (kind == KA_WRITE_GRUBENV && !ka_blocks_parse(path, &f->node, &f->blocks))
		f->node = NULL;
}

static void keep_written(struct ka_commit *commit, const char *path, const char *data, size_t size)
{
	for (size_t i = 0; i < commit->n_files; i++) {
		struct ka_commit_file *f = &commit->files[i];

		if (!ka_streq(f->path, path))
			continue;
		free(f->written);
		f->written = data ? ka_memdup(data, size) : NULL;
		f->written_size = size;
	}
}

static const char *guid_of(enum ka_write_kind kind)
{
	return kind == KA_WRITE_EFI_GLOBAL ? KA_EFI_GUID_GLOBAL : KA_EFI_GUID_LOADER;
}

static int apply_variable(struct ka_commit *commit, const struct ka_write *write,
			  struct ka_error *err)
{
	_cleanup_free_ char *path = ka_efivar_path(write->name, guid_of(write->kind)), *old = NULL,
			    *data = NULL;
	size_t old_size = 0, size = 0;
	int r;

	r = ka_efivar_read(path, &old, &old_size, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (write->value)
		data = ka_efivar_encode(write->value, &size);
	/* The firmware's memory wears out: nothing is written that is there already. */
	if (old && data ? old_size == size && memcmp(old, data, size) == 0 : !old && !data)
		return 0;
	keep(commit, KA_WRITE_EFI, path, old, old_size);
	r = ka_efivar_write(path, data, size, err);
	if (r == 0)
		keep_written(commit, path, data, size);
	return r;
}

static int apply_grubenv(struct ka_commit *commit, const struct ka_write *write,
			 struct ka_error *err)
{
	_cleanup_(close_place) struct place place = { .fd = -1 };
	_cleanup_free_ char *data = NULL, *node = NULL;
	struct ka_blocks blocks = { .size = 0 };
	size_t size = 0;
	int r;

	if (!ka_blocks_parse(write->path, &node, &blocks))
		node = NULL;
	r = open_place(write->path, node, &blocks, &place);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot open '%s' for writing", write->path);
	r = read_place(&place, &data, &size, err);
	if (r < 0)
		return r;
	keep(commit, KA_WRITE_GRUBENV, write->path, data, size);
	r = ka_grubenv_edit(data, size, write->name, write->value);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot set %s in '%s'", write->name, write->path);
	r = write_place(&place, data, size, err);
	if (r == 0)
		keep_written(commit, write->path, data, size);
	return r;
}

static int apply_one(struct ka_commit *commit, const struct ka_write *write, struct ka_error *err)
{
	return write->kind == KA_WRITE_GRUBENV ? apply_grubenv(commit, write, err)
					       : apply_variable(commit, write, err);
}

int ka_commit_apply(struct ka_commit *commit, const struct ka_writes *writes, struct ka_error *err)
{
	struct ka_error second = KA_ERROR_INIT;
	int r = 0, q;

	for (size_t i = 0; i < writes->n && r == 0; i++)
		r = apply_one(commit, &writes->items[i], err);
	if (r < 0) {
		q = ka_commit_revert(commit, &second);
		if (q < 0)
			ka_fail_in(err, r, "%s", ka_error_text(&second, q));
		ka_error_done(&second);
	}
	return r;
}

int ka_commit_read(const struct ka_commit_file *f, char **ret, size_t *ret_size,
		   struct ka_error *err)
{
	_cleanup_(close_place) struct place place = { .fd = -1 };
	int r;

	if (f->kind == KA_WRITE_EFI) {
		r = ka_efivar_read(f->path, ret, ret_size, err);
		if (r == -ENOENT)
			*ret = NULL;
		return r == -ENOENT ? 0 : r;
	}
	r = open_place(f->path, f->node, &f->blocks, &place);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot open '%s'", f->path);
	return read_place(&place, ret, ret_size, err);
}

static int revert_one(const struct ka_commit_file *f, struct ka_error *err)
{
	_cleanup_(close_place) struct place place = { .fd = -1 };
	int r;

	if (f->kind == KA_WRITE_EFI)
		return ka_efivar_write(f->path, f->data, f->size, err);
	r = open_place(f->path, f->node, &f->blocks, &place);
	if (r < 0)
		return ka_fail_sys(err, r, "cannot put '%s' back as it was", f->path);
	return write_place(&place, f->data, f->size, err);
}

int ka_commit_revert(struct ka_commit *commit, struct ka_error *err)
{
	int r = 0;

	for (size_t i = 0; i < commit->n_files; i++) {
		int q = revert_one(&commit->files[i], err);

		if (q < 0)
			r = q;
	}
	ka_commit_done(commit);
	return r;
}

/* Without reading back, and without words: ka_commit_revert() for when memory ran out. */
static void revert_one_now(const struct ka_commit_file *f)
{
	_cleanup_(close_place) struct place place = { .fd = -1 };
	int r;

	if (f->kind == KA_WRITE_EFI) {
		r = ka_efivar_write(f->path, f->data, f->size, NULL);
		(void)r; /* nobody is left to hear of it */
		return;
	}
	if (open_place(f->path, f->node, &f->blocks, &place) < 0)
		return;
	if (put(&place, f->data, f->size) > 0)
		ka_sys->fsync(place.fd);
}

void ka_commit_revert_now(const struct ka_commit *commit)
{
	for (size_t i = 0; i < commit->n_files; i++)
		revert_one_now(&commit->files[i]);
}
