/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the identities that a bank verified and the map refused, so that an administrator can
 * enroll them without another scan. In one file of this machine that only root can write. Runs in
 * the application, as root, and in idinqr(1). */
#ifndef IDQ_IDENTITY_REFUSED_H
#define IDQ_IDENTITY_REFUSED_H

#include "pam_idinqr/identity/map.h"

#include <stdbool.h>

#define REFUSED_MOST  100 /* lines of the file: the newest stay */
#define REFUSED_HOURS 24  /* for which a line counts, and stays */

/* Adds a line with this account (or MAP_NO_ACCOUNT), identity and fields, and the time of now. An
 * older line of the same account and identity goes. Waits up to wait_ms for another process that
 * changes the file; leaves signals alone, also SIGXFSZ. 0; or IDQ_LOCKED or IDQ_MAP with
 * ret_diag, and the file is as before. */
int refused_add(const char *path, const struct map_line *line, int wait_ms, struct diag *ret_diag);

/* Reads the file, which is empty when it does not exist. Errors as map_read. */
int refused_read(const char *path, struct map **ret_map, struct diag *ret_diag);

/* Returns true if the line is at most REFUSED_HOURS old. */
bool refused_is_recent(const struct map_line *line);

/* Removes the lines that an enrollment of the identity for the account answers: those of this
 * account, and of none. Errors as refused_add. */
int refused_remove(const char *path, const char *hash, const char *account, int wait_ms,
                   struct diag *ret_diag);

#endif
