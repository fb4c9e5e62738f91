// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of a kernel file, and what its name is. */

#include "image/image.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <errno.h>

static const char *const kind_names[_KA_IMAGE_MAX] = {
	[KA_IMAGE_UNKNOWN] = "unknown",
	[KA_IMAGE_BZIMAGE] = "bzImage",
	[KA_IMAGE_ELF] = "ELF vmlinux",
	[KA_IMAGE_UKI] = "unified kernel image",
	[KA_IMAGE_ZBOOT] = "EFI zboot image",
	[KA_IMAGE_RAW] = "Image",
	[KA_IMAGE_COMPRESSED] = "compressed kernel",
};

const char *ka_image_kind_name(enum ka_image_kind kind)
{
	return kind_names[kind];
}

void ka_image_done(struct ka_image *image)
{
	free(image->kernel_version);
	free(image->build_id);
	free(image->signature.signer);
	free(image->signature.issuer);
	ka_strv_free(image->signature.key_ids);
	ka_strv_free(image->signature.revocations);
	*image = (struct ka_image){ 0 };
}

char *ka_image_release(const struct ka_image *image)
{
	const char *version = image->kernel_version;

	return version ? ka_strndup(version, strcspn(version, " ")) : NULL;
}

unsigned int ka_release_number(const char *release)
{
	char *end;
	unsigned long major = release ? strtoul(release, &end, 10) : 0;

	if (major == 0 || major > 1000 || *end != '.')
		return 0;
	return (unsigned int)(major * 100 + strtoul(end + 1, NULL, 10) % 100);
}

/* MODULE_SIG_STRING of include/linux/module_signature.h */
bool ka_image_has_appended_signature(const struct ka_reader *reader)
{
	static const char mark[] = "~Module signature appended~\n";
	char tail[sizeof(mark) - 1];

	return reader->size >= sizeof(tail) &&
	       ka_read_at(reader, reader->size - sizeof(tail), tail, sizeof(tail)) == 0 &&
	       memcmp(tail, mark, sizeof(tail)) == 0;
}

int ka_image_kernel_version(struct ka_host *host, const char *path, uint64_t offset, uint64_t size,
			    char **ret)
{
	struct ka_reader reader;
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	r = ka_host_open(host, path, &fd, NULL);
	if (r < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return 0;
	reader = (struct ka_reader){
		.fd = fd,
		.base = offset,
		.size = size ? size : (uint64_t)st.st_size,
	};
	if (!ka_bzimage_detect(&reader))
		return 0;
	r = ka_bzimage_kernel_version(&reader, ret);
	return r < 0 ? 0 : r;
}

int ka_image_kernel_release(struct ka_host *host, const char *path, char **ret)
{
	int r = ka_image_kernel_version(host, path, 0, 0, ret);

	if (r > 0)
		(*ret)[strcspn(*ret, " ")] = '\0';
	return r;
}
