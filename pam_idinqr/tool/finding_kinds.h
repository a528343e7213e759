/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the kinds of findings of `idinqr check`, with a constant and a severity for each. A table
 * in finding_kinds.c has their names and advice, and idinqr(1) explains them. */
#ifndef IDQ_TOOL_FINDING_KINDS_H
#define IDQ_TOOL_FINDING_KINDS_H

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
    FINDING_STATUS_NONCE,
    FINDING_CA_FILE,
    FINDING_CA_FILE_SANDBOX,
    FINDING_JWKS_FILE,
    FINDING_SECRET_SHARED,
    /* idinqr.map and its key */
    FINDING_MAP,
    FINDING_MAP_EMPTY,
    FINDING_MAP_SANDBOX,
    FINDING_MAP_ACCOUNT,
    FINDING_MAP_EXPIRED,
    FINDING_MAP_EXPIRES_SOON,
    FINDING_MAP_ROOT,
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
    FINDING_PAM_FILE,
    FINDING_PAM_SYNTAX,
    FINDING_PAM_ARGUMENTS,
    FINDING_PAM_TYPE,
    FINDING_PAM_ANYBODY,
    FINDING_PAM_CONDITION,
    FINDING_PAM_DECIDES_NOTHING,
    FINDING_PAM_PASSWORD_ENOUGH,
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
    FINDING_SSHD_FILE,
    FINDING_SSHD_MATCH,
    FINDING_SSHD_UNSEEN,
    FINDING_SSHD_PAM,
    FINDING_SSHD_KEYBOARD,
    FINDING_SSHD_METHODS,
    FINDING_SSHD_GRACE,
    FINDING_SSHD_PASSWORD,
    FINDING_SSHD_KEY,
    /* limits of this program */
    FINDING_UNSEEN,
    FINDING_KINDS, /* the number of kinds */
};

struct finding_description {
    const char *name; /* in --json and in the manual */
    enum finding_severity severity;
    const char *advice; /* the advice, in one sentence */
};

/* Returns the entry of any kind except FINDING_KINDS. */
const struct finding_description *finding_describe(enum finding_kind kind);

#endif
