/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the kinds of findings of `idinqr check`, with a constant for each. A table in
 * finding_kinds.c has their names, severities and advice, and idinqr(1) explains them. */
#ifndef IDQ_TOOL_FINDING_H
#define IDQ_TOOL_FINDING_H

#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum finding_severity {
    FINDING_NOTE,    /* information */
    FINDING_WARNING, /* works today and may fail later, or is weaker than it seems */
    FINDING_ERROR,   /* logins fail, or unintended users get in, now */
};

enum finding_kind {
    /* idinqr.conf, and the files that it names */
    FINDING_CONFIG,
    FINDING_CONFIG_EXAMPLE,
    FINDING_CONFIG_TIMEOUT,
    FINDING_CONFIG_LOOPBACK,
    FINDING_CONFIG_SERVICE,
    FINDING_STATUS_NONCE,
    FINDING_PASSWORD_UNTIL,
    FINDING_PAM_ROLLOUT,
    FINDING_CA_FILE,
    FINDING_CA_FILE_SANDBOX,
    FINDING_JWKS_FILE,
    FINDING_SECRET_SHARED,
    /* idinqr.map and its key */
    FINDING_MAP,
    FINDING_MAP_EMPTY,
    FINDING_MAP_SANDBOX,
    FINDING_MAP_ACCOUNT,
    FINDING_MAP_ACCOUNT_EXPIRED,
    FINDING_MAP_EXPIRED,
    FINDING_MAP_EXPIRES_SOON,
    FINDING_MAP_ROOT,
    FINDING_MAP_ORIGIN,
    FINDING_KEY,
    /* the module, the agent */
    FINDING_MODULE,
    FINDING_AGENT,
    FINDING_AGENT_READABLE,
    FINDING_AGENT_USER,
    FINDING_AGENT_JAIL,
    FINDING_CLOCK,
    FINDING_CLOCK_UNSYNCHRONISED,
    FINDING_NETWORK,
    FINDING_TLS,
    /* pam.d */
    FINDING_PAM_UNUSED,
    FINDING_PAM_GONE,
    FINDING_PAM_COMMENTED,
    FINDING_PAM_FILE,
    FINDING_PAM_SYNTAX,
    FINDING_PAM_MODULE,
    FINDING_PAM_ARGUMENTS,
    FINDING_PAM_TYPE,
    FINDING_PAM_ANYBODY,
    FINDING_PAM_CONDITION,
    FINDING_PAM_DECIDES_NOTHING,
    FINDING_PAM_PASSWORD_ENOUGH,
    FINDING_PAM_ENROLLED,
    FINDING_PAM_UNCLEAR,
    FINDING_PAM_NEVER_OPENS,
    FINDING_PAM_JUMP,
    FINDING_PAM_LOCKED_OUT,
    FINDING_PAM_NO_OTHER_WAY,
    FINDING_PAM_GROUP,
    FINDING_PAM_GROUP_PASSWORD,
    FINDING_PAM_TWICE,
    FINDING_PAM_COMMON,
    FINDING_PAM_SIBLING,
    FINDING_PAM_ROOT_BY_SU,
    FINDING_PAM_WINDOW,
    FINDING_PAM_NO_TERMINAL,
    FINDING_PAM_NEVER_ASKS,
    /* limits of applications */
    FINDING_LOGIN_TIMEOUT,
    FINDING_CONSOLE_FONT,
    FINDING_SSHD_FILE,
    FINDING_SSHD_MATCH,
    FINDING_SSHD_UNSEEN,
    FINDING_SSHD_PAM,
    FINDING_SSHD_KEYBOARD,
    FINDING_SSHD_METHODS,
    FINDING_SSHD_GRACE,
    FINDING_SSHD_PASSWORD,
    FINDING_SSHD_KEY,
    FINDING_SUDO_DEFAULTS,
    /* limits of this program */
    FINDING_UNSEEN,
    FINDING_KINDS, /* the number of kinds */
};

struct finding_description {
    const char *name; /* in --json and in the manual */
    enum finding_severity severity;
    const char *advice;  /* the advice, in one sentence */
    const char *command; /* to type, see finding_cure; NULL: the editor, at the finding's place */
};

/* Returns the entry of any kind except FINDING_KINDS. */
const struct finding_description *finding_describe(enum finding_kind kind);

/* Collects the findings of `idinqr check`: severity, place and advice. */

struct finding {
    enum finding_kind kind;
    char *file;         /* "" if it is about no file */
    unsigned line;      /* 0 if it is about the whole file */
    char *subjects;     /* its PAM services, "sudo, su", or "" */
    char *text;         /* one loggable line; never a secret */
    char *command;      /* to type */
    const char *advice; /* in place of its kind's, or NULL */
};

/* Zero it to begin. */
struct findings {
    struct finding *list;
    size_t n, capacity;
    size_t last;   /* the one that was just added; n if it is missing */
    bool is_short; /* memory or room was short: a check was skipped, or a finding is missing */
};

const char *finding_severity_word(enum finding_severity severity);

/* Adds one. The same kind at the same place, with the same text, is listed once for all its
 * subjects. */
void finding_add(struct findings *findings, enum finding_kind kind, const char *file, unsigned line,
                 const char *subject, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

#define FINDING_EDIT_LINE "${EDITOR:-vi} +%l %f"
#define FINDING_RESTORE   "install -m 0600 /PATH/OF/THE/BACKUP %f"

/* Sets the command of the finding that was just added, in place of its kind's unless that is NULL.
 * In it, %f is the file, %l the line, and %o the object. */
void finding_cure(struct findings *findings, const char *command, const char *object);

/* The same for its advice, a text that stays. */
void finding_advise(struct findings *findings, const char *advice);

/* Makes a command as finding_cure does. Returns a text that the caller frees, or NULL. */
char *finding_make_command(const struct finding *finding, const char *command, const char *object);

/* Gives a command, or NULL for one that could not be made, to the finding that was just added. */
void finding_take_command(struct findings *findings, char *command);

/* Sets it to these words, quoted where the shell needs it, up to a NULL. `begin` is not quoted. */
void finding_cure_words(struct findings *findings, const char *begin, const char *const *words);

/* Adds the error of a file's reader, with its file, line and cure. */
void finding_add_diag(struct findings *findings, enum finding_kind kind, const struct diag *diag);

/* Returns whether a service has a finding of this kind. */
bool finding_is_about(const struct findings *findings, enum finding_kind kind, const char *subject);

/* Sorts by severity, errors first, then by file and line. Findings without a file come before those
 * with one. */
void finding_sort(struct findings *findings);

size_t finding_count(const struct findings *findings, enum finding_severity severity);

/* The states of a monitoring plugin. Its exit codes are the same. */
enum finding_state {
    FINDING_STATE_OK,
    FINDING_STATE_WARNING,
    FINDING_STATE_CRITICAL,
    FINDING_STATE_UNKNOWN, /* a part was not checked, so its errors are unknown */
};

enum finding_state finding_state(const struct findings *findings);

enum finding_form {
    FINDING_FORM_TEXT, /* each finding, and a line with the state and the counts */
    FINDING_FORM_LINE, /* that line alone, with the kinds of errors and warnings, and figures */
    FINDING_FORM_JSON,
};

/* Returns 0, or -1 if it could not be written. */
int finding_print(const struct findings *findings, enum finding_form form, FILE *stream);

void findings_free(struct findings *findings);

#define FINDINGS_AUTO __attribute__((cleanup(findings_free))) struct findings

#endif
