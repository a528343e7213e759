/* SPDX-License-Identifier: BSD-3-Clause */
/* Queries sshd(8) for the settings that a login with a code depends on. `sshd -T` applies the
 * defaults, Include and Match of sshd itself. idinqr(1) runs it, as root. */
#ifndef IDQ_TOOL_SSHD_SETTINGS_H
#define IDQ_TOOL_SSHD_SETTINGS_H

#include "pam_idinqr/common/error.h"

#include <stdint.h>

/* Of a value, with the zero byte. A longer one is truncated. */
#define SSHD_VALUE_SIZE 256

enum sshd_keyword {
    SSHD_USE_PAM,
    SSHD_KEYBOARD,
    SSHD_PASSWORD,
    SSHD_PUBKEY,
    SSHD_METHODS,
    SSHD_GRACE, /* in seconds */
    SSHD_KEYWORDS,
};

struct sshd_settings {
    char values[SSHD_KEYWORDS][SSHD_VALUE_SIZE]; /* "" if sshd does not print the keyword */
};

/* Returns the keyword as sshd_config(5) writes it. */
const char *sshd_settings_name(enum sshd_keyword keyword);

/* Returns the path of the installed sshd, or NULL. */
const char *sshd_settings_find(void);

/* Runs `program` for a connection of this account from an unnamed address, and kills it at the
 * deadline (clock.h). Returns 0, or -1 with sshd's first error line in ret_diag. The environment is
 * not passed on. The name may have no comma. */
int sshd_settings_read(const char *program, const char *account, int64_t deadline_ms,
                       struct sshd_settings *ret_settings, struct diag *ret_diag);

#endif
