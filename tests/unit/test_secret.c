/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the memory that wipes itself. A mapped page can still be read through /proc/self/mem, so
 * secret_free must unmap it. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/secret.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const void *locked; /* the last that was to be locked */
static size_t locked_size;

/* In libc's place. */
int
mlock(const void *start, size_t size)
{
    locked = start;
    locked_size = size;
    return (int)syscall(SYS_mlock, start, size);
}

TEST_CASE("life");

TEST(a_new_secret_is_zero_and_ends_with_zero)
{
    const size_t sizes[] = {0, 1, 31, 4095, 4096, 4097, 100000};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        SECRET_AUTO *secret = secret_new(sizes[i]);

        ck_assert_ptr_nonnull(secret);
        ck_assert_uint_eq(secret_size(secret), sizes[i]);
        for (size_t j = 0; j <= sizes[i]; j++)
            ck_assert_int_eq(secret_bytes(secret)[j], 0);
        memset(secret_bytes(secret), 'x', sizes[i]);
        ck_assert_uint_eq(strlen(secret_bytes(secret)), sizes[i]);
    }
}

/* The kernel puts a new mapping below the last one: below a page that cannot be touched, a zero
 * byte that was not counted in would be seen. */
TEST(the_zero_byte_has_room_at_the_end_of_a_page)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t size = page - 64; size <= page + 1; size++) {
        void *guard = mmap(NULL, page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        SECRET_AUTO *secret = secret_new(size);

        ck_assert_ptr_ne(guard, MAP_FAILED);
        ck_assert_int_eq(secret_bytes(secret)[size], 0);
        ck_assert_int_eq(munmap(guard, page), 0);
    }
}

TEST(no_secret_of_an_absurd_size)
{
    ck_assert_ptr_null(secret_new(SIZE_MAX));
    ck_assert_ptr_null(secret_new(SIZE_MAX / 2 + 1));
    ck_assert_ptr_null(secret_copy("x", SIZE_MAX - 16));
}

TEST(a_copy_holds_every_byte)
{
    SECRET_AUTO *secret = secret_copy("a\0b", 3), *empty = secret_copy(NULL, 0);

    ck_assert_uint_eq(secret_size(secret), 3);
    ck_assert_mem_eq(secret_bytes(secret), "a\0b", 4);
    ck_assert_uint_eq(secret_size(empty), 0);
    ck_assert_str_eq(secret_bytes(empty), "");
}

TEST(what_is_cut_off_is_wiped)
{
    SECRET_AUTO *secret = secret_copy("abcdef", 6);

    secret_truncate(secret, 7);
    ck_assert_uint_eq(secret_size(secret), 6);
    secret_truncate(secret, 6);
    ck_assert_str_eq(secret_bytes(secret), "abcdef");
    secret_truncate(secret, 2);
    ck_assert_uint_eq(secret_size(secret), 2);
    ck_assert_mem_eq(secret_bytes(secret), "ab\0\0\0\0", 7);
    secret_truncate(secret, 0);
    ck_assert_mem_eq(secret_bytes(secret), "\0\0", 3);
}

TEST(freeing_takes_the_pages_away)
{
    struct secret *secret = secret_copy("token", 5), *none = NULL;
    char *bytes = secret_bytes(secret);
    uintptr_t page =
        (uintptr_t)bytes / (uintptr_t)sysconf(_SC_PAGESIZE) * (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char resident;

    ck_assert_int_eq(mincore((void *)page, 1, &resident), 0);
    secret_free(&secret);
    ck_assert_ptr_null(secret);
    ck_assert_int_eq(mincore((void *)page, 1, &resident), -1);
    ck_assert_int_eq(errno, ENOMEM); /* not mapped */
    secret_free(&secret);
    secret_free(&none);
    secret_free(NULL);
}

/* Asked for, that is: the limit of the machine may deny it. */
TEST(the_pages_are_locked)
{
    SECRET_AUTO *secret = secret_new(100000);

    ck_assert_ptr_eq(locked, secret);
    ck_assert_uint_ge(locked_size, 100001);
}

/* "dd" in VmFlags of the mapping: do not dump. */
TEST(a_core_file_has_no_secret)
{
    SECRET_AUTO *secret = secret_copy("token", 5);
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512];
    int is_inside = 0, n_found = 0;

    ck_assert_ptr_nonnull(smaps);
    while (fgets(line, sizeof line, smaps)) {
        uintptr_t start, end;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
            is_inside = start <= (uintptr_t)secret && (uintptr_t)secret < end;
        if (is_inside && strncmp(line, "VmFlags:", 8) == 0) {
            n_found++;
            ck_assert_msg(strstr(line, " dd"), "%s", line);
        }
    }
    fclose(smaps);
    ck_assert_int_eq(n_found, 1);
}

/* Such a child may be anything of the host's. It has an empty secret, and can free it. */
TEST(a_forked_child_has_no_secret)
{
    SECRET_AUTO *secret = secret_copy("token", 5);
    int status;
    pid_t child = fork();

    if (child == 0) {
        int is_empty =
            secret_size(secret) == 0 && memcmp(secret_bytes(secret), "\0\0\0\0\0", 6) == 0;
        secret_free(&secret);
        _exit(is_empty && !secret ? 0 : 1);
    }
    ck_assert_int_gt(child, 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(secret_bytes(secret), "token");
}

TEST_CASE("bytes");

TEST(equal_means_every_byte)
{
    unsigned char a[64], b[64];

    memset(a, 0x5A, sizeof a);
    for (size_t i = 0; i < sizeof a; i++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(b, a, sizeof a);
            ck_assert_int_eq(secret_equal_bytes(a, b, sizeof a), 1);
            b[i] ^= (unsigned char)(1 << bit);
            ck_assert_int_eq(secret_equal_bytes(a, b, sizeof a), 0);
            ck_assert_int_eq(secret_equal_bytes(a, b, i), 1);
        }
    ck_assert_int_eq(secret_equal_bytes("a", "b", 0), 1);
}

/* A comparison that ends at the first difference tells by its time how much of a secret was right:
 * this one goes on, into a page that cannot be read. */
TEST(a_comparison_goes_on_behind_the_first_difference)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *pages =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int status;
    pid_t pid;

    ck_assert_ptr_ne(pages, MAP_FAILED);
    pages[page - 1] = 'a';
    ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        (void)secret_equal_bytes(pages + page - 1, "bb", 2);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_ne(status, 0);
    ck_assert_int_eq(munmap(pages, 2 * page), 0);
}

TEST(wiping_leaves_the_neighbors)
{
    char bytes[] = "abcdef";

    secret_wipe(bytes + 1, 4);
    ck_assert_mem_eq(bytes, "a\0\0\0\0f", 7);
    secret_wipe(bytes, 0);
    ck_assert_int_eq(bytes[0], 'a');
}

RUN_TESTS("secret", NULL);
