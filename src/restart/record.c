// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The record of a restart: a first line, then a line for each file, "KIND OLD NEW PATH", the bytes in
 * hexadecimal digits, "-" for a file that was not there.
 */

#include "restart/record.h"

#include "base/sys.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>

#define FIRST_LINE   "kexec-any restart 1"
#define RECORD_LIMIT (16u << 20)

int ka_record_lock(struct ka_error *err)
{
	pid_t pid = 0;
	int fd = ka_sys->lock(KA_LOCK_PATH, &pid);

	if (fd == -EAGAIN)
		return ka_fail(
			err, fd,
			"another kexec-any (process %ld) is loading or restarting; try again "
			"when it has ended",
			(long)pid);
	return fd < 0 ? ka_fail_sys(err, fd, "cannot lock '%s'", KA_LOCK_PATH) : fd;
}

static void add_bytes(struct ka_buf *buf, const char *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	if (!data)
		ka_buf_adds(buf, "-");
	for (size_t i = 0; data && i < size; i++) {
		const unsigned char c = (unsigned char)data[i];
		const char pair[2] = { digits[c >> 4], digits[c & 15] };

		ka_buf_add(buf, pair, sizeof(pair));
	}
	ka_buf_adds(buf, " ");
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next word of the line, as bytes. */
static int take_bytes(char **line, char **ret, size_t *ret_size)
{
	char *word = *line, *end = strchr(word, ' ');
	_cleanup_free_ char *data = NULL;
	size_t n;

	if (!end || end == word)
		return -EBADMSG;
	*line = end + 1;
	*ret_size = 0;
	if (end - word == 1 && *word == '-') {
		*ret = NULL;
		return 0;
	}
	n = (size_t)(end - word);
	if (n % 2)
		return -EBADMSG;
	data = ka_malloc(n / 2);
	for (size_t i = 0; i < n; i += 2) {
		if (digit(word[i]) < 0 || digit(word[i + 1]) < 0)
			return -EBADMSG;
		data[i / 2] = (char)(digit(word[i]) << 4 | digit(word[i + 1]));
	}
	*ret = TAKE_PTR(data);
	*ret_size = n / 2;
	return 0;
}

static int take_line(struct ka_commit *commit, char *line)
{
	struct ka_commit_file *f;
	char *rest;

	commit->files = ka_reallocarray(commit->files, commit->n_files + 1, sizeof(*commit->files));
	f = &commit->files[commit->n_files++];
	*f = (struct ka_commit_file){ .kind = KA_WRITE_GRUBENV };
	if ((rest = (char *)ka_startswith(line, "variable ")))
		f->kind = KA_WRITE_EFI;
	else
		rest = (char *)ka_startswith(line, "grubenv ");
	if (!rest || take_bytes(&rest, &f->data, &f->size) < 0 ||
	    take_bytes(&rest, &f->written, &f->written_size) < 0 || *rest != '/')
		return -EBADMSG;
	/* An environment block is never made or deleted. */
	if (f->kind == KA_WRITE_GRUBENV && (!f->data || !f->written))
		return -EBADMSG;
	f->path = ka_strdup(rest);
	if (f->kind == KA_WRITE_GRUBENV && !ka_blocks_parse(f->path, &f->node, &f->blocks))
		f->node = NULL;
	return 0;
}

static int read_record(struct ka_host *host, struct ka_commit *ret, struct ka_error *err)
{
	_cleanup_free_ char *text = NULL;
	char *cursor, *line;
	int r;

	r = ka_host_read(host, KA_RECORD_PATH, RECORD_LIMIT, &text, NULL, err);
	if (r < 0)
		return r;
	cursor = text;
	line = ka_next_line(&cursor);
	r = line && ka_streq(line, FIRST_LINE) ? 0 : -EBADMSG;
	while (r == 0 && (line = ka_next_line(&cursor)))
		r = take_line(ret, line);
	return r < 0 ? ka_fail(err, r, "'%s' is damaged: delete it", KA_RECORD_PATH) : 0;
}

/* In one piece, and complete before the restart is asked for. */
static int write_record(const struct ka_buf *text, struct ka_error *err)
{
	_cleanup_close_ int fd =
		ka_sys->open(KA_RECORD_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
	ssize_t n;

	if (fd < 0)
		return ka_fail_sys(err, fd, "cannot open '%s' for writing", KA_RECORD_PATH);
	n = ka_sys->write(fd, text->text, text->len);
	if (n < 0 || (size_t)n != text->len)
		return ka_fail_sys(err, n < 0 ? (int)n : -ENOSPC, "cannot write '%s'",
				   KA_RECORD_PATH);
	return 0;
}

int ka_record_save(const struct ka_commit *commit, struct ka_error *err)
{
	_cleanup_(ka_buf_done) struct ka_buf text = { 0 };

	if (commit->n_files == 0)
		return 0;
	ka_buf_adds(&text, FIRST_LINE "\n");
	for (size_t i = 0; i < commit->n_files; i++) {
		const struct ka_commit_file *f = &commit->files[i];

		/* Such a path could not be told from the next line. */
		if (strchr(f->path, '\n'))
			return ka_fail(err, -EINVAL, "a path with a line break in it");
		ka_buf_adds(&text, f->kind == KA_WRITE_GRUBENV ? "grubenv " : "variable ");
		add_bytes(&text, f->data, f->size);
		add_bytes(&text, f->written, f->written_size);
		ka_buf_addf(&text, "%s\n", f->path);
	}
	return write_record(&text, err);
}

int ka_record_exists(struct ka_host *host, struct ka_error *err)
{
	return ka_host_exists(host, KA_RECORD_PATH, err);
}

int ka_record_forget(struct ka_error *err)
{
	int r = ka_sys->unlink(KA_RECORD_PATH);

	return r < 0 && r != -ENOENT ? ka_fail_sys(err, r, "cannot delete '%s'", KA_RECORD_PATH)
				     : 0;
}

/* Between then and now, hours may have passed, and another program may have made its own choice. */
static int is_as_written(const struct ka_commit_file *f, struct ka_error *err)
{
	_cleanup_free_ char *now = NULL;
	size_t size = 0;
	int r = ka_commit_read(f, &now, &size, err);

	if (r < 0)
		return r;
	if (!now || !f->written)
		return !now && !f->written;
	return size == f->written_size && memcmp(now, f->written, size) == 0;
}

static void drop(struct ka_commit *commit, size_t i)
{
	free(commit->files[i].path);
	free(commit->files[i].node);
	free(commit->files[i].data);
	free(commit->files[i].written);
	commit->files[i] = commit->files[--commit->n_files];
}

static int drop_changed(struct ka_commit *commit, struct ka_error *err)
{
	int r = 0;

	for (size_t i = commit->n_files; i-- > 0;) {
		int q = is_as_written(&commit->files[i], err);

		if (q == 0)
			r = ka_fail(err, -ESTALE,
				    "another program changed '%s' after the restart was asked for: "
				    "it is left as it is, the one-shot choice is not put back",
				    commit->files[i].path);
		else if (q < 0)
			r = q;
		if (q <= 0)
			drop(commit, i);
	}
	return r;
}

int ka_record_take_back(struct ka_host *host, struct ka_error *err)
{
	_cleanup_(ka_commit_done) struct ka_commit commit = KA_COMMIT_INIT;
	bool is_any;
	int r, q;

	r = ka_record_exists(host, err);
	if (r > 0)
		r = read_record(host, &commit, err) < 0 ? -EBADMSG : 1;
	if (r <= 0)
		return r;
	r = drop_changed(&commit, err);
	is_any = commit.n_files > 0;
	q = ka_commit_revert(&commit, r < 0 ? NULL : err);
	if (q < 0)
		return q; /* kept: to be tried once more */
	q = ka_record_forget(r < 0 ? NULL : err);
	return r < 0 ? r : q < 0 ? q : is_any;
}
