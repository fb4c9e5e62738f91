// SPDX-License-Identifier: GPL-2.0-or-later
/* From an entry to open files and a command line. */

#include "plan.h"

#include "initrd/initrd.h"

#include <kexec-any/text.h>

#include <errno.h>

static void file_done(struct ka_plan_file *file)
{
	free(file->path);
	if (file->fd >= 0)
		close(file->fd);
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

static int open_file(struct ka_host *host, const char *path, const char *what,
		     struct ka_plan_file *ret, struct ka_findings *findings)
{
	_cleanup_close_ int fd = -1;
	struct ka_error err = KA_ERROR_INIT;
	struct stat st = { 0 };
	int r;

	ret->fd = -1;
	ret->path = strdup(path);
	if (!ret->path)
		return -ENOMEM;

	r = ka_host_open(host, path, &fd, &err);
	if (r == 0 && fstat(fd, &st) < 0)
		r = ka_fail_sys(&err, ka_errno(), "cannot examine '%s'", path);
	if (r < 0) {
		if (r != -ENOMEM)
			r = ka_report(findings, KA_ERROR, "file-unreadable", path, NULL, "%s: %s",
				      what, ka_error_text(&err, r));
		ka_error_done(&err);
		return r;
	}
	if (st.st_size == 0)
		return ka_report(findings, KA_ERROR, "file-empty", path,
				 "reinstall the kernel package, or rebuild the initrd",
				 "%s: the file is empty", what);
	if ((uint64_t)st.st_size > FILE_LIMIT)
		return ka_report(findings, KA_ERROR, "file-too-large", path, NULL,
				 "%s: %llu bytes, the limit is %llu", what,
				 (unsigned long long)st.st_size, FILE_LIMIT);
	ret->size = (uint64_t)st.st_size;
	ret->fd = TAKE_FD(fd);
	return 0;
}

static int open_initrds(struct ka_host *host, char *const *paths, struct ka_plan *plan,
			struct ka_findings *findings)
{
	size_t n = ka_strv_length(paths);
	int r = 0;

	if (n == 0)
		return 0;
	plan->initrds = calloc(n, sizeof(*plan->initrds));
	if (!plan->initrds)
		return -ENOMEM;
	for (size_t i = 0; i < n && r == 0; i++) {
		plan->n_initrds++;
		r = open_file(host, paths[i], "initrd", &plan->initrds[i], findings);
	}
	return r;
}

/* The text everything else is appended to. *ret stays NULL when it is unknown. */
static int base_cmdline(struct ka_host *host, const struct ka_entry *entry,
			const struct ka_overrides *overrides, char **ret,
			struct ka_findings *findings)
{
	_cleanup_free_ char *running = NULL;
	struct ka_error err = KA_ERROR_INIT;
	int r;

	if (overrides->cmdline) {
		*ret = strdup(overrides->cmdline);
		return *ret ? 0 : -ENOMEM;
	}
	if (!overrides->reuse_cmdline) {
		*ret = entry->cmdline ? strdup(entry->cmdline) : NULL;
		return *ret || !entry->cmdline ? 0 : -ENOMEM;
	}

	r = ka_host_read(host, "/proc/cmdline", 65536, &running, NULL, &err);
	if (r == 0) {
		*ret = ka_cmdline_reusable(running);
		r = *ret ? 0 : -ENOMEM;
	} else if (r != -ENOMEM) {
		r = ka_report(findings, KA_ERROR, "cmdline-unknown", "/proc/cmdline",
			      "pass --cmdline=", "the running command line is unknown: %s",
			      ka_error_text(&err, r));
	}
	ka_error_done(&err);
	return r;
}

static int make_cmdline(struct ka_host *host, const struct ka_entry *entry,
			const struct ka_overrides *overrides, struct ka_plan *plan,
			struct ka_findings *findings)
{
	_cleanup_(ka_buf_done) struct ka_buf buf = { 0 };
	_cleanup_free_ char *base = NULL;
	int r;

	r = base_cmdline(host, entry, overrides, &base, findings);
	if (r < 0 || !base)
		return r;

	r = ka_buf_adds(&buf, base);
	for (char *const *p = overrides->append; p && *p && r == 0; p++)
		r = ka_buf_addf(&buf, "%s%s", buf.len > 0 ? " " : "", *p);
	if (r < 0)
		return r;
	if (buf.text && strchr(buf.text, '\n'))
		r = ka_report(findings, KA_ERROR, "cmdline-newline", NULL, "take it out",
			      "the command line holds a line break");
	plan->cmdline = ka_buf_take(&buf);
	return plan->cmdline ? r : -ENOMEM;
}

int ka_plan_make(struct ka_host *host, const struct ka_entry *entry,
		 const struct ka_overrides *overrides, struct ka_plan *ret,
		 struct ka_findings *findings)
{
	_cleanup_(ka_plan_done) struct ka_plan plan = KA_PLAN_INIT;
	int r = 0;

	plan.entry = entry;
	if (entry->kernel)
		r = open_file(host, entry->kernel, "kernel", &plan.kernel, findings);
	if (r == 0)
		r = open_initrds(host, overrides->initrds ? overrides->initrds : entry->initrds,
				 &plan, findings);
	if (r == 0)
		r = make_cmdline(host, entry, overrides, &plan, findings);
	if (r < 0)
		return r;

	*ret = plan;
	plan = (struct ka_plan)KA_PLAN_INIT;
	return 0;
}

uint64_t ka_plan_initrd_size(const struct ka_plan *plan)
{
	uint64_t total = 0;

	for (size_t i = 0; i < plan->n_initrds; i++)
		total += i + 1 < plan->n_initrds ? ka_initrd_padded_size(plan->initrds[i].size)
						 : plan->initrds[i].size;
	return total;
}

uint64_t ka_plan_memory_needed(const struct ka_plan *plan)
{
	uint64_t copies = plan->n_initrds > 1 ? 3 : 2;

	return plan->kernel.size + plan->image.init_size + copies * ka_plan_initrd_size(plan);
}

const char *ka_plan_loader(const struct ka_plan *plan)
{
	return plan->image.needs_kexec_load ? "kexec(8)" : "kexec_file_load";
}
