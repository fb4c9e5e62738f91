// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The bare system calls, with no check in front of them: what does the kernel say to a file, and what
 * becomes of it?
 *
 *     raw-kexec KERNEL INITRD CMDLINE		a loaded kernel is started at once
 *     raw-kexec KERNEL INITRD CMDLINE only-load	or is forgotten
 *
 * Prints "call: 0" or the error's name.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int kernel, initrd;

	if (argc != 4 && argc != 5)
		return 2;
	kernel = open(argv[1], O_RDONLY);
	initrd = open(argv[2], O_RDONLY);
	if (syscall(SYS_kexec_file_load, kernel, initrd, strlen(argv[3]) + 1, argv[3], 0) < 0) {
		printf("call: %s\n", strerrorname_np(errno));
		return 1;
	}
	printf("call: 0\n");
	fflush(stdout);
	if (argc == 5)
		return syscall(SYS_kexec_file_load, -1, -1, 0, NULL, KEXEC_FILE_UNLOAD) < 0;
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL);
	return 1;
}
