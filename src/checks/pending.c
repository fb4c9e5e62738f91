// SPDX-License-Identifier: GPL-2.0-or-later
/* What is waiting for the next boot, and would be skipped or not finished by a kexec. */

#include "checks/checks.h"

#include <kexec-any/memory.h>
#include <kexec-any/text.h>

#include <fcntl.h>
#include <json-c/json.h>

/*
 * Deployments that get their boot entry when the system goes down, which is after the load: by
 * ostree-finalize-staged.service, and by bootc-finalize-staged.service where bootc does without ostree.
 */
static const struct staged {
	const char *path;
	const char *locked; /* when it is there, nothing is written; NULL: its own text says so */
	const char *remedy;
} staged[] = {
	/* Made by "--lock-finalization". */
	{ "/run/ostree/staged-deployment", "/run/ostree/staged-deployment-locked",
	  "ostree admin finalize-staged, or rpm-ostree finalize-deployment" },
	{ "/run/composefs/staged-deployment", NULL, "bootc upgrade --from-downloaded" },
};

#define STAGED_LIMIT 65536

static void put_json(struct json_object **object)
{
	json_object_put(*object);
}

/* bootc: {"download_only": true}. A text that is none of JSON is the deployment's name alone. */
static bool is_download(struct ka_host *host, const char *path)
{
	_cleanup_(put_json) struct json_object *object = NULL;
	struct json_object *value;
	_cleanup_free_ char *text = NULL;

	if (ka_host_read(host, path, STAGED_LIMIT, &text, NULL, NULL) < 0)
		return false;
	object = json_tokener_parse(text);
	return object && json_object_object_get_ex(object, "download_only", &value) &&
	       json_object_get_boolean(value);
}

static void check_staged(struct ka_check_context *c, const struct staged *s)
{
	_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
	int r = ka_host_exists(c->host, s->path, &err);

	if (r < 0)
		ka_report(c->findings, KA_ERROR, KA_ID_OSTREE_STAGED, s->path, NULL,
			  "whether a deployment is staged is not known: %s",
			  ka_error_text(&err, r));
	if (r <= 0)
		return;
	if (s->locked ? ka_host_seems_there(c->host, s->locked) : is_download(c->host, s->path)) {
		ka_report(c->findings, KA_INFO, KA_ID_OSTREE_STAGED,
			  s->locked ? s->locked : s->path, s->remedy,
			  "the staged deployment is locked: no restart would start it");
		return;
	}
	ka_report(c->findings, KA_ERROR, KA_ID_OSTREE_STAGED, s->path,
		  "reboot through the firmware: systemctl reboot",
		  "a deployment is staged and becomes the default only while the system "
		  "goes down: a kexec would start the old one");
}

void ka_check_ostree(struct ka_check_context *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(staged); i++)
		check_staged(c, &staged[i]);
}

#define EFIVARS "/sys/firmware/efi/efivars"

/* UEFI, section 8.5.4. */
#define OS_INDICATIONS_BOOT_TO_FW_UI (1u << 0)
#define OS_INDICATIONS_FILE_CAPSULE  (1u << 2)

/* 0 when the variable is not there, or not as long as it has to be. */
static uint8_t read_os_indications(struct ka_host *host)
{
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;

	if (ka_host_efi_variable(host, "OsIndications", KA_EFI_GUID_GLOBAL, &value, &len) < 0 ||
	    len != 8)
		return 0;
	return value[0]; /* little-endian: the low bits come first */
}

/* fwupd's note to its EFI program (FuStructEfiUpdateInfo); it stays after the update, with another
 * status. */
#define FWUPD_PREFIX	     "fwupd-"
#define FWUPD_SUFFIX	     "-" FWUPD_GUID
#define FWUPD_GUID	     "0abba7dc-e516-4167-bbf5-4d9d1c739416"
#define FWUPD_STATUS	     48
#define FWUPD_ATTEMPT_UPDATE 1

static bool is_fwupd_pending(struct ka_host *host, const char *file)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_free_ uint8_t *value = NULL;
	size_t len;

	if (!ka_startswith(file, FWUPD_PREFIX) || !ka_endswith(file, FWUPD_SUFFIX))
		return false;
	name = ka_strndup(file, strlen(file) - strlen(FWUPD_SUFFIX));
	if (ka_host_efi_variable(host, name, FWUPD_GUID, &value, &len) < 0)
		return false;
	return len >= FWUPD_STATUS + 4 && value[FWUPD_STATUS] == FWUPD_ATTEMPT_UPDATE &&
	       !value[FWUPD_STATUS + 1] && !value[FWUPD_STATUS + 2] && !value[FWUPD_STATUS + 3];
}

/* The file of the first such variable; NULL: there is none. */
static char *find_fwupd(struct ka_host *host)
{
	_cleanup_strv_ char **names = NULL;

	if (ka_host_list(host, EFIVARS, &names, NULL) < 0)
		return NULL;
	for (char **p = names; *p; p++)
		if (is_fwupd_pending(host, *p))
			return ka_format("%s/%s", EFIVARS, *p);
	return NULL;
}

void ka_check_firmware(struct ka_check_context *c)
{
	static const char variable[] = EFIVARS "/OsIndications-" KA_EFI_GUID_GLOBAL;
	_cleanup_free_ char *fwupd = NULL;
	uint8_t indications;

	if (!c->machine->efi)
		return;
	indications = read_os_indications(c->host);
	fwupd = find_fwupd(c->host);
	if (fwupd || indications & OS_INDICATIONS_FILE_CAPSULE)
		ka_report(c->findings, KA_WARNING, KA_ID_FIRMWARE_UPDATE_PENDING,
			  fwupd ? fwupd : variable, "reboot cold: systemctl reboot",
			  "a firmware update waits for the next boot; a kexec does not run it");
	if (indications & OS_INDICATIONS_BOOT_TO_FW_UI)
		ka_report(c->findings, KA_WARNING, KA_ID_FIRMWARE_SETUP_REQUESTED, variable,
			  "reboot cold: systemctl reboot",
			  "the firmware's setup was asked for; a kexec does not enter it");
}

/* The requests that make shim start MokManager (check_mok_request() in shim's mok.c). */
void ka_check_mok(struct ka_check_context *c)
{
	static const char *const names[] = { "MokNew",		 "MokSB",   "MokPW",
					     "MokAuth",		 "MokDel",  "MokDB",
					     "MokXNew",		 "MokXDel", "MokXAuth",
					     "MokListTrustedNew" };
	static const char guid[] = "605dab50-e046-4300-abb6-3dd810dd8b23";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = ka_format(EFIVARS "/%s-%s", names[i], guid);
		_cleanup_(ka_error_done) struct ka_error err = KA_ERROR_INIT;
		int r = ka_host_exists(c->host, path, &err);

		if (r < 0) {
			ka_report(c->findings, KA_WARNING, KA_ID_MOK_PENDING, path, NULL,
				  "whether a change of the machine owner keys waits is not known: "
				  "%s",
				  ka_error_text(&err, r));
			return;
		}
		if (r > 0) {
			ka_report(c->findings, KA_WARNING, KA_ID_MOK_PENDING, path,
				  "reboot cold: systemctl reboot",
				  "a change of the machine owner keys waits for shim's "
				  "MokManager (mokutil); a kexec does not go through it");
			return;
		}
	}
}

/* Where it is, "systemctl reboot" is a soft reboot; logind is asked for a kexec all the same. */
void ka_check_nextroot(struct ka_check_context *c)
{
	static const char path[] = "/run/nextroot";

	if (ka_host_is_mount_point(c->host, path) > 0)
		ka_report(c->findings, KA_WARNING, KA_ID_NEXTROOT, path,
			  "systemctl soft-reboot, or unmount it",
			  "a system is mounted for a soft reboot, which systemctl "
			  "reboot would do; a kexec does not start it");
}

/* Does another process hold a write lock on the file? Only asks, takes none. */
static bool is_locked(struct ka_host *host, const char *path)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	_cleanup_close_ int fd = -1;

	return ka_host_open(host, path, &fd, NULL) == 0 && fcntl(fd, F_GETLK, &lock) == 0 &&
	       lock.l_type == F_WRLCK;
}

/* dpkg and rpm lock a file that is always there; pacman's is there while it works. */
void ka_check_packages(struct ka_check_context *c)
{
	static const struct {
		const char *path, *name;
		bool by_existence;
	} locks[] = {
		{ "/var/lib/dpkg/lock-frontend", "dpkg", false },
		{ "/var/lib/dpkg/lock", "dpkg", false },
		{ "/usr/lib/sysimage/rpm/.rpm.lock", "rpm", false },
		{ "/var/lib/rpm/.rpm.lock", "rpm", false },
		{ "/var/lib/pacman/db.lck", "pacman", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(locks); i++) {
		if (locks[i].by_existence ? ka_host_seems_there(c->host, locks[i].path)
					  : is_locked(c->host, locks[i].path)) {
			ka_report(c->findings, KA_WARNING, KA_ID_PACKAGE_MANAGER_BUSY,
				  locks[i].path, "wait until it is done",
				  "%s is at work: kernel and initrd may be half written",
				  locks[i].name);
			return;
		}
	}
}
