/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks sshd(8) for the settings on which a login with a code depends: by `sshd -T`, which applies
 * the defaults, Include and Match of sshd itself. Run by idinqr(1), as root. */
#ifndef IDQ_TOOL_SSHD_SETTINGS_H
#define IDQ_TOOL_SSHD_SETTINGS_H

#include "pam_idinqr/common/diag.h"

#include <stdint.h>

/* Of a value, zero byte included; a longer one is cut off. */
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
    char values[SSHD_KEYWORDS][SSHD_VALUE_SIZE]; /* "" when sshd does not print the keyword */
};

/* The keyword as sshd_config(5) writes it. */
const char *sshd_settings_name(enum sshd_keyword keyword);

/* The path of the installed sshd; NULL when there is no sshd. */
const char *sshd_settings_find(void);

/* Runs `program` for a connection of this account from an unnamed address, until the deadline
 * (clock.h), and kills it then. 0; or -1 with ret_diag, which has sshd's first line of error.
 * Nothing of this process's environment gets to it. The name may have no comma. */
int sshd_settings_read(const char *program, const char *account, int64_t deadline_ms,
                       struct sshd_settings *ret_settings, struct diag *ret_diag);

#endif
