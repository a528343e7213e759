/* SPDX-License-Identifier: BSD-3-Clause */
/* The database that the relay finds at its start is damaged, gone or another one. The relay says
 * why and ends, and goes on where it was when it has its database back. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
database_path(void)
{
    return scratch_path(relay_server_dir(relay_here), "db/relay.db");
}

static void
write_over(off_t at, const char *text)
{
    int fd = open(database_path(), O_WRONLY | O_CLOEXEC);

    ck_assert(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
    close(fd);
}

static void
damage(const char *how)
{
    char *path = database_path();

    if (strcmp(how, "head") == 0)
        write_over(0, "This is no database at all.");
    else if (strcmp(how, "pages") == 0)
        for (off_t at = 200; at < 16384; at += 100)
            write_over(at, "garbage garbage garbage");
    else if (strcmp(how, "short") == 0)
        ck_assert_int_eq(truncate(path, 1000), 0);
    else if (strcmp(how, "mode") == 0)
        ck_assert_int_eq(chmod(path, 0666), 0);
    else if (strcmp(how, "read-only") == 0)
        ck_assert_int_eq(chmod(path, 0400), 0);
    else if (strcmp(how, "directory") == 0)
        ck_assert(unlink(path) == 0 && mkdir(path, 0700) == 0);
    else if (strcmp(how, "gone") == 0)
        ck_assert_int_eq(unlink(path), 0);
    else
        (void)relay_sql(how);
}

static int
copy(const char *from, const char *to)
{
    return system(
        scratch_text("rm -rf '%s' '%s-wal' '%s-shm' && cp -p '%s' '%s'", to, to, to, from, to));
}

static void
run_start(const struct relay_fault *fault)
{
    char *path = database_path(), *kept = scratch_path(scratch_dir("kept"), "relay.db"), *output;
    int status;

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_server_stop(relay_here);
    ck_assert_int_eq(copy(path, kept), 0);
    damage(fault->text);
    status = relay_server_command(relay_here, (const char *const[]){"serve", NULL}, &output);
    ck_assert_msg(status == 3, "%d", status);
    output = scratch_read(scratch_path(relay_server_dir(relay_here), "command.log"));
    ck_assert_msg(strstr(output, fault->expected.page) != NULL, "%s", output);
    ck_assert_int_eq(copy(kept, path), 0);
    relay_server_start(relay_here);
    relay_status_must_be(fault->expected.desk);
}

/* A new one: no desk is known, and no login. */
static void
run_gone(const struct relay_fault *fault)
{
    char *path = database_path(), *kept = scratch_path(scratch_dir("kept"), "relay.db");

    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_server_stop(relay_here);
    ck_assert_int_eq(copy(path, kept), 0);
    damage(fault->text);
    relay_server_start(relay_here);
    relay_status_must_be(fault->expected.desk);
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), fault->expected.status);
    relay_page_must_say(fault->expected.page);
    relay_server_stop(relay_here);
    ck_assert_int_eq(copy(kept, path), 0);
    relay_server_start(relay_here);
    relay_status_must_be("open");
}

#define START(how, words) .text = how, .expected = {"open", 0, words, NULL}

static const struct relay_fault faults[] = {
    {.name = "start-no-database",
     .broken = "the file is no database",
     START("head", "the database is damaged")},
    {.name = "start-corrupt", .broken = "garbage in the pages", START("pages", "relay.db: ")},
    {.name = "start-short", .broken = "the file is cut off", START("short", "relay.db: ")},
    {.name = "start-newer",
     .broken = "the tables of a newer version",
     START("PRAGMA user_version = 99", "newer")},
    {.name = "start-mode", .broken = "others can write the file", START("mode", "relay.db: ")},
    {.name = "start-read-only",
     .broken = "the relay's user cannot write the file",
     START("read-only", "relay.db: ")},
    {.name = "start-directory",
     .broken = "a directory in its place",
     START("directory", "relay.db: ")},
    {.name = "start-gone",
     .broken = "the file is gone: no desk is known",
     .text = "gone",
     .run = run_gone,
     .expected = {"HTTP 401", 404, "This page does not exist", NULL}},
};

const struct relay_fault_layer relay_layer_start = {
    .name = "start", .faults = faults, .n_faults = ARRAY_LENGTH(faults), .run = run_start};
