/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests changes to idinqr.map. The administrator's text stays byte for byte, and after a failure
 * the old map stays in place. test_map_edit_races.c tests concurrent editors and full disks,
 * test_map_edit_memory.c failed allocations. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/map_lines.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define C "idin1:CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

#define HEAD  "# Who may log in.\n\n"
#define ALICE "alice\t" A "   note=\"the  first\"\n"
#define MARK  "  # visitors\n\t\n"
#define BOB   "bob " A " expires=2020-01-01\n"
#define CAROL "carol " B "\n"
#define TAIL  "\n# the end\n\n"

static const char family[] = HEAD ALICE MARK BOB CAROL TAIL;

static char *dir, *path;

static void
make_dir(void)
{
    dir = scratch_dir("edit");
    path = scratch_path(dir, "idinqr.map");
}

static struct map_edit *
begin(void)
{
    struct diag diag;
    struct map_edit *edit = NULL;

    if (map_edit_begin(path, 0, &edit, &diag) != 0)
        ck_abort_msg("%s", diag_line(&diag));
    return edit;
}

static void
commit(struct map_edit *edit)
{
    struct diag diag;

    if (map_edit_commit(edit, &diag) != 0)
        ck_abort_msg("%s", diag_line(&diag));
}

static void
ck_content(const char *expected)
{
    char *text = scratch_read(path), *new_path = scratch_path(dir, "idinqr.map.new");

    ck_assert_str_eq(text, expected);
    ck_assert_int_eq(access(new_path, F_OK), -1);
}

static const struct map_line dave =
    MAP_LINE(0, "dave", C, "2026-11-22", "root", "INGBNL2A", "2027-01-31", "from the third floor");
#define DAVE                                                                                       \
    "dave " C " enrolled=2026-11-22 by=root issuer=INGBNL2A expires=2027-01-31 "                   \
    "note=\"from the third floor\"\n"

TEST_CASE("change", .setup = make_dir);

TEST(the_first_map)
{
    MAP_EDIT_AUTO *edit = begin();
    struct diag diag;
    struct stat status;

    ck_assert_uint_eq(map_count(map_edit_map(edit)), 0);
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    ck_assert_int_eq(access(path, F_OK), -1); /* noted, not written */
    commit(edit);
    ck_content(DAVE);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
}

TEST(lines_are_added_behind_what_is_there)
{
    const struct map_line eve = {.account = "eve",
                                 .hash = C,
                                 .enrolled = "",
                                 .by = "",
                                 .issuer = "",
                                 .expires = "",
                                 .note = ""};
    struct diag diag;

    scratch_write(path, 0600, family);
    MAP_EDIT_AUTO *edit = begin();
    ck_assert_uint_eq(map_count(map_edit_map(edit)), 3);
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    ck_assert_int_eq(map_edit_add(edit, &eve, &diag), 0);
    ck_assert_uint_eq(map_count(map_edit_map(edit)), 3); /* as it was */
    commit(edit);
    ck_content(HEAD ALICE MARK BOB CAROL TAIL DAVE "eve " C "\n");
}

TEST(lines_are_removed_alone)
{
    static const struct {
        unsigned numbers[3]; /* up to a 0 */
        const char *left;
    } rows[] = {
        {{0}, HEAD ALICE MARK BOB CAROL TAIL},   {{3, 0}, HEAD MARK BOB CAROL TAIL},
        {{6, 0}, HEAD ALICE MARK CAROL TAIL},    {{7, 0}, HEAD ALICE MARK BOB TAIL},
        {{7, 3, 0}, HEAD MARK BOB TAIL},         {{3, 6, 7}, HEAD MARK TAIL},
        {{6, 6, 0}, HEAD ALICE MARK CAROL TAIL}, {{1000, 0}, HEAD ALICE MARK BOB CAROL TAIL},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(path, 0600, family);
        MAP_EDIT_AUTO *edit = begin();
        for (size_t j = 0; j < 3 && rows[i].numbers[j]; j++)
            ck_assert_int_eq(map_edit_remove(edit, rows[i].numbers[j]), 0);
        commit(edit);
        ck_content(rows[i].left);
    }
    /* The very first and the very last line of a file, and the only one. */
    scratch_write(path, 0600, ALICE BOB CAROL);
    for (int i = 0; i < 3; i++) {
        MAP_EDIT_AUTO *edit = begin();
        const unsigned numbers[] = {1, 2, 1};
        ck_assert_int_eq(map_edit_remove(edit, numbers[i]), 0);
        commit(edit);
        ck_content(i == 0 ? BOB CAROL : i == 1 ? BOB : "");
    }
}

TEST(removing_and_adding_in_one_change)
{
    struct diag diag;

    scratch_write(path, 0600, family);
    MAP_EDIT_AUTO *edit = begin();
    ck_assert_int_eq(map_edit_remove(edit, 3), 0);
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    ck_assert_int_eq(map_edit_remove(edit, 7), 0);
    commit(edit);
    ck_content(HEAD MARK BOB TAIL DAVE);
}

/* A line that is replaced keeps its place, between comments that stay; and can be removed. */
TEST(a_line_is_replaced_where_it_stands)
{
    static const char *const left[] = {HEAD DAVE MARK BOB CAROL TAIL,
                                       HEAD ALICE MARK DAVE CAROL TAIL,
                                       HEAD ALICE MARK BOB DAVE TAIL};
    const struct map_line twice = MAP_LINE(0, "alice", A, "", "", "", "", "");
    struct diag diag = {.text = ""};

    for (size_t i = 0; i < 3; i++) {
        scratch_write(path, 0600, family);
        MAP_EDIT_AUTO *edit = begin();
        ck_assert_int_eq(map_edit_replace(edit, i, &dave, &diag), 0);
        commit(edit);
        ck_content(left[i]);
    }
    scratch_write(path, 0600, family);
    MAP_EDIT_AUTO *edit = begin();
    ck_assert_int_eq(map_edit_replace(edit, 2, &twice, &diag), IDQ_MAP); /* alice has it */
    ck_assert_int_eq(map_edit_replace(edit, 1, &dave, &diag), 0);
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), IDQ_MAP);
    ck_assert_int_eq(map_edit_remove(edit, 3), 0);
    commit(edit);
    ck_content(HEAD MARK DAVE CAROL TAIL);
}

TEST(mode_owner_and_group_stay)
{
    const mode_t modes[] = {0600, 0640, 0644, 0444, 02640};

    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        struct diag diag;
        struct stat before, after;

        scratch_write(path, 0600, family);
        if (geteuid() == 0)
            ck_assert_int_eq(chown(path, 0, 61003), 0);
        ck_assert_int_eq(chmod(path, modes[i]), 0);
        ck_assert_int_eq(stat(path, &before), 0);
        MAP_EDIT_AUTO *edit = begin();
        ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
        commit(edit);
        ck_assert_int_eq(stat(path, &after), 0);
        ck_assert_uint_eq(after.st_mode, before.st_mode);
        ck_assert_uint_eq(after.st_uid, before.st_uid);
        ck_assert_uint_eq(after.st_gid, before.st_gid);
        ck_assert_uint_ne(after.st_ino, before.st_ino); /* a new file, not the old one rewritten */
        ck_assert_int_eq(unlink(path), 0);
    }
}

TEST(what_is_not_committed_is_dropped)
{
    struct diag diag;

    scratch_write(path, 0600, family);
    struct map_edit *edit = begin();
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    ck_assert_int_eq(map_edit_remove(edit, 3), 0);
    map_edit_end(&edit);
    ck_assert_ptr_null(edit);
    map_edit_end(&edit);
    map_edit_end(NULL);
    ck_content(family);
}

/* Only the effective user can hold the lock, whatever the umask: a lock that others could open,
 * they could keep for ever. */
TEST(the_lock_is_nobody_elses)
{
    char *lock_path = scratch_path(dir, "idinqr.map.lock");
    mode_t before = umask(0);
    MAP_EDIT_AUTO *edit = begin();
    struct stat status;

    umask(before);
    ck_assert_int_eq(stat(lock_path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
}

/* Where others can put files, nothing is made, and nothing taken away, before that is refused. */
LOOP_TEST(a_directory_of_others_is_left_alone, 2)
{
    char *lock_path = scratch_path(dir, "idinqr.map.lock"), *text;
    char *new_path = scratch_path(dir, "idinqr.map.new");
    struct map_edit *edit = NULL;
    struct diag diag;

    if (_i)
        scratch_write(path, 0600, family);
    scratch_write(new_path, 0600, "of another program");
    ck_assert_int_eq(chmod(dir, 0777), 0);
    ck_assert_int_eq(map_edit_begin(path, 0, &edit, &diag), IDQ_MAP);
    ck_assert_ptr_null(edit);
    ck_assert_msg(strstr(diag_line(&diag), "can be written by others") != NULL, "%s",
                  diag_line(&diag));
    ck_assert_int_eq(access(lock_path, F_OK), -1);
    text = scratch_read(new_path);
    ck_assert_str_eq(text, "of another program");
}

enum { LINK_TO_A_FILE, LINK_TO_NOTHING, FILE_OF_ALL, PUT_THERE };

/* PATH.new, put there while the map is being changed: neither followed nor used. */
LOOP_TEST(a_new_map_that_is_there_already, PUT_THERE)
{
    char *new_path = scratch_path(dir, "idinqr.map.new"), *other = scratch_path(dir, "other"),
         *text;
    struct diag diag;

    scratch_write(path, 0600, family);
    if (_i != LINK_TO_NOTHING)
        scratch_write(other, 0600, "of another program");
    MAP_EDIT_AUTO *edit = begin();
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    if (_i == FILE_OF_ALL)
        scratch_write(new_path, 0666, "");
    else
        ck_assert_int_eq(symlink(other, new_path), 0);
    ck_assert_int_eq(map_edit_commit(edit, &diag), IDQ_MAP);
    ck_content(family);
    if (_i == LINK_TO_NOTHING) {
        ck_assert_int_eq(access(other, F_OK), -1);
    } else {
        text = scratch_read(other);
        ck_assert_str_eq(text, "of another program");
    }
}

TEST_CASE("refusal", .setup = make_dir);

/* Each of these, written as it is, would be refused by a reader, or read as something else. */
TEST(lines_that_cannot_stand)
{
    const struct map_line rows[] = {
        MAP_LINE(0, "", C, "", "", "", "", ""),
        MAP_LINE(0, "-dave", C, "", "", "", "", ""),
        MAP_LINE(0, "#dave", C, "", "", "", "", ""),
        MAP_LINE(0, "da ve", C, "", "", "", "", ""),
        MAP_LINE(0, "da\tve", C, "", "", "", "", ""),
        MAP_LINE(0, " dave", C, "", "", "", "", ""),
        MAP_LINE(0, "x\ndave", C, "", "", "", "", ""),
        MAP_LINE(0, "# x\ndave", C, "", "", "", "", ""),
        MAP_LINE(0, "root " C "\ndave", B, "", "", "", "", ""),
        MAP_LINE(0, "dave", "", "", "", "", "", ""),
        MAP_LINE(0, "dave", "idin1:short", "", "", "", "", ""),
        MAP_LINE(0, "dave", C " note=x", "", "", "", "", ""),
        MAP_LINE(0, "dave", C "\nroot " B, "", "", "", "", ""),
        MAP_LINE(0, "dave", C, "", "", "", "soon", ""),
        MAP_LINE(0, "dave", C, "", "", "", "2027-1-1", ""),
        MAP_LINE(0, "dave", C, "", "x\"y", "", "", ""),
        MAP_LINE(0, "dave", C, "", "\"x\"", "", "", ""),
        MAP_LINE(0, "dave", C, "", "\"", "", "", ""),
        MAP_LINE(0, "dave", C, "", "x\ty", "", "", ""),
        MAP_LINE(0, "dave", C, "", "x\n", "", "", ""),
        MAP_LINE(0, "dave", C, "", "x\n# ", "", "", ""),
        /* A comment, behind a value that is shorter than what was meant. */
        MAP_LINE(0, "dave", C, "x\n#", "", "", "", ""),
        MAP_LINE(0, "dave", C, "", "x\n#", "", "", ""),
        MAP_LINE(0, "dave", C, "", "", "x\n#", "", ""),
        MAP_LINE(0, "dave", C, "", "", "", "2027-01-31\n#", ""),
        MAP_LINE(0, "dave", C, "", "", "", "", "x\n#"),
        MAP_LINE(0, "dave", C, "", "x note=y", "", "", "\""),
        MAP_LINE(0, "dave", C, "", "x\nroot " C, "", "", ""),
        MAP_LINE(0, "dave", C, "", "", "x\" \nroot " C " by=\"y", "", ""),
        MAP_LINE(0, "dave", C, "", "", "x\" expires=\"2099-01-01", "", ""),
        MAP_LINE(0, "dave", C, "", "", "", "", "\033[2J"),
        MAP_LINE(0, "dave", C, "", "", "", "", "\xFF"),
        MAP_LINE(0, "alice", A, "", "", "", "", "again"),
    };

    scratch_write(path, 0600, family);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        MAP_EDIT_AUTO *edit = begin();
        struct diag diag = {.text = ""};

        ck_assert_msg(map_edit_add(edit, &rows[i], &diag) == IDQ_MAP, "row %zu", i);
        ck_assert_msg(strncmp(diag_line(&diag), path, strlen(path)) == 0, "row %zu: %s", i,
                      diag_line(&diag));
        /* What came before and after it is written; it is not. */
        ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
        commit(edit);
        ck_content(HEAD ALICE MARK BOB CAROL TAIL DAVE);
        scratch_write(path, 0600, family);
    }
}

#define FINGERPRINT      "0123456789abcdef"
#define FINGERPRINT_LINE "# key-fingerprint: " FINGERPRINT "\n"

/* At the top, once, and the numbers of the lines are still those that were shown. */
TEST(a_fingerprint_of_the_key_is_added)
{
    struct diag diag;

    scratch_write(path, 0600, family);
    MAP_EDIT_AUTO *edit = begin();
    map_edit_set_fingerprint(edit, FINGERPRINT);
    ck_assert_int_eq(map_edit_remove(edit, map_at(map_edit_map(edit), 1)->number), 0);
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    commit(edit);
    ck_content(FINGERPRINT_LINE HEAD ALICE MARK CAROL TAIL DAVE);

    MAP_EDIT_AUTO *none = NULL;
    map_edit_end(&edit);
    none = begin();
    map_edit_set_fingerprint(none, "fedcba9876543210");
    commit(none);
    ck_content(FINGERPRINT_LINE HEAD ALICE MARK CAROL TAIL DAVE);
    map_edit_end(&none);
    none = begin();
    map_edit_set_fingerprint(none, "");
    commit(none);
    ck_content(FINGERPRINT_LINE HEAD ALICE MARK CAROL TAIL DAVE);
}

/* Below the fingerprint, and each provider and scope once. */
TEST(an_origin_is_added)
{
    static const char *const scopes[] = {"status.example", "status.example", "other"};

    scratch_write(path, 0600, ALICE);
    for (size_t i = 0; i < ARRAY_LENGTH(scopes); i++) {
        MAP_EDIT_AUTO *edit = begin();
        map_edit_set_origin(edit, "idin-qr", scopes[i]);
        map_edit_set_fingerprint(edit, FINGERPRINT);
        commit(edit);
        ck_content(i < 2 ? FINGERPRINT_LINE "# identities-of: idin-qr status.example\n" ALICE
                         : "# identities-of: idin-qr other\n" FINGERPRINT_LINE
                           "# identities-of: idin-qr status.example\n" ALICE);
    }
}

TEST(a_map_too_full_for_a_fingerprint)
{
    struct diag diag = {.text = ""};
    char *text = malloc(MAP_SIZE_MAX + 1);

    for (size_t over = 0; over <= 1; over++) {
        size_t size = MAP_SIZE_MAX - (sizeof FINGERPRINT_LINE - 1) + over;
        memset(text, '#', size);
        memcpy(text + size - 1, "\n", 2);
        scratch_write(path, 0600, text);
        MAP_EDIT_AUTO *edit = begin();
        map_edit_set_fingerprint(edit, FINGERPRINT);
        ck_assert_int_eq(map_edit_commit(edit, &diag), over ? IDQ_MAP : 0);
    }
    ck_assert_msg(strstr(diag_line(&diag), "the map is full"), "%s", diag_line(&diag));
    ck_content(text);
    free(text);
}

/* A map that grew by one line beyond what a reader takes would lock everybody out. */
TEST(a_full_map)
{
    struct diag diag = {.text = ""};
    char *text = malloc(MAP_SIZE_MAX + 1);
    const size_t dave_size = sizeof DAVE - 1;

    for (size_t over = 0; over <= 1; over++) {
        size_t size = MAP_SIZE_MAX - dave_size + over;

        memset(text, '#', size);
        memcpy(text + size - 1, "\n", 2);
        scratch_write(path, 0600, text);
        MAP_EDIT_AUTO *edit = begin();
        ck_assert_int_eq(map_edit_add(edit, &dave, &diag), over ? IDQ_MAP : 0);
    }
    ck_assert_msg(strstr(diag_line(&diag), "the map is full"), "%s", diag_line(&diag));
    free(text);
}

static void
ck_begin_refused(const char *map_path, const char *named, const char *why)
{
    struct diag diag = {.text = ""};
    struct map_edit *edit = NULL;

    ck_assert_int_eq(map_edit_begin(map_path, 0, &edit, &diag), IDQ_MAP);
    ck_assert_ptr_null(edit);
    ck_assert_msg(strncmp(diag_line(&diag), named, strlen(named)) == 0 &&
                      strstr(diag_line(&diag), why),
                  "%s", diag_line(&diag));
}

TEST(maps_that_are_not_touched)
{
    char *lock = scratch_path(dir, "idinqr.map.lock"), long_path[5000];

    ck_assert_int_eq(chdir(dir), 0);
    ck_begin_refused("idinqr.map", "idinqr.map", "is not an absolute path");
    memset(long_path, 'x', sizeof long_path);
    long_path[0] = '/';
    long_path[sizeof long_path - 1] = '\0';
    ck_begin_refused(long_path, "/x", "");
    ck_begin_refused("/no/such/directory/map", "/no/such/directory/map.lock", "No such file");

    scratch_write(path, 0600, HEAD "alice\n");
    ck_begin_refused(path, path, ":3: an identity");
    ck_content(HEAD "alice\n");
    scratch_write(path, 0666, family);
    ck_begin_refused(path, path, "can be written by others");
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(symlink("/etc/hostname", path), 0);
    ck_begin_refused(path, path, "is a symbolic link");
    ck_assert_int_eq(unlink(path), 0);

    /* None of them kept the lock. */
    struct map_edit *edit = begin();
    map_edit_end(&edit);
    ck_assert_int_eq(unlink(lock), 0);
    ck_assert_int_eq(symlink("elsewhere", lock), 0);
    ck_begin_refused(path, lock, "");
    ck_assert_int_eq(access("elsewhere", F_OK), -1);
}

/* The new file of a run that was killed before its rename, or a link in its place. */
TEST(leftovers_of_a_killed_run)
{
    char *new_path = scratch_path(dir, "idinqr.map.new"), *target = scratch_path(dir, "target");
    struct diag diag = {.text = ""};

    scratch_write(path, 0600, family);
    scratch_write(target, 0600, "precious");
    for (int i = 0; i < 2; i++) {
        if (i == 0)
            scratch_write(new_path, 0444, "half a m");
        else
            ck_assert_int_eq(symlink(target, new_path), 0);
        MAP_EDIT_AUTO *edit = begin();
        ck_assert_int_eq(map_edit_remove(edit, 3), 0);
        commit(edit);
        ck_content(i == 0 ? HEAD MARK BOB CAROL TAIL : HEAD "\t\n" BOB CAROL TAIL);
    }
    char *text = scratch_read(target);
    ck_assert_str_eq(text, "precious");

    ck_assert_int_eq(mkdir(new_path, 0700),
                     0); /* no run of ours leaves that: it is not ours to remove */
    MAP_EDIT_AUTO *edit = begin();
    ck_assert_int_eq(map_edit_add(edit, &dave, &diag), 0);
    ck_assert_int_eq(map_edit_commit(edit, &diag), IDQ_MAP);
    ck_assert_int_eq(strncmp(diag_line(&diag), new_path, strlen(new_path)), 0);
    ck_assert_int_eq(rmdir(new_path), 0);
    ck_content(HEAD "\t\n" BOB CAROL TAIL);
}

RUN_TESTS("map_edit", NULL);
