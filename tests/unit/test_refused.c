/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of refused identities: its lines, their order and their end, several writers, and files
 * and disks that do not do. Runs as any user. Only root can mount a small disk, or give the file
 * away. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/refused.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_edit.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define A       "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B       "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define WAIT_MS 50000

static char *dir, *path;

static void
make_dir(void)
{
    dir = scratch_dir("refused");
    path = scratch_path(dir, "idinqr.refused");
}

static int
add(const char *account, const char *hash, const char *service, struct diag *ret_diag)
{
    const struct map_line line = {
        .account = account,
        .hash = hash,
        .service = service,
        .provider = "idin-qr",
        .scope = "a scope",
        .session = "0123456789abcdef",
        .uid = "1001",
        .loginuid = "",
        .issuer = "INGBNL2A",
    };

    return refused_add(path, &line, WAIT_MS, ret_diag);
}

static void
must_add(const char *account, const char *hash, const char *service)
{
    struct diag diag;

    ck_assert_msg(add(account, hash, service, &diag) == 0, "%s", diag_line(&diag));
}

static struct map *
must_read(void)
{
    struct map *refused;
    struct diag diag;

    ck_assert_msg(refused_read(path, &refused, &diag) == 0, "%s", diag_line(&diag));
    return refused;
}

static void
write_hash(int i, char ret_hash[IDENTITY_HASH_SIZE])
{
    snprintf(ret_hash, IDENTITY_HASH_SIZE, IDENTITY_PREFIX "%043d", i);
}

/* "refused=" and the time so long ago. */
static void
write_refused(time_t seconds_ago, char ret_field[40])
{
    time_t when = time(NULL) - seconds_ago;
    struct tm parts;

    ck_assert_ptr_nonnull(gmtime_r(&when, &parts));
    ck_assert_uint_gt(strftime(ret_field, 40, "refused=%Y-%m-%dT%H:%M:%SZ", &parts), 0);
}

TEST_CASE("lines", .setup = make_dir, .timeout_s = 60);

TEST(a_line_and_its_fields)
{
    struct stat status;
    MAP_AUTO *none = must_read();

    ck_assert_uint_eq(map_count(none), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    must_add("alice", A, "sudo");
    must_add(MAP_NO_ACCOUNT, B, "login");
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), 2);
    const struct map_line *line = map_at(refused, 0);
    ck_assert_str_eq(line->account, "alice");
    ck_assert_str_eq(line->hash, A);
    ck_assert_str_eq(line->service, "sudo");
    ck_assert_str_eq(line->provider, "idin-qr");
    ck_assert_str_eq(line->scope, "a scope");
    ck_assert_str_eq(line->session, "0123456789abcdef");
    ck_assert_str_eq(line->uid, "1001");
    ck_assert_str_eq(line->loginuid, "");
    ck_assert_str_eq(line->issuer, "INGBNL2A");
    ck_assert(refused_is_recent(line));
    ck_assert_str_eq(map_at(refused, 1)->account, MAP_NO_ACCOUNT);
}

/* The newest stand last, and there are no more than REFUSED_MOST of them. */
TEST(the_newest_stay)
{
    char hash[IDENTITY_HASH_SIZE];

    for (int i = 0; i < REFUSED_MOST + 5; i++) {
        write_hash(i, hash);
        must_add("alice", hash, "sudo");
    }
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), REFUSED_MOST);
    for (int i = 0; i < REFUSED_MOST; i++) {
        write_hash(i + 5, hash);
        ck_assert_str_eq(map_at(refused, (size_t)i)->hash, hash);
    }
}

/* A person who tries again takes no other's place, in a full file too. */
TEST(another_try_replaces_the_line)
{
    char hash[IDENTITY_HASH_SIZE];

    for (int i = 0; i < REFUSED_MOST; i++) {
        write_hash(i, hash);
        must_add("alice", hash, "sudo");
    }
    write_hash(1, hash);
    must_add("alice", hash, "su");
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), REFUSED_MOST);
    ck_assert_str_eq(map_at(refused, REFUSED_MOST - 1)->hash, hash);
    ck_assert_str_eq(map_at(refused, REFUSED_MOST - 1)->service, "su");
    write_hash(0, hash);
    ck_assert_str_eq(map_at(refused, 0)->hash, hash);
    /* As another account it is another line. */
    must_add("bob", A, "su");
    must_add("carol", A, "su");
    MAP_AUTO *more = must_read();
    ck_assert_str_eq(map_at(more, REFUSED_MOST - 2)->account, "bob");
    ck_assert_str_eq(map_at(more, REFUSED_MOST - 1)->account, "carol");
}

TEST(old_lines_go)
{
    char old[40], young[40], *text;

    write_refused(REFUSED_HOURS * 3600 + 60, old);
    write_refused(REFUSED_HOURS * 3600 - 600, young);
    text = scratch_text("alice %s %s\nbob %s\ncarol %s %s\n", A, old, A, A, young);
    scratch_write(path, 0600, text);
    MAP_AUTO *before = must_read();
    ck_assert_int_eq(refused_is_recent(map_at(before, 0)), 0);
    ck_assert_int_eq(refused_is_recent(map_at(before, 1)), 0);
    ck_assert_int_eq(refused_is_recent(map_at(before, 2)), 1);
    must_add("dave", B, "su");
    MAP_AUTO *after = must_read();
    ck_assert_uint_eq(map_count(after), 2);
    ck_assert_str_eq(map_at(after, 0)->account, "carol");
    ck_assert_str_eq(map_at(after, 1)->account, "dave");
}

TEST(an_enrollment_removes_its_lines)
{
    struct diag diag;

    ck_assert_int_eq(refused_remove(path, A, "alice", WAIT_MS, &diag), 0);
    ck_assert_int_eq(access(path, F_OK), -1);
    must_add("alice", A, "sudo");
    must_add("bob", A, "sudo");
    must_add(MAP_NO_ACCOUNT, A, "login");
    must_add("alice", B, "sudo");
    ck_assert_int_eq(refused_remove(path, A, "alice", WAIT_MS, &diag), 0);
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), 2);
    ck_assert_str_eq(map_at(refused, 0)->account, "bob");
    ck_assert_str_eq(map_at(refused, 1)->hash, B);
}

/* Neither a reader nor a writer takes such a file for an empty or a shorter one. */
static const struct {
    const char *text, *says;
} bad_texts[] = {
    {"alice " A, ":1: there is no newline at the end of the file"},
    {"alice " A "\nbob idin1:BB", ":2: there is no newline at the end of the file"},
    {"alice " A "\nbob idin1:BB\n", ":2: an identity, idin1: and 43 characters, must"},
    {"\x01\x02\n", ":1: a character that is not text"},
    {"-x " A "\n", ":1: this is not the name of an account"},
    {"alice " A " refused=today\n", ":1: field refused must be a time"},
    {"alice " A " refused=2026-11-22T16:00:00Zx\n", ":1: field refused"},
    {"alice " A " service=a service=b\n", ":1: field service is given twice"},
    /* Of the map alone. */
    {"alice " A " enrolled=2026-11-22\n", ":1: field enrolled"},
    {"alice " A " expires=2027-11-22\n", ":1: field expires"},
};

LOOP_TEST(a_file_that_is_not_understood, ARRAY_LENGTH(bad_texts))
{
    struct map *refused = NULL;
    struct diag diag;
    char *after;

    scratch_write(path, 0600, bad_texts[_i].text);
    ck_assert_int_eq(refused_read(path, &refused, &diag), IDQ_MAP);
    ck_assert_msg(strstr(diag_line(&diag), bad_texts[_i].says) != NULL, "%s", diag_line(&diag));
    ck_assert_int_eq(add("carol", B, "sudo", &diag), IDQ_MAP);
    ck_assert_msg(strstr(diag_line(&diag), bad_texts[_i].says) != NULL, "%s", diag_line(&diag));
    ck_assert_int_eq(refused_remove(path, A, "alice", WAIT_MS, &diag), IDQ_MAP);
    after = scratch_read(path);
    ck_assert_str_eq(after, bad_texts[_i].text);
}

/* A line of this file must not pass for one of the map: the map has no such fields. */
TEST(the_map_has_none_of_these_fields)
{
    static const char *const fields[] = {"refused=2026-11-22T16:00:00Z",
                                         "service=su",
                                         "provider=x",
                                         "scope=x",
                                         "session=x",
                                         "uid=1",
                                         "loginuid=1"};
    struct map *map = NULL;
    struct diag diag;
    char line[200];

    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
        snprintf(line, sizeof line, "alice " A " %s\n", fields[i]);
        ck_assert_int_eq(map_parse(line, strlen(line), "map", &map, &diag), IDQ_MAP);
        ck_assert_int_eq(map_parse_kind(MAP_OF_REFUSED, line, strlen(line), "file", &map, &diag),
                         0);
        map_free(&map);
    }
    ck_assert_int_eq(map_parse("- " A "\n", strlen("- " A "\n"), "map", &map, &diag), IDQ_MAP);
}

/* A value that would end the line, or open another field. */
TEST(a_value_that_cannot_stand)
{
    static const char *const services[] = {"a\nbob " B, "a\"", "a\033[2J"};
    struct diag diag;

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        ck_assert_int_eq(add("alice", A, services[i], &diag), IDQ_MAP);
    ck_assert_int_eq(access(path, F_OK), -1);
    must_add("alice", A, "a uid=0");
    MAP_AUTO *refused = must_read();
    ck_assert_str_eq(map_at(refused, 0)->service, "a uid=0");
    ck_assert_str_eq(map_at(refused, 0)->uid, "1001");
}

static void
must_refuse_the_file(const char *says)
{
    struct map *refused = NULL;
    struct diag diag;

    ck_assert_int_eq(refused_read(path, &refused, &diag), IDQ_MAP);
    ck_assert_msg(strstr(diag_line(&diag), says) != NULL, "%s", diag_line(&diag));
    ck_assert_int_eq(add("bob", B, "sudo", &diag), IDQ_MAP);
    ck_assert_msg(strstr(diag_line(&diag), says) != NULL, "%s", diag_line(&diag));
}

TEST(a_file_that_others_could_have_written)
{
    char *other = scratch_path(dir, "other"), *after;

    must_add("alice", A, "sudo");
    ck_assert_int_eq(chmod(path, 0620), 0);
    must_refuse_the_file("can be written by others");
    ck_assert_int_eq(chmod(path, 0600), 0);
    ck_assert_int_eq(chmod(dir, 0733), 0);
    must_refuse_the_file("the directory can be written by others");
    ck_assert_int_eq(chmod(dir, 0700), 0);
    if (geteuid() == 0) {
        ck_assert_int_eq(chown(path, 65534, 65534), 0);
        must_refuse_the_file("belongs to uid 65534, not to root");
        ck_assert_int_eq(chown(path, 0, 0), 0);
    }
    ck_assert_int_eq(rename(path, other), 0);
    ck_assert_int_eq(symlink(other, path), 0);
    must_refuse_the_file("is a symbolic link");
    after = scratch_read(other);
    ck_assert_ptr_null(strstr(after, "bob"));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    must_refuse_the_file("is not a regular file");
}

/* No line gets lost under another's. */
TEST(two_writers_at_once)
{
    enum { N = 20 };
    int start[2], status;
    char byte;

    ck_assert_int_eq(pipe(start), 0);
    for (int writer = 0; writer < 2; writer++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            char hash[IDENTITY_HASH_SIZE];
            struct diag diag;
            close(start[1]);
            if (read(start[0], &byte, 1) != 0)
                _exit(1);
            for (int i = 0; i < N; i++) {
                write_hash(N * writer + i, hash);
                if (add("alice", hash, "sudo", &diag) != 0)
                    _exit(1);
            }
            _exit(0);
        }
    }
    close(start[0]);
    close(start[1]);
    for (int writer = 0; writer < 2; writer++) {
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), 2 * N);
}

/* A process that its user has stopped holds the lock: others do not wait for it. */
TEST(a_lock_that_is_taken)
{
    const struct map_line line = {.account = "alice",
                                  .hash = A,
                                  .service = "",
                                  .provider = "",
                                  .scope = "",
                                  .session = "",
                                  .uid = "",
                                  .loginuid = "",
                                  .issuer = ""};
    MAP_EDIT_AUTO *edit = NULL;
    struct diag diag;

    ck_assert_int_eq(map_edit_begin_kind(MAP_OF_REFUSED, path, 0, &edit, &diag), 0);
    ck_assert_int_eq(refused_add(path, &line, 0, &diag), IDQ_LOCKED);
    ck_assert_int_eq(refused_add(path, &line, 60, &diag), IDQ_LOCKED);
    ck_assert_msg(strstr(diag_line(&diag), "another process is changing the file") != NULL, "%s",
                  diag_line(&diag));
    ck_assert_int_eq(access(path, F_OK), -1);
}

/* The old file stands, and no half of a new one beside it. */
static void
must_have_no_room(void)
{
    struct diag diag;
    char *before = scratch_read(path), *new_path, *after;

    ck_assert_int_eq(add("bob", B, "sudo", &diag), IDQ_MAP);
    after = scratch_read(path);
    ck_assert_str_eq(after, before);
    new_path = scratch_text("%s.new", path);
    ck_assert_int_eq(access(new_path, F_OK), -1);
}

static void
die(int signal_number)
{
    (void)signal_number;
    _exit(42);
}

/* With a limit on the size of files, which Check's own files must not meet. */
static int
add_with_limit(struct diag *ret_diag)
{
    struct rlimit before, small;
    int result = -1;

    if (getrlimit(RLIMIT_FSIZE, &before) != 0)
        return result;
    small = (struct rlimit){10, before.rlim_max};
    if (setrlimit(RLIMIT_FSIZE, &small) == 0)
        result = add("bob", B, "sudo", ret_diag);
    return setrlimit(RLIMIT_FSIZE, &before) == 0 ? result : -1;
}

TEST_CASE("room", .setup = make_dir);

/* Of the user's own ulimit: su goes on, with its signals as they were. */
TEST(a_file_that_may_not_grow)
{
    sigset_t mask, pending, after;
    struct diag diag = {.text = ""};

    must_add("alice", A, "sudo");
    ck_assert_ptr_ne(signal(SIGXFSZ, die), SIG_ERR);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &mask), 0);
    ck_assert_int_eq(add_with_limit(&diag), IDQ_MAP);
    ck_assert_msg(strstr(diag.text, "File too large") != NULL, "%s", diag.text);
    ck_assert_int_eq(sigpending(&pending), 0);
    ck_assert_int_eq(sigismember(&pending, SIGXFSZ), 0);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    ck_assert_int_eq(sigismember(&after, SIGXFSZ), 0);
    /* One that the application had pending already is the application's. */
    sigaddset(&mask, SIGXFSZ);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, &mask, NULL), 0);
    ck_assert_int_eq(raise(SIGXFSZ), 0);
    ck_assert_int_eq(add_with_limit(&diag), IDQ_MAP);
    ck_assert_int_eq(sigpending(&pending), 0);
    ck_assert_int_eq(sigismember(&pending, SIGXFSZ), 1);
    ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &after), 0);
    ck_assert_int_eq(sigismember(&after, SIGXFSZ), 1);
    MAP_AUTO *refused = must_read();
    ck_assert_uint_eq(map_count(refused), 1);
    must_add("bob", B, "sudo");
}

TEST(a_full_disk, .why_not = namespace_why_not())
{
    char hash[IDENTITY_HASH_SIZE];
    struct diag diag;
    int n = 0;

    namespace_mount_disk(dir);
    do
        write_hash(n, hash);
    while (n++ < REFUSED_MOST && add("alice", hash, "sudo", &diag) == 0);
    ck_assert_int_lt(n, REFUSED_MOST);
    ck_assert_msg(strstr(diag_line(&diag), "No space left on device") != NULL, "%s",
                  diag_line(&diag));
    must_have_no_room();
}

RUN_TESTS("refused", NULL);
