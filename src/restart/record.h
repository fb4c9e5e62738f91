/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <kexec-any/host.h>

#include "restart/commit.h"

/*
 * A restart is one state: the kernel that is loaded, the schedule, the one-shot choice that was used up for
 * it, the time limit of its shutdown. What of it nobody else remembers is written down below /run, from
 * the writes in the loader's place to the end of the machine's uptime, so that another run, or one
 * after this was killed, can take back all of it and not a part.
 */

#define KA_RECORD_PATH "/run/kexec-any.restart"
#define KA_LOCK_PATH   "/run/kexec-any.lock"

/*
 * One run at a time may load, unload, or ask for a restart. Returns a descriptor to be closed behind that;
 * -EAGAIN: another run is at it; -ENOENT, -EROFS: there is no /run to lock in (a rescue system).
 */
int ka_record_lock(struct ka_error *err) _must_check_;

/* Nothing is written for a restart that wrote nothing. */
int ka_record_save(const struct ka_commit *commit, struct ka_error *err) _must_check_;
/* 1 there is one, 0 not; negative: cannot be told. */
int ka_record_exists(struct ka_host *host, struct ka_error *err) _must_check_;
/*
 * Put everything in it back as it was, and forget it. What another program changed since is left as it is,
 * which is an error (-ESTALE) behind all the rest. 1 something was put back, 0 there was no record.
 */
int ka_record_take_back(struct ka_host *host, struct ka_error *err) _must_check_;
/* It was taken back already. */
int ka_record_forget(struct ka_error *err) _must_check_;
