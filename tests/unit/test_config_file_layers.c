/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which files form the configuration, and in which order. The vendor's and the system's
 * directories are compiled in. Their test runs only as root, because it mounts empty file systems
 * over them. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

struct log {
    char text[4000];
    const char *refused; /* the end of the path that the reader refuses */
};

static int
note_path(void *context, const char *path, struct diag *ret_diag)
{
    struct log *log = context;
    size_t size = strlen(path), refused = log->refused ? strlen(log->refused) : size + 1;

    snprintf(log->text + strlen(log->text), sizeof log->text - strlen(log->text), "%s;", path);
    if (size >= refused && strcmp(path + size - refused, log->refused) == 0) {
        diag_set(ret_diag, "refused by the reader");
        return IDQ_SYSTEM;
    }
    return 0;
}

static char *
touch(const char *dir, const char *name)
{
    char *path = scratch_path(dir, name);

    scratch_write(path, 0600, "");
    return path;
}

TEST_CASE("path");

TEST(a_path_and_its_drop_ins)
{
    static const char *const names[] = {
        "20-b.conf",   "10-a.conf", "9.conf", "B.conf", "a.conf", ".hidden.conf",    "30.conf~",
        "30.conf.bak", "40.CONF",   ".conf",  "conf",   "README", "caf\xC3\xA9.conf"};
    char *dir = scratch_dir("layers"), *path = scratch_path(dir, "x.conf"), expected[4000];
    char *drop_ins = scratch_path(dir, "x.conf.d");
    struct diag diag;
    struct log log = {.text = ""};

    setlocale(LC_ALL, "en_US.UTF-8"); /* where there is one, its order is another */
    ck_assert_int_eq(config_layers_each(path, note_path, &log, &diag), 0);
    snprintf(expected, sizeof expected, "%s;", path);
    ck_assert_str_eq(log.text, expected);

    ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        touch(drop_ins, names[i]);
    snprintf(expected, sizeof expected,
             "%s;%s/10-a.conf;%s/20-b.conf;%s/9.conf;%s/B.conf;%s/a.conf;%s/caf\xC3\xA9.conf;",
             path, drop_ins, drop_ins, drop_ins, drop_ins, drop_ins, drop_ins);
    log = (struct log){.text = ""};
    ck_assert_int_eq(config_layers_each(path, note_path, &log, &diag), 0);
    ck_assert_str_eq(log.text, expected);
    ck_assert_str_eq(config_layers_main(path), path);
}

TEST(the_first_refusal_ends_it)
{
    char *dir = scratch_dir("refusal"), *path = scratch_path(dir, "c");
    char *drop_ins = scratch_path(dir, "c.d");
    struct diag diag;
    struct log log = {.refused = "/1.conf"};

    ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
    touch(drop_ins, "1.conf");
    touch(drop_ins, "2.conf");
    ck_assert_int_eq(config_layers_each(path, note_path, &log, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag), "refused by the reader");
    ck_assert_ptr_nonnull(strstr(log.text, "1.conf"));
    ck_assert_ptr_null(strstr(log.text, "2.conf"));

    log = (struct log){.refused = "/c"};
    ck_assert_int_eq(config_layers_each(path, note_path, &log, &diag), IDQ_SYSTEM);
    ck_assert_ptr_null(strstr(log.text, ".conf"));
}

TEST(drop_ins_that_are_no_directory)
{
    char *dir = scratch_dir("no-directory"), *path = scratch_path(dir, "c");
    char *drop_ins = touch(dir, "c.d"), long_path[PATH_MAX];
    struct diag diag;
    struct log log = {.text = ""};

    ck_assert_int_eq(config_layers_each(path, note_path, &log, &diag), IDQ_CONFIG);
    ck_assert_msg(strstr(diag_line(&diag), drop_ins) && strstr(diag_line(&diag), "Not a directory"),
                  "%s", diag_line(&diag));

    memset(long_path, 'x', sizeof long_path);
    long_path[0] = '/';
    long_path[sizeof long_path - 2] = '\0'; /* too long with ".d" */
    ck_assert_int_eq(config_layers_each(long_path, note_path, &log, &diag), IDQ_CONFIG);
}

/* Makes a directory and those above it; what is not on the machine goes into an empty file system
 * that only this process sees. */
static void
make_directories(const char *path)
{
    char part[PATH_MAX];

    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0755) != 0)
            ck_assert_msg(errno == EEXIST, "%s: %s", part, strerror(errno));
        if (!slash)
            return;
    }
}

static void
mount_over(const char *path)
{
    char existing[PATH_MAX];
    struct stat status;

    snprintf(existing, sizeof existing, "%s", path);
    while (stat(existing, &status) != 0)
        *strrchr(existing, '/') = '\0';
    ck_assert_str_ne(existing, "");
    ck_assert_int_eq(mount("tmpfs", existing, "tmpfs", 0, "mode=0755"), 0);
    make_directories(path);
}

static void
make_file(const char *path)
{
    char directory[PATH_MAX];

    snprintf(directory, sizeof directory, "%s", path);
    *strrchr(directory, '/') = '\0';
    make_directories(directory);
    scratch_write(path, 0644, "");
}

static void
ck_layers(const char *expected)
{
    struct diag diag;
    struct log log = {.text = ""};

    ck_assert_int_eq(config_layers_each(NULL, note_path, &log, &diag), 0);
    ck_assert_str_eq(log.text, expected);
}

#define SYSTEM      SYSCONFDIR "/idinqr.conf"
#define VENDOR      VENDORDIR "/idinqr.conf"
#define NOBODY_ELSE 61003 /* a uid that owns nothing on the machine */

TEST_CASE("machine");

TEST(the_system_and_its_vendor, .why_not = namespace_why_not())
{
    char linked[] = SYSCONFDIR "/nowhere";

    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    mount_over(SYSCONFDIR);
    mount_over(VENDORDIR);

    /* With neither there, the one that an administrator should write is named. */
    ck_layers(SYSTEM ";");
    make_file(VENDOR);
    ck_layers(VENDOR ";");
    ck_assert_str_eq(config_layers_main(NULL), VENDOR);
    make_file(SYSTEM);
    ck_layers(SYSTEM ";");
    ck_assert_str_eq(config_layers_main(NULL), SYSTEM);

    /* A link that leads nowhere is a mistake to be named, and no reason to take the vendor's. */
    ck_assert_int_eq(unlink(SYSTEM), 0);
    ck_assert_int_eq(symlink(linked, SYSTEM), 0);
    ck_layers(SYSTEM ";");
    ck_assert_int_eq(unlink(SYSTEM), 0);

    /* Nor is a file that cannot be looked at. */
    make_file(SYSTEM);
    ck_assert_int_eq(chmod(SYSCONFDIR, 0700), 0);
    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    const char *main_file = config_layers_main(NULL);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* or a leak checker may not look */
    ck_assert_str_eq(main_file, SYSTEM);
    ck_assert_int_eq(unlink(SYSTEM), 0);

    make_file(VENDOR ".d/20.conf");
    make_file(VENDOR ".d/30.conf");
    ck_layers(VENDOR ";" VENDOR ".d/20.conf;" VENDOR ".d/30.conf;");
    make_file(SYSTEM ".d/10.conf");
    make_file(SYSTEM ".d/20.conf");
    make_file(SYSTEM ".d/40.conf");
    ck_layers(VENDOR ";" SYSTEM ".d/10.conf;" SYSTEM ".d/20.conf;" VENDOR ".d/30.conf;" SYSTEM
                     ".d/40.conf;");
    make_file(SYSTEM ".d/30.conf");
    make_file(SYSTEM);
    ck_layers(SYSTEM ";" SYSTEM ".d/10.conf;" SYSTEM ".d/20.conf;" SYSTEM ".d/30.conf;" SYSTEM
                     ".d/40.conf;");
}

RUN_TESTS("config_file_layers", NULL);
