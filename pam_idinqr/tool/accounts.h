/* SPDX-License-Identifier: BSD-3-Clause */
/* The accounts and groups of this machine, or of the one below a root directory. */
#ifndef IDQ_TOOL_ACCOUNTS_H
#define IDQ_TOOL_ACCOUNTS_H

#include <stddef.h>

/* 1 when there is such an account: in etc/passwd below `root`, and for "" in whatever
 * nsswitch.conf names as well. */
int accounts_has(const char *root, const char *account);

/* Who is in a group, by the group's line or as somebody's own group: -1 when there is no such
 * group, 0 when nobody is, 1 when `account` is, or, where that is NULL, when anybody is. */
int accounts_in_group(const char *root, const char *group, const char *account);

/* Whether anybody in the group can answer for a password, by etc/shadow: 1, 0, or -1 when that
 * cannot be told, as by a user who must not see. Looks at the first character of a hash alone. */
int accounts_group_has_password(const char *root, const char *group);

#endif
