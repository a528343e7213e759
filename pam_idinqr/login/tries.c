/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/login/tries.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOUR_MS (60 * 60 * 1000)

/* A counter is a point in time, by clock_ms. A try moves it an hour's share into the future, from
 * now or later. A counter that would be more than an hour ahead is full. After `limit` tries at
 * once, one more is allowed each 1/limit of an hour. So no list of tries is needed. One instruction
 * changes it. A lock would allow a user who stops a process to block every login. */
typedef _Atomic int64_t counter;

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "processes share a counter without a lock");

/* First the counter of all logins, then those of the accounts. One set for local logins, one for
 * remote logins. Accounts with equal hashes share a counter, and so a limit. In return the file has
 * a fixed size and names no account. */
#define ACCOUNTS  4095
#define COUNTERS  (2 * (1 + ACCOUNTS))
#define FILE_SIZE (COUNTERS * sizeof(counter))

static size_t
index_of_all(bool is_remote)
{
    return is_remote ? 1 + ACCOUNTS : 0;
}

/* FNV-1a, 32 bits. */
static size_t
index_of_account(const char *account, bool is_remote)
{
    uint32_t hash = 2166136261u;

    for (const char *p = account; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619u;
    return index_of_all(is_remote) + 1 + hash % ACCOUNTS;
}

/* Returns the share of one try, 0 without a limit. */
static int64_t
cost_ms(int limit)
{
    return limit > 0 ? HOUR_MS / limit : 0;
}

static bool
is_counted(const struct config *config)
{
    return geteuid() == 0 && (config->tries_in_all > 0 || config->tries_per_account > 0);
}

/* The file was created by root with mode 0600 and has one name. Any other file of root's is left
 * unchanged. */
static int
check_file(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    return S_ISREG(status.st_mode) && status.st_uid == 0 && status.st_nlink == 1 &&
                   (status.st_mode & (S_IRWXG | S_IRWXO)) == 0 &&
                   (status.st_size == 0 || status.st_size == (off_t)FILE_SIZE)
               ? 0
               : EPERM;
}

/* Explains an error of the file. No text or command tells an administrator to remove another file,
 * whose path was set by mistake. */
static void
explain(const struct config *config, int fd, int error, struct diag *ret_diag)
{
    const char *path = config->tries_file;
    struct stat status;
    bool has_size = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                    (status.st_size == 0 || status.st_size == (off_t)FILE_SIZE);

    if (error == EPERM && has_size) {
        diag_set_file(ret_diag, path, 0,
                      "is not a file that only root can open; removing this file resets it");
        ret_diag->cure = "rm";
    } else if (error == EPERM || error == ELOOP || error == EISDIR) {
        diag_set_file(ret_diag, path, 0, "is not a file of tries, and stays as it is");
        if (!config_doubt_path(config, "tries_file", ret_diag)) {
            diag_set_file(ret_diag, path, 0, "is not a file of tries; removing it resets them");
            ret_diag->cure = "rm -r";
        }
    } else if (error == ENOENT) {
        diag_set_file(ret_diag, path, 0, "No such file or directory: its directory is missing");
        ret_diag->error = ENOENT;
    } else {
        diag_set_error(ret_diag, path, error);
    }
}

/* Returns NULL with ret_diag. */
static void *
map_file(const struct config *config, struct diag *ret_diag)
{
    int fd =
        open(config->tries_file, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY,
             S_IRUSR | S_IWUSR);
    int error = fd < 0 ? errno : check_file(fd);
    void *mapped = MAP_FAILED;

    /* Allocates all of it: a page that a full file system cannot allocate later would be a SIGBUS.
     */
    if (error == 0)
        error = posix_fallocate(fd, 0, FILE_SIZE);
    if (error == 0) {
        mapped = mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (mapped == MAP_FAILED)
            error = errno;
    }
    if (mapped == MAP_FAILED)
        explain(config, fd, error, ret_diag);
    if (fd >= 0)
        close(fd);
    return mapped != MAP_FAILED ? mapped : NULL;
}

/* Returns a counter after one more try, or -1 if it is full. A time more than an hour ahead is from
 * before the machine started, or damaged, and counts as no tries. */
static int64_t
after_try(int64_t before, int64_t now_ms, int64_t more_ms)
{
    int64_t after = before > now_ms && before <= now_ms + HOUR_MS ? before : now_ms;

    after += more_ms;
    return after > now_ms + HOUR_MS ? -1 : after;
}

/* Returns 0, or -1 if the counter is full. */
static int
add_try(counter *counted, int64_t more_ms)
{
    int64_t now_ms = clock_ms(), before = atomic_load(counted), after;

    do {
        after = after_try(before, now_ms, more_ms);
        if (after < 0)
            return -1;
    } while (!atomic_compare_exchange_weak(counted, &before, after));
    return 0;
}

static int
refuse(const struct config *config, const char *keyword, int limit, struct diag *diag)
{
    diag_set_file(diag, config->tries_file, 0, "%s, %d, is reached; removing this file resets it",
                  keyword, limit);
    return IDQ_TRIES;
}

/* Returns whether one more try would find the counter full. An empty file counts nothing yet. */
static bool
is_full(int fd, size_t index, int64_t more_ms)
{
    int64_t counted;

    return more_ms > 0 &&
           pread(fd, &counted, sizeof counted, (off_t)(index * sizeof counted)) ==
               (ssize_t)sizeof counted &&
           after_try(counted, clock_ms(), more_ms) < 0;
}

/* Looks at the counters of a local login. */
static int
check_counters(int fd, const struct config *config, const char *account, struct diag *diag)
{
    if (account &&
        is_full(fd, index_of_account(account, false), cost_ms(config->tries_per_account)))
        return refuse(config, "tries_per_account", config->tries_per_account, diag);
    if (is_full(fd, index_of_all(false), cost_ms(config->tries_in_all)))
        return refuse(config, "tries_in_all", config->tries_in_all, diag);
    return 0;
}

int
tries_check(const struct config *config, const char *account, struct diag *ret_diag)
{
    const char *path = config->tries_file;
    char directory[PATH_MAX];
    int fd, error, result = 0;

    if (!is_counted(config))
        return 0;
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    error = fd < 0 ? errno : check_file(fd);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path + 1), path);
    if (error == 0) {
        result = check_counters(fd, config, account, ret_diag);
    } else if (error != ENOENT || access(directory, F_OK) != 0) { /* a login makes the file */
        explain(config, fd, error, ret_diag);
        result = IDQ_SYSTEM;
    }
    if (fd >= 0)
        close(fd);
    return result;
}

/* Returns 0, or IDQ_TRIES if a limit is reached. */
static int
add_to_both(counter *counters, const struct config *config, const char *account, bool is_remote,
            struct diag *ret_diag)
{
    int64_t account_ms = account ? cost_ms(config->tries_per_account) : 0;
    int64_t all_ms = cost_ms(config->tries_in_all);
    counter *of_account = account ? &counters[index_of_account(account, is_remote)] : NULL;

    if (account_ms > 0 && add_try(of_account, account_ms) != 0)
        return refuse(config, "tries_per_account", config->tries_per_account, ret_diag);
    if (all_ms > 0 && add_try(&counters[index_of_all(is_remote)], all_ms) != 0) {
        if (account_ms > 0)
            (void)atomic_fetch_sub(of_account, account_ms);
        return refuse(config, "tries_in_all", config->tries_in_all, ret_diag);
    }
    return 0;
}

int
tries_take(const struct config *config, const char *account, bool is_remote, struct diag *ret_diag)
{
    void *file;
    int result;

    if (!is_counted(config))
        return 0;
    file = map_file(config, ret_diag);
    if (!file)
        return IDQ_SYSTEM;
    result = add_to_both(file, config, account, is_remote, ret_diag);
    (void)munmap(file, FILE_SIZE);
    return result;
}

void
tries_give_back(const struct config *config, const char *account, bool is_remote)
{
    struct diag ignored; /* the login has succeeded, and a counted try does no harm */
    void *file;
    counter *counters;

    if (!is_counted(config))
        return;
    file = map_file(config, &ignored);
    if (!file)
        return;
    counters = file;
    if (account)
        (void)atomic_fetch_sub(&counters[index_of_account(account, is_remote)],
                               cost_ms(config->tries_per_account));
    (void)atomic_fetch_sub(&counters[index_of_all(is_remote)], cost_ms(config->tries_in_all));
    (void)munmap(file, FILE_SIZE);
}
