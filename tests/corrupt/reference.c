// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a compressed stream really contains, by the format's own program. Formats have bits that no decoder
 * reads: a header's time, the padding behind the last code. A test that wants every flip found must ask
 * somebody else whether there was anything to find.
 */

#include "reference.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const char *const programs[_KA_PACKING_MAX][5] = {
	[KA_PACKING_GZIP] = { "gzip", "-dc" },
	[KA_PACKING_BZIP2] = { "bzip2", "-dc" },
	[KA_PACKING_LZMA] = { "xz", "--format=lzma", "-dc" },
	[KA_PACKING_XZ] = { "xz", "--format=xz", "-dc" },
	[KA_PACKING_LZO] = { "lzop", "-dc" },
	[KA_PACKING_LZ4] = { "lz4", "-dc" },
	[KA_PACKING_ZSTD] = { "zstd", "-qdc" },
};

static void die(const char *what)
{
	fprintf(stderr, "damage: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int new_file(void)
{
	int fd = memfd_create("reference", MFD_CLOEXEC);

	if (fd < 0)
		die("memfd_create");
	return fd;
}

static int copy_stream(const uint8_t *file, const struct stream *stream)
{
	int fd = new_file();

	for (size_t at = stream->from; at < stream->to;) {
		ssize_t n = write(fd, file + at, stream->to - at);

		if (n < 0)
			die("write");
		at += (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		die("lseek");
	return fd;
}

/* What it complains of is the damage, which is expected: only the status counts. */
static _Noreturn void become(const char *const *program, int in, int out)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
	    !freopen("/dev/null", "w", stderr))
		_exit(127);
	execvp(program[0], (char *const *)program);
	_exit(127);
}

/* A memory file with what comes out; -1: the program does not take the stream. */
static int decode(const uint8_t *file, const struct stream *stream)
{
	int in = copy_stream(file, stream), out = new_file(), status;
	pid_t child = fork();

	if (child < 0)
		die("fork");
	if (child == 0)
		become(programs[stream->packing], in, out);
	if (waitpid(child, &status, 0) < 0)
		die("waitpid");
	close(in);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return out;
	close(out);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		errno = ENOENT;
		die(programs[stream->packing][0]);
	}
	return -1;
}

static size_t size_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		die("fstat");
	return (size_t)st.st_size;
}

static bool is_same_file(int a, int b)
{
	size_t n = size_of(a);
	void *x, *y;
	bool same;

	if (size_of(b) != n)
		return false;
	if (n == 0)
		return true;
	x = mmap(NULL, n, PROT_READ, MAP_SHARED, a, 0);
	y = mmap(NULL, n, PROT_READ, MAP_SHARED, b, 0);
	if (x == MAP_FAILED || y == MAP_FAILED)
		die("mmap");
	same = memcmp(x, y, n) == 0;
	munmap(x, n);
	munmap(y, n);
	return same;
}

bool reference_is_same(const uint8_t *original, const uint8_t *damaged, const struct stream *stream)
{
	static int undamaged = -1;
	bool same;
	int fd;

	if (undamaged < 0 && (undamaged = decode(original, stream)) < 0) {
		errno = EBADMSG;
		die(programs[stream->packing][0]);
	}
	fd = decode(damaged, stream);
	if (fd < 0)
		return false;
	same = is_same_file(fd, undamaged);
	close(fd);
	return same;
}
