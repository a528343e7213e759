/* SPDX-License-Identifier: BSD-3-Clause */
/* Looks up the accounts and groups of this machine, or of one below a root directory. */
#ifndef IDQ_TOOL_ACCOUNTS_H
#define IDQ_TOOL_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A copy of etc/passwd, etc/group and etc/shadow below a root directory, without the hashes. For ""
 * it has the other accounts that nsswitch.conf can list too. A file that cannot be read is empty.
 */
struct accounts;

/* Returns NULL if memory is short. Freed with accounts_free. */
struct accounts *accounts_read(const char *root);

void accounts_free(struct accounts **accounts);

#define ACCOUNTS_AUTO __attribute__((cleanup(accounts_free))) struct accounts

struct accounts_entry {
    const char *name, *home, *shell;
    uid_t uid;
    gid_t gid;
    bool is_local; /* it is in etc/passwd */
};

/* Finds an account: in the copy, and for "" in all databases of nsswitch.conf. Returns NULL if
 * no database has it. The next call of any function here may overwrite the entry. */
const struct accounts_entry *accounts_find(struct accounts *accounts, const char *account);

/* Returns whether a group has members, by the group's line or as a primary group. -1: there is no
 * such group. 0: it is empty. 1: `account` is a member, or, if that is NULL, any user. */
int accounts_in_group(struct accounts *accounts, const char *group, const char *account);

/* Returns whether it is the account's primary group. */
bool accounts_is_primary(struct accounts *accounts, const char *group, const char *account);

/* Returns the best of these results for groups that are separated by colons. */
int accounts_in_groups(struct accounts *accounts, const char *groups, const char *account);

#define ACCOUNTS_NAME_SIZE 257 /* of an account or a group, with the zero byte */

/* The group of the examples. Its members keep a password. */
#define ACCOUNTS_EMERGENCY_GROUP "idinqr-emergency"

/* Finds the account of a person that was probably meant by a name. Returns whether there is one. */
bool accounts_like(struct accounts *accounts, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE]);

/* Finds the group in etc/group that was probably meant by a name. Returns whether there is one. */
bool accounts_like_group(struct accounts *accounts, const char *typed,
                         char ret_name[ACCOUNTS_NAME_SIZE]);

/* Why a password does not let an account in. */
enum accounts_fault {
    ACCOUNTS_VALID,
    ACCOUNTS_EXPIRED,
    ACCOUNTS_PASSWORD_EXPIRED, /* for good: it was not changed in time */
    ACCOUNTS_NO_SHELL,
};

/* Returns ACCOUNTS_VALID also if etc/shadow and etc/passwd do not have the account. */
enum accounts_fault accounts_fault(const struct accounts *accounts, const char *account);

/* Returns 1 if a member of the group has a password in etc/shadow, and no fault. Else returns 0,
 * with a fault and its account, or with ACCOUNTS_VALID if no member has a password. Returns -1 if
 * this cannot be read. Checks only the first character of a hash. */
int accounts_group_has_password(struct accounts *accounts, const char *group,
                                enum accounts_fault *ret_fault,
                                char ret_account[ACCOUNTS_NAME_SIZE]);

/* Returns false if the account has no password in etc/shadow. True also if another database has the
 * account, or etc/shadow cannot be read. */
bool accounts_has_password(const struct accounts *accounts, const char *account);

/* Returns true if etc/shadow says that the password is empty, which is not the same as none. */
bool accounts_has_empty_password(const struct accounts *accounts, const char *account);

/* Calls `take` for each account of a person in the copy: with a shell, and root's or an ordinary
 * uid. Returns 0, or -1 if etc/passwd below a root directory cannot be read. */
int accounts_each_person(struct accounts *accounts,
                         void (*take)(void *context, const char *account), void *context);

#endif
