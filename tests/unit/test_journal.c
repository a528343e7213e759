/* SPDX-License-Identifier: BSD-3-Clause */
/* A record for the journal: what its socket takes, and that nothing of it waits or stays. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/audit/journal.h"
#include "tests/harness/journal_socket.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct journal_field fields[] = {
    {"MESSAGE", "pam_idinqr(sudo:auth): outcome=verified"},
    {"PRIORITY", "5"},
    {"IDINQR_STATION", "Balie 3 = \"front\""},
    {"IDINQR_EMPTY", ""},
    {"A1_", "%s%n\t\x7f\xc3\xab"},
};

#define N_FIELDS ARRAY_LENGTH(fields)

static char *
socket_path(void)
{
    char *dir = scratch_dir("journal"), *path = scratch_path(dir, "socket");

    return path;
}

static unsigned
count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    unsigned n = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

TEST_CASE("record");

TEST(a_record_is_one_datagram)
{
    char *path = socket_path();
    int fd = journal_socket_listen(path);
    unsigned n_open = count_descriptors();
    JOURNAL_RECORD_AUTO record = {0};
    JOURNAL_RECORD_AUTO none = {0};

    ck_assert_int_eq(journal_send(path, fields, N_FIELDS), 0);
    ck_assert_uint_eq(count_descriptors(), n_open);
    ck_assert_int_eq(journal_socket_take(fd, 1000, &record), 1);
    ck_assert_uint_eq(record.n_fields, N_FIELDS);
    for (size_t i = 0; i < N_FIELDS; i++) {
        ck_assert_str_eq(record.names[i], fields[i].name);
        ck_assert_str_eq(record.values[i], fields[i].value);
    }
    ck_assert_uint_eq(record.uid, geteuid());
    ck_assert_int_eq(record.pid, getpid());
    ck_assert_int_eq(journal_socket_take(fd, 0, &none), 0);
    close(fd);
}

/* Like su when a user other than root has started it: only the real uid is that user's. */
TEST(a_record_is_the_effective_users,
     .why_not = geteuid() == 0 ? NULL : "only root has another user's rights")
{
    char *path = socket_path();
    int fd = journal_socket_listen(path);
    JOURNAL_RECORD_AUTO record = {0};

    ck_assert_int_eq(setresuid(65534, 0, 0), 0);
    ck_assert_int_eq(journal_send(path, fields, N_FIELDS), 0);
    ck_assert_int_eq(journal_socket_take(fd, 1000, &record), 1);
    ck_assert_uint_eq(record.uid, 0);
    ck_assert_int_eq(setresuid(0, 0, 0), 0);
    close(fd);
}

/* What is at the path, and no journal. */
static void
put_nothing(const char *path)
{
    (void)path;
}

static void
put_dead_socket(const char *path)
{
    close(journal_socket_listen(path));
}

static void
put_file(const char *path)
{
    scratch_write(path, 0666, "");
}

static void
put_full_socket(const char *path)
{
    (void)journal_socket_listen(path); /* stays open, without a reader */
    ck_assert_uint_ge(journal_socket_fill(path), 1);
}

static void (*const no_journals[])(const char *path) = {put_nothing, put_dead_socket, put_file,
                                                        put_full_socket};

/* One that waited would be ended by the runner. */
LOOP_TEST(no_journal_takes_it_and_none_is_waited_for, ARRAY_LENGTH(no_journals))
{
    char *path = socket_path();
    unsigned n_open;

    no_journals[_i](path);
    n_open = count_descriptors();
    ck_assert_int_eq(journal_send(path, fields, N_FIELDS), IDQ_SYSTEM);
    ck_assert_uint_eq(count_descriptors(), n_open);
}

static const struct journal_field unusable[] = {
    {"TWO", "lines\nPRIORITY=0"}, {"END", "\n"}, {"_UID", "0"}, {"", "no name"}, {"lower", "case"},
    {"WITH=EQUALS", ""},          {"1ST", ""},   {"A\nB", ""},
};

LOOP_TEST(a_field_that_breaks_the_record_is_refused, ARRAY_LENGTH(unusable))
{
    char *path = socket_path();
    int fd = journal_socket_listen(path);
    const struct journal_field record[] = {fields[0], unusable[_i]};
    JOURNAL_RECORD_AUTO none = {0};

    ck_assert_int_eq(journal_send(path, record, 2), IDQ_SYSTEM);
    ck_assert_int_eq(journal_socket_take(fd, 0, &none), 0);
    close(fd);
}

TEST(a_record_has_a_size)
{
    char *path = socket_path(), *value = malloc(JOURNAL_RECORD_SIZE);
    int fd = journal_socket_listen(path);
    const struct journal_field record[] = {{"A", value}};

    ck_assert_ptr_nonnull(value);
    memset(value, 'x', JOURNAL_RECORD_SIZE);
    for (size_t size = JOURNAL_RECORD_SIZE - 5; size < JOURNAL_RECORD_SIZE; size++) {
        JOURNAL_RECORD_AUTO taken = {0};
        int fits = size + strlen("A=\n") <= JOURNAL_RECORD_SIZE;
        value[size] = '\0';
        ck_assert_int_eq(journal_send(path, record, 1), fits ? 0 : IDQ_SYSTEM);
        ck_assert_int_eq(journal_socket_take(fd, 0, &taken), fits);
        ck_assert(!fits || strlen(taken.values[0]) == size);
        value[size] = 'x';
    }
    close(fd);
    free(value);
}

TEST(a_path_has_a_length)
{
    char path[200];

    memset(path, 'x', sizeof path);
    for (size_t size = 100; size < sizeof path; size++) {
        path[size] = '\0';
        ck_assert_int_eq(journal_send(path, fields, N_FIELDS), IDQ_SYSTEM);
        path[size] = 'x';
    }
}

RUN_TESTS("journal", NULL);
