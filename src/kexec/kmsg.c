// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's own words around a load (Documentation/ABI/testing/dev-kmsg). */

#include "kexec/kmsg.h"

#include <kexec-any/text.h>

#include <errno.h>
#include <fcntl.h>

#define RECORDS_LIMIT 200
#define RECORD_SIZE   8192 /* "messages are at most 8k", dev-kmsg */

int ka_kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && lseek(fd, 0, SEEK_END) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

const char *ka_kmsg_relevant(char *record)
{
	/* How the kernel's own lines on the way of a load begin, and the one FORTIFY writes. */
	static const char *const starts[] = {
		"kexec",	 "PEFILE:", "Lockdown:", "ima:",
		"Loading crash", "PKCS7:",  "X.509:",	 "integrity:"
	};
	char *text = strchr(record, ';');

	if (!text)
		return NULL;
	text++;
	text[strcspn(text, "\n")] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(starts); i++)
		if (ka_startswith(text, starts[i]))
			return text;
	return strstr(text, "field-spanning write") ? text : NULL;
}

char **ka_kmsg_read(int fd)
{
	char **lines = NULL;
	char record[RECORD_SIZE + 1];

	for (int i = 0; fd >= 0 && i < RECORDS_LIMIT; i++) {
		ssize_t n = read(fd, record, RECORD_SIZE);
		const char *text;

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* EPIPE: records were overwritten; the next read goes on */
		if (n <= 0)
			break;
		record[n] = '\0';
		text = ka_kmsg_relevant(record);
		if (text)
			ka_strv_add(&lines, text);
	}
	return lines;
}
