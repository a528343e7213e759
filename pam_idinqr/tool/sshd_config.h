/* SPDX-License-Identifier: BSD-3-Clause */
/* The settings of sshd_config(5) on which logging in with a code depends, as sshd(8) reads them:
 * for a keyword the first value counts, Include takes patterns, and what stands behind a Match
 * counts for those whom it fits, above all else. Whom it fits is not asked here. */
#ifndef IDQ_TOOL_SSHD_CONFIG_H
#define IDQ_TOOL_SSHD_CONFIG_H

#include <limits.h>
#include <stddef.h>

/* Of a value's words with a blank between them; what is more is cut off. */
#define SSHD_VALUE_SIZE 256

#define SSHD_EXCEPTIONS_MAX 256 /* lines behind a Match */

enum sshd_keyword {
    SSHD_USE_PAM,
    SSHD_KEYBOARD,
    SSHD_PASSWORD,
    SSHD_PUBKEY,
    SSHD_METHODS,
    SSHD_GRACE,
    SSHD_KEYWORDS,
};

struct sshd_setting {
    enum sshd_keyword keyword;
    char value[SSHD_VALUE_SIZE];
    char file[PATH_MAX];
    unsigned line; /* 0 when nobody has set it; the file is the main one then */
};

struct sshd_config {
    struct sshd_setting settings[SSHD_KEYWORDS]; /* for everybody whom no Match singles out */
    struct sshd_setting *exceptions;             /* for those whom one does; in the files' order */
    size_t n_exceptions;
    char file[PATH_MAX];   /* the main one */
    int error;             /* errno of a file that could not be read: sshd then does not start; 0 */
    char unread[PATH_MAX]; /* that file */
};

/* Reads `root`/etc/ssh/sshd_config ("" for this machine) and what it includes; where that is not
 * there, the vendor's /usr/etc/ssh/sshd_config, as SUSE has it. 0, also with an `error` in it; or
 * -1 when memory is short or there are too many exceptions. Freed with sshd_config_free in either
 * case. */
int sshd_config_read(const char *root, struct sshd_config *ret_config);

/* The keyword as its manual writes it. */
const char *sshd_config_name(enum sshd_keyword keyword);

void sshd_config_free(struct sshd_config *config);

#define SSHD_CONFIG_AUTO __attribute__((cleanup(sshd_config_free))) struct sshd_config

#endif
