// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded into grub-emu by LD_PRELOAD: makes the real GRUB answer at once and word by word.
 *
 * - A clock that runs only when it is looked at: no timeout of a menu takes real time.
 * - Commands that would boot or end GRUB lose the first letter of their names, so that functions of
 *   these names (see lib/AskGrub.pm) are called in their place: GRUB looks for commands first.
 * - These functions report by opening files of the (host) device whose names begin with /@KA@.
 *   GRUB hands a name over byte by byte, so nothing is lost on the screen's way.
 * - Who waits for a key gets Enter; a failed boot ends the program.
 *
 * The answer goes to the file named by KA_ANSWER. Only old symbols of libc are used: the program
 * may run with an older one than this was compiled with.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	POLLS_UNTIL_IDLE = 3000,
	ENTERS = 12,
	REAL_SECONDS = 5,
	SCREEN_SHOWN = 3000,
};

struct text {
	char *data;
	size_t size, room;
};

enum loader { LOADER_NONE, LOADER_LINUX, LOADER_OTHER };

static struct text screen, kernel, initrd, other, current, chosen, devicetree;
static enum loader loader;
static char command[64], bls_root[64];
static const char *ended = "";
static unsigned polls, enters;
static int64_t now_us = 1000000000000000;

static void add(struct text *t, const char *data, size_t size)
{
	if (t->room - t->size < size) {
		size_t room = (t->size + size) * 2 + 4096;
		char *bigger = realloc(t->data, room);

		if (!bigger)
			_exit(99);
		t->data = bigger;
		t->room = room;
	}
	memcpy(t->data + t->size, data, size);
	t->size += size;
}

static void add_string(struct text *t, const char *s)
{
	add(t, s, strlen(s));
}

/* One word a line: backslash, newline and other control characters as \xNN. */
static void add_escaped(struct text *t, const char *s)
{
	static const char digits[] = "0123456789abcdef";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\\') {
			add(t, "\\\\", 2);
		} else if (c < 32 || c == 127) {
			char hex[4] = { '\\', 'x', digits[c >> 4], digits[c & 15] };

			add(t, hex, 4);
		} else {
			add(t, s, 1);
		}
	}
}

static void write_all(int fd, const struct text *t)
{
	size_t done = 0;

	while (done < t->size) {
		long n = syscall(SYS_write, fd, t->data + done, t->size - done);

		if (n <= 0)
			_exit(98);
		done += (size_t)n;
	}
}

/* What was on the screen, as comments, without escape sequences and without our own reports. */
static void add_screen(struct text *t)
{
	struct text line = { 0 };
	size_t start = screen.size > SCREEN_SHOWN ? screen.size - SCREEN_SHOWN : 0;

	for (size_t i = start; i < screen.size; i++) {
		char c = screen.data[i];

		if (c == '\033') {
			while (i + 1 < screen.size && strchr("[?;0123456789", screen.data[i + 1]))
				i++;
			i++;
		} else if (c == '\n') {
			add(&line, "", 1);
			if (line.size > 1 && !strstr(line.data, "@KA@")) {
				add_string(t, "# ");
				add_string(t, line.data);
				add_string(t, "\n");
			}
			line.size = 0;
		} else if ((unsigned char)c >= 32) {
			add(&line, &c, 1);
		}
	}
}

static void finish(void) __attribute__((noreturn));
static void finish(void)
{
	const char *path = getenv("KA_ANSWER");
	struct text all = { 0 };

	/* Without a menu GRUB offers its command line, and what was loaded stays there. */
	if (memmem(screen.data, screen.size, "grub> ", 6)) {
		loader = LOADER_NONE;
		chosen.size = 0;
	}

	if (chosen.size) {
		add_string(&all, "chosen ");
		add(&all, chosen.data, chosen.size);
		add_string(&all, "\n");
	}
	if (*ended)
		add_string(&all, ended);
	else if (loader == LOADER_LINUX)
		add(&all, kernel.data, kernel.size), add(&all, initrd.data, initrd.size),
			add(&all, devicetree.data, devicetree.size);
	else if (loader == LOADER_OTHER)
		add(&all, other.data, other.size);
	else
		add_string(&all, "nothing\n");
	add_screen(&all);
	if (path) {
		int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC,
				      0666);

		if (fd < 0)
			_exit(97);
		write_all(fd, &all);
	}
	_exit(0);
}

static int begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static void add_word(const char *word)
{
	add_string(&current, begins(command, "linux")	     ? "linux"
			     : begins(command, "initrd")     ? "initrd"
			     : begins(command, "devicetree") ? "devicetree"
							     : "other");
	add_string(&current, " ");
	add_escaped(&current, word);
	add_string(&current, "\n");
}

static void end_command(void)
{
	struct text *to = begins(command, "linux")	  ? &kernel
			  : begins(command, "initrd")	  ? &initrd
			  : begins(command, "devicetree") ? &devicetree
							  : &other;

	int module = begins(command, "module") || begins(command, "xen_module");

	if (to == &kernel) {
		loader = LOADER_LINUX;
		initrd.size = devicetree.size = 0;
	} else if (to == &other && !module) {
		loader = LOADER_OTHER;
	}
	if (!module)
		to->size = 0;
	add(to, current.data, current.size);
}

/* A report of one of the functions; 0 means that the file "exists". */
static int report(const char *text)
{
	switch (text[0]) {
	case 'C': /* a command begins */
		strncpy(command, text + 1, sizeof(command) - 1);
		current.size = 0;
		if (!begins(command, "linux") && !begins(command, "initrd") &&
		    !begins(command, "devicetree"))
			add_word(command);
		return 0;
	case 'W':
		add_word(text + 1);
		return 0;
	case 'R': /* the device of names without one */
		add_string(&current, "root ");
		add_escaped(&current, text + 1);
		add_string(&current, "\n");
		return 0;
	case 'E':
		end_command();
		return 0;
	case 'H': /* where blscfg looks */
		strncpy(bls_root, text + 1, sizeof(bls_root) - 1);
		return 0;
	case 'X': /* which entry runs */
		chosen.size = 0;
		add_escaped(&chosen, text + 1);
		return 0;
	case 'L': /* is a kernel loaded? */
		return loader == LOADER_LINUX ? 0 : -1;
	case 'B': /* boot: ends here if something is loaded */
		if (loader != LOADER_NONE)
			finish();
		return -1;
	case 'P': /* halt, reboot, exit */
		loader = LOADER_OTHER;
		other.size = 0;
		add_string(&other, "other ");
		add_escaped(&other, text + 1);
		add_string(&other, "\n");
		finish();
	}
	return -1;
}

/*
 * In grub-emu blscfg looks at the host where a real GRUB looks at $root. KA_VOLUMES tells where the
 * files of each device are, as lines DEVICE=FOLDER.
 */
static const char *redirect(const char *path, char *buffer, size_t size)
{
	const char *volume = getenv("KA_VOLUMES");
	size_t n = strlen(bls_root), room;

	if (!*bls_root || !volume || (!begins(path, "/loader/") && !begins(path, "/boot/loader/")))
		return path;
	for (; volume; volume = strchr(volume, '\n')) {
		volume += *volume == '\n';
		if (strncmp(volume, bls_root, n) != 0 || volume[n] != '=')
			continue;
		room = strcspn(volume + n + 1, "\n");
		if (room + strlen(path) + 1 > size)
			break;
		memcpy(buffer, volume + n + 1, room);
		memcpy(buffer + room, path, strlen(path) + 1);
		return buffer;
	}
	return "/nowhere";
}

static int open_file(const char *path, int flags, unsigned mode)
{
	char buffer[4096];

	if (begins(path, "/@KA@")) {
		if (report(path + 5) < 0) {
			errno = ENOENT;
			return -1;
		}
		return (int)syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_RDWR, 0600);
	}
	path = redirect(path, buffer, sizeof(buffer));
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	unsigned mode;

	va_start(ap, flags);
	mode = va_arg(ap, unsigned);
	va_end(ap);
	return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	unsigned mode;

	va_start(ap, flags);
	mode = va_arg(ap, unsigned);
	va_end(ap);
	return open_file(path, flags, mode);
}

DIR *opendir(const char *path)
{
	char buffer[4096];
	int fd;

	path = redirect(path, buffer, sizeof(buffer));
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	return fd < 0 ? NULL : fdopendir(fd);
}

ssize_t write(int fd, const void *data, size_t size)
{
	if (fd != STDOUT_FILENO)
		return syscall(SYS_write, fd, data, size);
	polls = 0;
	if (screen.size > 1 << 20)
		screen.size = 0;
	add(&screen, data, size);
	if (size == 1 && *(const char *)data == '\n') {
		static const char *const last[] = { "Failed to boot both", "Falling back to" };
		size_t from = screen.size > 400 ? screen.size - 400 : 0;

		for (size_t i = 0; i < 2; i++)
			if (memmem(screen.data + from, screen.size - from, last[i],
				   strlen(last[i])))
				finish();
	}
	return (ssize_t)size;
}

/* The keyboard. Who looks often without writing anything is waiting for a person. */
ssize_t read(int fd, void *data, size_t size)
{
	if (fd != STDIN_FILENO)
		return syscall(SYS_read, fd, data, size);
	if (++polls < POLLS_UNTIL_IDLE) {
		errno = EAGAIN;
		return -1;
	}
	polls = 0;
	if (screen.size > 20 && memmem(screen.data + screen.size - 20, 20, "--MORE--", 8)) {
		*(char *)data = ' ';
		return 1;
	}
	if (loader != LOADER_NONE || ++enters > ENTERS)
		finish();
	*(char *)data = '\r';
	return 1;
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	(void)tz;
	now_us += 20000;
	tv->tv_sec = now_us / 1000000;
	tv->tv_usec = now_us % 1000000;
	return 0;
}

int nanosleep(const struct timespec *want, struct timespec *rest)
{
	(void)rest;
	now_us += want->tv_sec * 1000000 + want->tv_nsec / 1000;
	return 0;
}

static void on_alarm(int signo)
{
	(void)signo;
	ended = "hangs\n";
	finish();
}

/* --- the names of commands */

static const char *const names[] = {
	"boot",
	"halt",
	"reboot",
	"exit",
	"poweroff",
	"linux",
	"linux16",
	"linuxefi",
	"initrd",
	"initrd16",
	"initrdefi",
	"devicetree",
	"chainloader",
	"multiboot",
	"multiboot2",
	"module",
	"module2",
	"fwsetup",
	"terminal_output",
	"terminal_input",
	"read",
	"keystatus",
	"play",
	"gfxpayload",
	"xen_hypervisor",
	"xen_module",
	"appleloader",
	"blscfg",
};

struct program {
	uintptr_t text, text_end, first, last;
};

static int is_name(const struct program *p, uintptr_t address)
{
	const char *s = (const char *)address;

	if (address < p->first || address >= p->last - 32)
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(s, names[i]) == 0)
			return 1;
	return 0;
}

/* The first argument of a call: mov $address,%edi or lea address(%rip),%rdi. */
static void rename_commands(const struct program *p)
{
	for (uintptr_t at = p->text; at + 7 < p->text_end; at++) {
		unsigned char *code = (unsigned char *)at;
		uint32_t value;

		if (code[0] == 0xbf) {
			memcpy(&value, code + 1, 4);
			if (!is_name(p, value))
				continue;
			value++;
			memcpy(code + 1, &value, 4);
		} else if (code[0] == 0x48 && code[1] == 0x8d && code[2] == 0x3d) {
			memcpy(&value, code + 3, 4);
			if (!is_name(p, at + 7 + (uintptr_t)(intptr_t)(int32_t)value))
				continue;
			value++;
			memcpy(code + 3, &value, 4);
		}
	}
}

static int find_program(struct dl_phdr_info *info, size_t size, void *userdata)
{
	struct program *p = userdata;

	(void)size;
	p->first = UINTPTR_MAX;
	for (unsigned i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + h->p_vaddr;

		if (h->p_type != PT_LOAD)
			continue;
		if (h->p_flags & PF_X) {
			p->text = start;
			p->text_end = start + h->p_memsz;
		} else if (!(h->p_flags & PF_W)) {
			if (start < p->first)
				p->first = start;
			if (start + h->p_memsz > p->last)
				p->last = start + h->p_memsz;
		}
	}
	return 1; /* the first object is the program */
}

__attribute__((constructor)) static void begin(void)
{
	struct program p = { 0 };
	uintptr_t page;

	/* Only GRUB is treated, not the shell or ld.so that starts it. */
	if (!getenv("KA_ANSWER"))
		return;
	dl_iterate_phdr(find_program, &p);
	page = p.text & ~(uintptr_t)4095;
	if (mprotect((void *)page, p.text_end - page, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
		_exit(96);
	rename_commands(&p);
	mprotect((void *)page, p.text_end - page, PROT_READ | PROT_EXEC);
	signal(SIGALRM, on_alarm);
	alarm(REAL_SECONDS);
}

__attribute__((destructor)) static void end(void)
{
	if (getenv("KA_ANSWER"))
		finish();
}
