/* SPDX-License-Identifier: BSD-3-Clause */
/* One keyword of idinqr.conf: what it may hold. Pure. */
#ifndef IDQ_COMMON_SETTING_H
#define IDQ_COMMON_SETTING_H

#include <stddef.h>

enum setting_kind {
    SETTING_TEXT,    /* UTF-8 without control characters */
    SETTING_PATH,    /* an absolute path */
    SETTING_URL,     /* an https URL, of at most HTTPS_URL_MAX bytes whatever `most` says */
    SETTING_PROXY,   /* http://host:port or https://host:port, and nothing more */
    SETTING_HOSTS,   /* hosts separated by spaces or commas, see https_url_is_allowed */
    SETTING_NUMBER,  /* a whole number from `least` to `most` */
    SETTING_REQUIRE, /* any, or local and the names of terminals, separated by spaces */
    SETTING_CHOICE,  /* one of `choices`, separated by | */
    SETTING_SECRET,  /* visible ASCII; may also be given as <keyword>_file, the path of a file with
                        it */
};

struct setting {
    const char *keyword;
    enum setting_kind kind;
    int required;
    const char *fallback; /* the value when the keyword is absent; NULL: "" */
    const char *choices;
    /* Of a number. For other kinds `most` is the greatest size in bytes, 0: 255; and for a secret,
     * `least` is the smallest. */
    long least, most;
};

/* 0 when the setting may have the value; else -1 and what it must be, as the end of a sentence that
 * begins with the keyword. Never repeats the value: it may be a secret in the wrong place. */
int setting_check(const struct setting *setting, const char *value, char *ret_reason,
                  size_t reason_size);

/* The i-th setting of a table that ends with a NULL keyword, or -1. */
int setting_find(const struct setting *settings, const char *keyword);

#endif
