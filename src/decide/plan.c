// SPDX-License-Identifier: GPL-2.0-or-later
/* From an entry to open files and a command line. */

#include "decide/plan.h"

#include "base/memfile.h"
#include "image/unwrap.h"
#include "initrd/initrd.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <sys/resource.h>

static void file_done(struct ka_plan_file *file)
{
	free(file->path);
	if (file->fd >= 0)
		close(file->fd);
	if (file->hashed.fd >= 0)
		close(file->hashed.fd);
}

void ka_plan_done(struct ka_plan *plan)
{
	file_done(&plan->kernel);
	for (size_t i = 0; i < plan->n_initrds; i++)
		file_done(&plan->initrds[i]);
	free(plan->initrds);
	free(plan->cmdline);
	ka_image_done(&plan->image);
	*plan = (struct ka_plan)KA_PLAN_INIT;
}

/* The kernel's limit for what it reads into one buffer is 4 GiB (2 GiB on old ones). */
#define FILE_LIMIT (4ull << 30)

static void open_file(struct ka_host *host, const char *path, const char *what, bool may_be_empty,
		      struct ka_plan_file *ret, struct ka_findings *findings)
{
	_cleanup_close_ int fd = -1;
	struct ka_error err = KA_ERROR_INIT;
	struct stat st = { 0 };
	int r;

	ret->fd = ret->hashed.fd = -1;
	ret->path = ka_strdup(path);
	r = ka_host_open(host, path, &fd, &err);
	if (r == 0 && fstat(fd, &st) < 0)
		r = ka_fail_sys(&err, ka_errno(), "cannot examine '%s'", path);
	if (r < 0) {
		ka_report(findings, KA_ERROR, KA_ID_FILE_UNREADABLE, path, NULL, "%s: %s", what,
			  ka_error_text(&err, r));
		ka_error_done(&err);
		return;
	}
	ret->is_empty = st.st_size == 0;
	if (ret->is_empty) {
		ka_report(findings, may_be_empty ? KA_WARNING : KA_ERROR, KA_ID_FILE_EMPTY, path,
			  "reinstall the kernel package, or rebuild the initrd",
			  "%s: the file is empty", what);
		return;
	}
	if ((uint64_t)st.st_size > FILE_LIMIT) {
		ka_report(findings, KA_ERROR, KA_ID_FILE_TOO_LARGE, path, NULL,
			  "%s: %llu bytes, the limit is %llu", what, (unsigned long long)st.st_size,
			  FILE_LIMIT);
		return;
	}
	ret->size = (uint64_t)st.st_size;
	ret->fd = TAKE_FD(fd);
	ret->opened = st;
}

/* Of an open file, only a part. */
static void narrow(struct ka_plan_file *file, const char *part, uint64_t offset, uint64_t size,
		   struct ka_findings *findings)
{
	char *name;

	if (file->fd >= 0 && (offset > file->size || size > file->size - offset)) {
		ka_report(findings, KA_ERROR, KA_ID_FILE_CHANGED, file->path, "try again",
			  "%s: bytes %llu to %llu are not in the file any more", part,
			  (unsigned long long)offset,
			  (unsigned long long)offset + (unsigned long long)size);
		close(file->fd);
		file->fd = -1;
	}
	name = ka_format("%s (%s)", file->path, part);
	free(file->path);
	file->path = name;
	file->offset = offset;
	file->size = size;
	file->is_part = true;
}

/* Bytes the loader would make itself: a file in memory. */
static int hold_data(const struct ka_piece *piece, struct ka_plan_file *ret)
{
	_cleanup_close_ int fd = -1;
	int r;

	ret->fd = ret->hashed.fd = -1;
	ret->path = ka_strdup(piece->part);
	fd = ka_memfile_new("kexec-any-part");
	if (fd < 0)
		return fd;
	r = ka_memfile_write(fd, piece->data, piece->size);
	if (r < 0)
		return r;
	r = ka_memfile_seal(fd);
	if (r < 0)
		return r;
	ret->fd = r;
	ret->size = piece->size;
	ret->is_part = true;
	return 0;
}

/* others: there are more initrds; the kernel passes over one that is empty then. */
static int open_piece(struct ka_host *host, const struct ka_piece *piece, bool others,
		      struct ka_plan_file *ret, struct ka_findings *findings)
{
	ret->continued = piece->continued;
	if (piece->data)
		return hold_data(piece, ret);
	open_file(host, piece->path, "initrd", others, ret, findings);
	ret->sha256 = piece->sha256;
	if (piece->part)
		narrow(ret, piece->part, piece->offset, piece->size, findings);
	return 0;
}

/* Descriptors that everything else needs. */
#define OTHER_FILES 64

/*
 * Each piece is a file that stays open until the load. The usual limit of 1024 is a soft one, which a
 * process may raise; where that does not reach either, it is said, with the numbers.
 */
static bool may_open(size_t n, struct ka_findings *findings)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= n + OTHER_FILES)
		return true;
	if (limit.rlim_max >= n + OTHER_FILES) {
		limit.rlim_cur = n + OTHER_FILES;
		if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
			return true;
	}
	ka_report(findings, KA_ERROR, KA_ID_INITRD_PIECES, NULL, "raise the limit: ulimit -n",
		  "the initrd has %zu pieces, each of which stays open until the load, and this "
		  "process may open %llu files",
		  n, (unsigned long long)limit.rlim_max);
	return false;
}

/* Joined they are one file for the kernel: what it would not take is not read either. */
static void check_total(struct ka_plan *plan, struct ka_findings *findings)
{
	uint64_t total = 0;

	for (size_t i = 0; i < plan->n_initrds; i++)
		if (plan->initrds[i].fd >= 0)
			total += plan->initrds[i].size;
	if (plan->n_initrds < 2 || total <= FILE_LIMIT)
		return;
	ka_report(findings, KA_ERROR, KA_ID_FILE_TOO_LARGE, plan->initrds[0].path, NULL,
		  "initrd: its %zu files have %llu bytes together, the limit is %llu",
		  plan->n_initrds, (unsigned long long)total, FILE_LIMIT);
	for (size_t i = 0; i < plan->n_initrds; i++) {
		if (plan->initrds[i].fd >= 0)
			close(plan->initrds[i].fd);
		plan->initrds[i].fd = -1;
	}
}

/* Of the pieces, those from n_own on were added to the entry's. */
static int open_initrds(struct ka_host *host, const struct ka_pieces *pieces, size_t n_own,
			struct ka_plan *plan, struct ka_findings *findings)
{
	int r = 0;

	if (pieces->n == 0 || !may_open(pieces->n, findings))
		return 0;
	plan->initrds = ka_calloc(pieces->n, sizeof(*plan->initrds));
	for (size_t i = 0; i < pieces->n && r == 0; i++) {
		struct ka_plan_file *file = &plan->initrds[plan->n_initrds];

		r = open_piece(host, &pieces->items[i], pieces->n > 1, file, findings);
		if (file->is_empty && pieces->n > 1) {
			file_done(file);
			*file = (struct ka_plan_file){ .fd = -1, .hashed.fd = -1 };
		} else {
			if (i < n_own)
				plan->main_initrd = plan->n_initrds;
			plan->n_initrds++;
		}
	}
	if (r == 0 && plan->n_initrds == 0)
		ka_report(findings, KA_ERROR, KA_ID_FILE_EMPTY, pieces->items[0].path,
			  "rebuild the initrd", "initrd: all of its files are empty");
	if (r == 0)
		check_total(plan, findings);
	return r;
}

/* A list of borrowed pieces: the array alone is owned. */
static void borrow(struct ka_pieces *to, struct ka_piece piece)
{
	to->items = ka_reallocarray(to->items, to->n + 1, sizeof(*to->items));
	to->items[to->n++] = piece;
}

static void borrow_named(struct ka_pieces *to, char *const *paths)
{
	for (; paths && *paths; paths++)
		borrow(to, (struct ka_piece){ .path = *paths });
}

/* The entry's, or those named in their place; then those that are to be there as well. */
static int open_all_initrds(struct ka_host *host, const struct ka_entry *entry,
			    const struct ka_overrides *overrides, struct ka_plan *plan,
			    struct ka_findings *findings)
{
	struct ka_pieces pieces = { .n = 0 };
	size_t n_own;
	int r;

	if (overrides->initrds)
		borrow_named(&pieces, overrides->initrds);
	else
		for (size_t i = 0; i < entry->initrds.n; i++)
			borrow(&pieces, entry->initrds.items[i]);
	n_own = pieces.n;
	borrow_named(&pieces, overrides->added_initrds);
	r = open_initrds(host, &pieces, n_own, plan, findings);
	free(pieces.items);
	return r;
}

/* A kernel inside another file is taken out: the system call wants a file of its own. */
static int extract_kernel(struct ka_plan_file *file)
{
	_cleanup_close_ int fd = ka_memfile_new("kexec-any-kernel");
	int r;

	if (fd < 0)
		return fd;
	r = ka_memfile_append(fd, file->fd, file->offset, file->size);
	if (r < 0)
		return r;
	r = ka_memfile_seal(fd);
	if (r < 0)
		return r;
	close(file->fd);
	file->fd = r;
	file->offset = 0;
	file->opened = (struct stat){ .st_size = 0 };
	return 0;
}

/* A kernel that is packed as a whole is unpacked, which the boot loader or its stub would do. */
static void unpack_kernel(struct ka_plan_file *file, struct ka_findings *findings)
{
	const struct ka_reader reader = { .fd = file->fd,
					  .base = file->offset,
					  .size = file->size };
	struct ka_unwrapped unwrapped = { .fd = -1 };
	enum ka_image_kind kind;
	char *name;
	int r = ka_image_unwrap(&reader, file->path, &kind, &unwrapped, findings);

	if (r < 0) {
		kind = KA_IMAGE_COMPRESSED;
		unwrapped.fd = -1;
		ka_report(findings, KA_ERROR, KA_ID_FILE_UNREADABLE, file->path, NULL,
			  "kernel: cannot read it, or keep it in memory: %s", strerror(-r));
	}
	if (kind == KA_IMAGE_UNKNOWN)
		return;
	/* What the loader would hash is the file, not what comes out of it. */
	if (file->sha256) {
		file->hashed = reader;
	} else {
		close(file->fd);
		file->opened = (struct stat){ .st_size = 0 };
	}
	file->fd = unwrapped.fd;
	file->offset = 0;
	file->size = unwrapped.size;
	file->is_part = true;
	file->is_unpacked = true;
	if (file->fd < 0)
		return;
	name = ka_format("%s (%s, unpacked)", file->path, ka_image_kind_name(kind));
	free(file->path);
	file->path = name;
}

static int open_kernel(struct ka_host *host, const struct ka_entry *entry, struct ka_plan *plan,
		       struct ka_findings *findings)
{
	open_file(host, entry->kernel, "kernel", false, &plan->kernel, findings);
	plan->kernel.sha256 = entry->kernel_sha256;
	if (entry->kernel_size > 0)
		narrow(&plan->kernel, ".linux", entry->kernel_offset, entry->kernel_size, findings);
	if (plan->kernel.fd >= 0)
		unpack_kernel(&plan->kernel, findings);
	if (plan->kernel.fd >= 0 && plan->kernel.offset > 0)
		return extract_kernel(&plan->kernel);
	return 0;
}

/*
 * What is on the line of a machine's first boot alone. It would be set up once more: Ignition of Fedora CoreOS,
 * of Flatcar and of the old CoreOS, systemd.condition_first_boot= of kernel-command-line(7).
 */
static void report_first_boot(const char *cmdline, struct ka_findings *findings)
{
	static const char *const words[] = { "ignition.firstboot", "flatcar.first_boot",
					     "coreos.first_boot", "systemd.condition_first_boot" };
	struct ka_word word;

	while (ka_cmdline_next(&cmdline, &word))
		for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
			size_t len;

			if (ka_word_is(&word, words[i]) || ka_word_value(&word, words[i], &len))
				ka_report(findings, KA_WARNING, KA_ID_FIRST_BOOT, "/proc/cmdline",
					  "pass --cmdline= without it",
					  "the running command line has %s, of the first boot: the "
					  "next one would set the machine up again",
					  words[i]);
		}
}

/* The text everything else is appended to; NULL when it is unknown. */
static char *base_cmdline(struct ka_host *host, const struct ka_entry *entry,
			  const struct ka_overrides *overrides, struct ka_findings *findings)
{
	_cleanup_free_ char *running = NULL;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	if (overrides->cmdline)
		return ka_strdup(overrides->cmdline);
	if (!overrides->reuse_cmdline)
		return ka_strdup_or_null(entry->cmdline);

	r = ka_host_read(host, "/proc/cmdline", 65536, &running, NULL, &err);
	if (r == 0) {
		report_first_boot(running, findings);
		return ka_cmdline_reusable(running);
	}
	ka_report(findings, KA_ERROR, KA_ID_CMDLINE_UNKNOWN, "/proc/cmdline",
		  "pass --cmdline=", "the running command line is unknown: %s",
		  ka_error_text(&err, r));
	ka_error_done(&err);
	return NULL;
}

static void make_cmdline(struct ka_host *host, const struct ka_entry *entry,
			 const struct ka_overrides *overrides, struct ka_plan *plan,
			 struct ka_findings *findings)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_free_ char *base = base_cmdline(host, entry, overrides, findings);

	if (!base)
		return;
	ka_buf_adds(&buf, base);
	for (char *const *p = overrides->append; p && *p; p++)
		ka_buf_addf(&buf, "%s%s", buf.len > 0 ? " " : "", *p);
	if (strchr(buf.text, '\n'))
		ka_report(findings, KA_ERROR, KA_ID_CMDLINE_NEWLINE, NULL, "take it out",
			  "the command line holds a line break");
	plan->cmdline = ka_buf_take(&buf);
}

int ka_plan_make(struct ka_host *host, const struct ka_entry *entry,
		 const struct ka_overrides *overrides, struct ka_plan *ret,
		 struct ka_findings *findings)
{
	_cleanup_(ka_plan_done) struct ka_plan plan = KA_PLAN_INIT;
	int r = 0;

	plan.entry = entry;
	if (entry->kernel)
		r = open_kernel(host, entry, &plan, findings);
	if (r == 0)
		r = open_all_initrds(host, entry, overrides, &plan, findings);
	if (r < 0)
		return r;
	make_cmdline(host, entry, overrides, &plan, findings);
	*ret = plan;
	plan = (struct ka_plan)KA_PLAN_INIT;
	return 0;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       is_same_time(a->st_mtim, b->st_mtim) && is_same_time(a->st_ctim, b->st_ctim);
}

static bool report_change(const struct ka_plan_file *file, struct ka_findings *findings)
{
	/* What is hashed must still be what the kernel in memory came out of. */
	int fd = file->hashed.fd >= 0 ? file->hashed.fd : file->fd;
	struct stat now = { 0 };

	if (fd < 0 || file->opened.st_size == 0)
		return false;
	if (fstat(fd, &now) == 0 && is_unchanged(&file->opened, &now))
		return false;
	ka_report(
		findings, KA_ERROR, KA_ID_FILE_CHANGED, file->path,
		"wait until whatever writes it (a package installation?) has ended, and try again",
		"the file was changed after it had been checked: it had %lld bytes and was changed "
		"at %lld.%09ld, now it has %lld bytes, changed at %lld.%09ld",
		(long long)file->opened.st_size, (long long)file->opened.st_ctim.tv_sec,
		file->opened.st_ctim.tv_nsec, (long long)now.st_size, (long long)now.st_ctim.tv_sec,
		now.st_ctim.tv_nsec);
	return true;
}

bool ka_plan_report_changes(const struct ka_plan *plan, struct ka_findings *findings)
{
	bool changed = report_change(&plan->kernel, findings);

	for (size_t i = 0; i < plan->n_initrds; i++)
		changed |= report_change(&plan->initrds[i], findings);
	return changed;
}

uint64_t ka_plan_initrd_size(const struct ka_plan *plan)
{
	uint64_t total = 0;

	for (size_t i = 0; i < plan->n_initrds; i++) {
		const struct ka_plan_file *file = &plan->initrds[i];

		total += i + 1 < plan->n_initrds
				 ? ka_initrd_padded_size(file->size, file->continued)
				 : file->size;
	}
	return total;
}

bool ka_plan_joins(const struct ka_plan *plan)
{
	return plan->n_initrds > 1 || (plan->n_initrds == 1 && plan->initrds[0].is_part);
}

uint64_t ka_plan_memory_needed(const struct ka_plan *plan)
{
	uint64_t copies = ka_plan_joins(plan) ? 3 : 2;

	return plan->kernel.size * (plan->kernel.is_part ? 2 : 1) + plan->image.init_size +
	       copies * ka_plan_initrd_size(plan);
}

const char *ka_plan_loader(const struct ka_plan *plan)
{
	return plan->image.needs_kexec_load ? "kexec(8)" : "kexec_file_load";
}
