/* SPDX-License-Identifier: BSD-3-Clause */
/* One keyword of idinqr.conf: the values that it allows, and the field of a struct that gets the
 * value. Pure. */
#ifndef IDQ_COMMON_SETTING_H
#define IDQ_COMMON_SETTING_H

#include <stdbool.h>
#include <stddef.h>

enum setting_kind {
    SETTING_TEXT,    /* UTF-8 without control characters */
    SETTING_PATH,    /* an absolute path */
    SETTING_URL,     /* an https URL of at most HTTPS_URL_MAX bytes, with any `most` */
    SETTING_PROXY,   /* http://host:port or https://host:port, without a path */
    SETTING_PIN,     /* one or two pins of a public key in libcurl's form */
    SETTING_HOSTS,   /* hosts separated by spaces or commas, see https_url_is_allowed */
    SETTING_DAY,     /* as 2030-12-31 */
    SETTING_NUMBER,  /* a whole number from `least` to `most` */
    SETTING_REQUIRE, /* any, or local and the names of terminals, separated by spaces */
    SETTING_CHOICE,  /* one of `choices`, separated by | */
    SETTING_SWITCH,  /* the same: no|yes */
    /* visible ASCII, with blanks if the setting says so; also allowed as <keyword>_file, the path
       of a file that contains it */
    SETTING_SECRET,
};

struct setting {
    const char *keyword;
    enum setting_kind kind;
    /* Of the field, in the struct that the table is for: an int for a number; an enum for a choice,
     * in the order of `choices`; a bool for a switch; a const char * for every other kind. */
    size_t offset;
    int required;
    const char *fallback; /* the value if the keyword is absent; NULL: "" */
    const char *choices;
    /* Limits of a number. For other kinds `most` is the largest size in bytes, 0: 255. For a
     * secret, `least` is the smallest size. */
    long least, most;
    bool may_have_blanks; /* a secret */
    bool is_pem;          /* a secret: a private key in PEM, which only a file can contain */
};

/* The row of a keyword whose value goes into this field of a struct. */
#define SETTING_ROW(type, keyword_, kind_, field)                                                  \
    .keyword = keyword_, .kind = SETTING_##kind_, .offset = offsetof(type, field)

/* Returns 0 if the value is valid. Else returns -1 and the rule, as the end of a sentence that
 * begins with the keyword. Never repeats the value, which may be a misplaced secret. */
int setting_check(const struct setting *setting, const char *value, char *ret_reason,
                  size_t reason_size);

/* Sets the field of this setting in `fields` from a value that setting_check accepts, or from the
 * fallback where `value` is NULL. A text is not copied. 0; or -1 for a value that is not among the
 * choices: the field is -1 then. */
int setting_fill(const struct setting *setting, const char *value, void *fields);

/* Returns the default of a setting, or "". */
const char *setting_fallback(const struct setting *setting);

/* Returns the index of the setting in a table that ends with a NULL keyword, or -1. */
int setting_find(const struct setting *settings, const char *keyword);

#endif
