/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests idinqr.key: valid and invalid keys, and concurrent creators, which end with one complete
 * key. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/stack_residue.h"
#include "tests/unit/diag_line.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static char *dir, *path;

static void
make_dir(void)
{
    dir = scratch_dir("key");
    path = scratch_path(dir, "idinqr.key");
}

static int
n_files(void)
{
    DIR *listing = opendir(dir);
    int n = 0;

    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry; (entry = readdir(listing));)
        n += entry->d_name[0] != '.';
    closedir(listing);
    return n;
}

/* The file can be read, and is no key. */
enum { NOT_A_KEY = -1 };

TEST_CASE("reading", .setup = make_dir);

TEST(what_is_a_key)
{
    static const struct {
        const char *text;
        mode_t mode;
        int error; /* 0: a key */
    } rows[] = {
        {HEX "\n", 0600, 0},
        {HEX, 0600, 0},
        {HEX "\n", 0640, 0},
        {HEX "\n", 0644, EPERM},
        {HEX "\n", 0620, EPERM},
        {HEX "0\n", 0600, NOT_A_KEY},
        {HEX "0", 0600, NOT_A_KEY},
        {HEX "\r\n", 0600, 0},
        {HEX " ", 0600, NOT_A_KEY},
        {HEX "\n\n", 0600, NOT_A_KEY},
        {HEX "\r", 0600, NOT_A_KEY},
        {HEX HEX HEX "\n", 0600, NOT_A_KEY},
        {"", 0600, NOT_A_KEY},
        {"\n", 0600, NOT_A_KEY},
        {"\n" HEX, 0600, NOT_A_KEY},
        {"0x" HEX, 0600, NOT_A_KEY},
        {"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600, NOT_A_KEY},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n", 0600, NOT_A_KEY},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1\n", 0600, NOT_A_KEY},
        {"000102030405060708090a0b0c0d0e0f-101112131415161718191a1b1c1d1e1\n", 0600, NOT_A_KEY},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct diag diag = {.text = ""};
        SECRET_AUTO *key = NULL;

        scratch_write(path, rows[i].mode, rows[i].text);
        int result = map_key_read(path, &key, &diag);
        ck_assert_msg(result == (rows[i].error ? IDQ_MAP : 0), "row %zu: %s", i, diag_line(&diag));
        if (result == 0) {
            ck_assert_uint_eq(secret_size(key), IDENTITY_KEY_SIZE);
            for (int j = 0; j < IDENTITY_KEY_SIZE; j++)
                ck_assert_int_eq(secret_bytes(key)[j], j);
        } else {
            ck_assert_ptr_null(key);
            ck_assert_msg(diag.error == (rows[i].error == NOT_A_KEY ? 0 : rows[i].error),
                          "row %zu: %s", i, strerror(diag.error));
            ck_assert_int_eq(strncmp(diag_line(&diag), path, strlen(path)), 0);
            ck_assert_ptr_null(strstr(diag_line(&diag), "0102"));
        }
        ck_assert_int_eq(unlink(path), 0);
    }
}

TEST_CASE("creating", .setup = make_dir);

TEST(the_first_key)
{
    struct diag diag;
    SECRET_AUTO *made = NULL, *read = NULL, *again = NULL;
    struct stat status;
    char *text;

    ck_assert_int_eq(map_key_read(path, &read, &diag), IDQ_MAP);
    ck_assert_int_eq(diag.error, ENOENT);
    ck_assert_int_eq(map_key_read_or_create(path, &made, &diag), 0);
    ck_assert_int_eq(map_key_read(path, &read, &diag), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &again, &diag), 0);
    ck_assert_mem_eq(secret_bytes(made), secret_bytes(read), IDENTITY_KEY_SIZE);
    ck_assert_mem_eq(secret_bytes(made), secret_bytes(again), IDENTITY_KEY_SIZE);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
    ck_assert_uint_eq(status.st_nlink, 1);
    ck_assert_int_eq(n_files(), 1);
    text = scratch_read(path);
    ck_assert_uint_eq(strlen(text), 65);
    ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 64);
    ck_assert_int_eq(text[64], '\n');
}

TEST(no_two_keys_are_the_same)
{
    struct diag diag;
    SECRET_AUTO *first = NULL, *second = NULL;

    ck_assert_int_eq(map_key_read_or_create(path, &first, &diag), 0);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &second, &diag), 0);
    ck_assert(memcmp(secret_bytes(first), secret_bytes(second), IDENTITY_KEY_SIZE) != 0);
}

TEST_CASE("reading", .setup = make_dir);

/* A key that cannot be used is an error, and never replaced: the map's hashes hang on it. */
TEST(a_bad_key_stays)
{
    static const struct {
        const char *text;
        mode_t mode;
    } rows[] = {{"", 0600}, {"broken\n", 0600}, {HEX "00\n", 0600}, {HEX "\n", 0644}};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct diag diag = {.error = ENOENT}; /* left over from something else */
        struct secret *key = NULL;
        char *text;

        scratch_write(path, rows[i].mode, rows[i].text);
        ck_assert_int_eq(map_key_read_or_create(path, &key, &diag), IDQ_MAP);
        ck_assert_ptr_null(key);
        text = scratch_read(path);
        ck_assert_str_eq(text, rows[i].text);
        ck_assert_int_eq(unlink(path), 0);
    }
    ck_assert_int_eq(n_files(), 0);
}

TEST(a_link_is_not_followed)
{
    struct diag diag;
    struct secret *key = NULL;
    char *target = scratch_path(dir, "target");

    ck_assert_int_eq(symlink(target, path), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &key, &diag), IDQ_MAP);
    ck_assert_int_eq(n_files(), 1);
    ck_assert_int_eq(access(target, F_OK), -1);
}

TEST_CASE("creating", .setup = make_dir);

/* PATH.new as a link to an empty file of another program's: no key is written to it. */
TEST(a_link_at_the_new_name_is_not_followed)
{
    struct diag diag;
    struct secret *key = NULL;
    char *target = scratch_path(dir, "target"), *new_path = scratch_path(dir, "idinqr.key.new");
    struct stat status;

    scratch_write(target, 0600, "");
    ck_assert_int_eq(symlink(target, new_path), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &key, &diag), IDQ_MAP);
    ck_assert_ptr_null(key);
    ck_assert_int_eq(stat(target, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
}

/* What a killed run left may be a key that has another name by now. */
TEST(a_key_that_was_left_over_is_not_written_over)
{
    struct diag diag;
    SECRET_AUTO *key = NULL;
    char *kept = scratch_path(dir, "kept"), *new_path = scratch_path(dir, "idinqr.key.new"), *text;

    scratch_write(kept, 0600, HEX "\n");
    ck_assert_int_eq(link(kept, new_path), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &key, &diag), 0);
    text = scratch_read(kept);
    ck_assert_str_eq(text, HEX "\n");
    ck_assert_int_eq(access(new_path, F_OK), -1);
}

static struct secret *made;
static int result_of_make;

static void
make_key(void *unused)
{
    struct diag diag;

    (void)unused;
    result_of_make = map_key_read_or_create(path, &made, &diag);
}

TEST(a_new_key_leaves_the_stack, .why_not = stack_residue_why_not())
{
    char hex[2 * IDENTITY_KEY_SIZE + 1];

    stack_residue_run(make_key, NULL);
    ck_assert_int_eq(result_of_make, 0);
    for (size_t i = 0; i < IDENTITY_KEY_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)secret_bytes(made)[i]);
    /* The second half of each: the first may have been overwritten. */
    ck_assert_uint_eq(stack_residue_count(secret_bytes(made) + 16, 16), 0);
    ck_assert_uint_eq(stack_residue_count(hex + 32, 32), 0);
    secret_free(&made);
}

TEST(many_creators_at_once)
{
    enum { N = 24 };
    int start[2], keys[2];
    unsigned char first[IDENTITY_KEY_SIZE], other[IDENTITY_KEY_SIZE];
    char byte;

    ck_assert_int_eq(pipe(start), 0);
    ck_assert_int_eq(pipe(keys), 0);
    for (int i = 0; i < N; i++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct diag diag;
            struct secret *key;
            close(start[1]);
            /* All of them at once, when the parent closes its end. */
            if (read(start[0], &byte, 1) != 0 || map_key_read_or_create(path, &key, &diag) != 0 ||
                write(keys[1], secret_bytes(key), IDENTITY_KEY_SIZE) != IDENTITY_KEY_SIZE)
                _exit(1);
            _exit(0);
        }
    }
    close(start[0]);
    close(start[1]);
    close(keys[1]);
    ck_assert_int_eq(read(keys[0], first, sizeof first), sizeof first);
    for (int i = 1; i < N; i++) {
        ck_assert_int_eq(read(keys[0], other, sizeof other), sizeof other);
        ck_assert_mem_eq(first, other, sizeof first);
    }
    for (int i = 0, status; i < N; i++) {
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(n_files(), 1);
    close(keys[0]);
}

/* A disk without room, played by a limit on the size of a file. */
TEST(no_half_key)
{
    struct rlimit before;
    struct diag diag = {.text = ""};
    struct secret *key = NULL;

    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, before.rlim_max}), 0);
    int result = map_key_read_or_create(path, &key, &diag);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(result, IDQ_MAP);
    ck_assert_ptr_null(key);
    ck_assert_int_eq(strncmp(diag_line(&diag), path, strlen(path)), 0);
    ck_assert_int_eq(n_files(), 0);
}

TEST(a_directory_that_others_can_write)
{
    struct diag diag;
    struct secret *key = NULL;

    ck_assert_int_eq(chmod(dir, 0777), 0);
    ck_assert_int_eq(map_key_read_or_create(path, &key, &diag), IDQ_MAP);
    ck_assert_int_eq(n_files(), 0);
    ck_assert_int_eq(map_key_read_or_create("idinqr.key", &key, &diag), IDQ_MAP);
}

RUN_TESTS("map_key", NULL);
