/* SPDX-License-Identifier: BSD-3-Clause */
/* Looks up the accounts and groups of this machine, or of one below a root directory. */
#ifndef IDQ_TOOL_ACCOUNTS_H
#define IDQ_TOOL_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

/* Returns true if the account exists: in etc/passwd below `root`, and for "" in all databases of
 * nsswitch.conf. */
bool accounts_has(const char *root, const char *account);

/* Returns whether a group has members, by the group's line or as a primary group. -1: there is no
 * such group. 0: it is empty. 1: `account` is a member, or, if that is NULL, any user. */
int accounts_in_group(const char *root, const char *group, const char *account);

/* Returns the best of these results for groups that are separated by colons. */
int accounts_in_groups(const char *root, const char *groups, const char *account);

#define ACCOUNTS_NAME_SIZE 257 /* of an account or a group, with the zero byte */

/* Finds the account of a person that was probably meant by a name. Returns whether there is one. */
bool accounts_like(const char *root, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE]);

/* Finds the group in etc/group that was probably meant by a name. Returns whether there is one. */
bool accounts_like_group(const char *root, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE]);

#define ACCOUNTS_WHY_SIZE (ACCOUNTS_NAME_SIZE + 24)

/* Returns 1 if a member of the group has a password in etc/shadow, a login shell, and an account
 * that has not expired. Else returns 0, with "NAME has expired" or the like, or "". Returns -1 if
 * this cannot be read. Checks only the first character of a hash. */
int accounts_group_has_password(const char *root, const char *group,
                                char ret_why[ACCOUNTS_WHY_SIZE]);

/* Returns false if the account has no password in etc/shadow. True also if another database has the
 * account, or etc/shadow cannot be read. */
bool accounts_has_password(const char *root, const char *account);

/* Returns true if etc/shadow says that the password is empty, which is not the same as none. */
bool accounts_has_empty_password(const char *root, const char *account);

/* Returns true if etc/shadow says that the account, or its password for good, has expired. */
bool accounts_has_expired(const char *root, const char *account);

/* Calls `take` for each account of a person: with a shell, and root's or an ordinary uid. Reads
 * etc/passwd below `root`, and for "" all databases that can be listed. Returns 0, or -1 if they
 * cannot be read. */
int accounts_each_person(const char *root, void (*take)(void *context, const char *account),
                         void *context);

#endif
