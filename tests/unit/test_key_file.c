/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that `idinqr keys` writes: thumbprints as the RFCs have them, a text that the agent
 * reads back as the same keys, and a file that is the old one or the new one. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/key_file.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* RFC 7638, 3.1. */
#define RSA_N                                                                                      \
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECP" \
    "ebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY" \
    "368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0f" \
    "M4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"

static const struct key_message keys[] = {
    {KEY_RSA, "2011-04-29", RSA_N, "AQAB"},
    {KEY_P256, "\"quoted\\kid", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {KEY_ED25519, "", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", ""},
};

#define N_KEYS ARRAY_LENGTH(keys)

/* Of the second, by another program: printf '{"crv":…}' | openssl sha256 -binary | base64. */
static const char *const thumbprints[N_KEYS] = {
    "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
    "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", /* RFC 8037, A.3 */
};
static const char *const algs[N_KEYS] = {"RS256", "ES256", "EdDSA"};

TEST_CASE("file");

TEST(thumbprints_and_algs)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        char thumbprint[KEY_FILE_THUMBPRINT_SIZE];
        ck_assert_int_eq(key_file_thumbprint(&keys[i], thumbprint), 0);
        ck_assert_str_eq(thumbprint, thumbprints[i]);
        ck_assert_str_eq(key_file_alg(&keys[i]), algs[i]);
    }
}

TEST(the_agent_reads_the_same_keys)
{
    char *text = key_file_text(keys, N_KEYS);
    const char *trouble;
    KEY_SET_AUTO *set = NULL;
    struct key_message key;
    size_t at = 0;

    ck_assert_msg(key_set_read(text, strlen(text), &set, &trouble) == 0, "%s: %s", trouble, text);
    for (size_t i = 0; i < N_KEYS; i++) {
        ck_assert_int_eq(key_set_next(set, &at, &key), 1);
        ck_assert_mem_eq(&key, &keys[i], sizeof key);
    }
    ck_assert_int_eq(key_set_next(set, &at, &key), 0);
    free(text);
}

static size_t
count_files(const char *path)
{
    DIR *dir = opendir(path);
    size_t n = 0;

    ck_assert_ptr_nonnull(dir);
    for (const struct dirent *entry; (entry = readdir(dir));)
        n += entry->d_name[0] != '.';
    closedir(dir);
    return n;
}

TEST(the_file_is_replaced)
{
    char *dir = scratch_dir("keys"), *path = scratch_path(dir, "idinqr.jwks"), *text;
    struct diag diag;
    struct stat status;

    scratch_write(path, 0600, "old");
    ck_assert_msg(key_file_write(path, "new", &diag) == 0, "%s", diag_line(&diag));
    text = scratch_read(path);
    ck_assert_str_eq(text, "new");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
    ck_assert_uint_eq(count_files(dir), 1);
}

/* First the parent directory is missing, then a directory has the name of the file. */
TEST(nothing_is_left_of_a_failure)
{
    char *dir = scratch_dir("keys"), *path = scratch_path(dir, "idinqr.jwks"),
         *below = scratch_path(path, "file");
    struct diag diag = {.text = ""};

    ck_assert_int_eq(key_file_write(below, "new", &diag), IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "idinqr.jwks/file: No such file"));
    ck_assert_int_eq(mkdir(path, 0755), 0);
    ck_assert_int_eq(key_file_write(path, "new", &diag), IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "idinqr.jwks: Is a directory"));
    ck_assert_uint_eq(count_files(dir), 1);
}

RUN_TESTS("key_file", NULL);
