/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what a backend calls an identity is one that may open an account. Pure; the subject is
 * untrusted. Source: iDIN's BIN, reference pattern ^[A-Za-z]{2}\P{Cc}{0,1024}$. */
#ifndef IDQ_COMMON_SUBJECT_H
#define IDQ_COMMON_SUBJECT_H

#define SUBJECT_MAX 4104 /* bytes of UTF-8: a BIN of 1026 code points, four bytes each */

/* What a provider calls an identity. */
enum subject_rule { SUBJECT_BIN = 1, SUBJECT_CLAIM };

/* 0; IDQ_TRANSIENT for an identity that iDIN hands out for one visit ("TRANS" and 1 to 251
 * printable characters: it matches the BIN's pattern too, and whoever gets it again is somebody
 * else); IDQ_NO_SUBJECT for anything that is not a BIN. */
int subject_check_bin(const char *subject);

/* A claim of an ID token: 1 to SUBJECT_MAX bytes of UTF-8 without control characters, else
 * IDQ_NO_SUBJECT. IDQ_TRANSIENT as above: a broker may pass iDIN's identities on as they are. */
int subject_check_claim(const char *subject);

/* By the rule of this provider, which provider_table.h says; IDQ_NO_SUBJECT for an unknown one. */
int subject_check(const char *provider, const char *subject);

#endif
