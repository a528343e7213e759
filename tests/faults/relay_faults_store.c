/* SPDX-License-Identifier: BSD-3-Clause */
/* The database fails under a running relay, at each step of a login. The step
 * is refused in words, the same step works when the cause is gone, and nothing was paid for that
 * was not counted. */
#include "pam_idinqr/common/array.h"
#include "tests/faults/relay_fault.h"
#include "tests/harness/namespace.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define NO_BANK "Your bank or this service does not answer."

static const struct relay_fault right = {.expected = {NULL, 200, "", NULL}};
static char number[7];
static char *return_page;

/* --- the steps: each is taken as it must come out --------------------------------------------- */

static void
page_must_be(const struct relay_fault *fault, long status)
{
    ck_assert_msg(status == fault->expected.status, "%ld %s\n%s", status, phone_text(relay_phone),
                  relay_server_log(relay_here));
    relay_page_must_say(fault->expected.page);
}

static void
generate(const struct relay_fault *fault)
{
    ck_assert_int_eq(relay_code_try(relay_here, 0, RELAY_LIFETIME_S, &relay_code),
                     fault->expected.status);
}

static void
ask(const struct relay_fault *fault)
{
    relay_status_must_be(fault->expected.status == 200 ? "open" : "HTTP 503");
}

static void
open_link(const struct relay_fault *fault)
{
    page_must_be(fault, phone_open(relay_phone, relay_code.link));
}

static void
choose_bank(const struct relay_fault *fault)
{
    int before = relay_server_count(relay_here, "transaction");

    if (fault != &right)
        relay_phone_to_banks(relay_phone, &relay_code);
    else
        ck_assert_int_eq(phone_choose(relay_phone, "TSTNNL22"), 0);
    page_must_be(fault, phone_press(relay_phone, NULL));
    ck_assert_int_eq(relay_server_count(relay_here, "transaction") - before,
                     fault->expected.status == 200);
}

static void
come_back(const struct relay_fault *fault)
{
    page_must_be(fault, relay_phone_return(relay_phone));
}

static void
deny(const struct relay_fault *fault)
{
    page_must_be(fault, phone_press(relay_phone, "This was not me"));
}

static void
type_number(const struct relay_fault *fault)
{
    if (fault->expected.status == 200)
        relay_must_succeed(number);
    else
        ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, number), "HTTP 503");
}

static void
cancel(const struct relay_fault *fault)
{
    json_t *answer;

    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     fault->expected.status);
    json_decref(answer);
}

/* --- a login up to a step ----------------------------------------------------------------------
 */

enum step { GENERATE, ASK, LINK, BANK, RETURN, DENY, NUMBER, CANCEL };

static void (*const steps[])(const struct relay_fault *fault) = {
    [GENERATE] = generate, [ASK] = ask,   [LINK] = open_link,     [BANK] = choose_bank,
    [RETURN] = come_back,  [DENY] = deny, [NUMBER] = type_number, [CANCEL] = cancel,
};

static void
prepare(enum step step)
{
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    if (step == BANK)
        relay_phone_to_banks(relay_phone, &relay_code);
    if (step == RETURN) {
        relay_phone_to_bank(relay_phone, &relay_code);
        relay_phone_at_bank(relay_phone, "anna", "approve");
    }
    if (step == DENY || step == NUMBER)
        relay_phone_approve(relay_phone, &relay_code, number);
    return_page = scratch_text("%s", phone_url(relay_phone));
}

/* The page that says so has a link back, where a link can help. */
static void
again(enum step step)
{
    if (step == LINK || step == BANK || step == RETURN)
        ck_assert_int_eq(phone_follow(relay_phone, "Try again"), 200);
    if (step == DENY) { /* the person goes back */
        ck_assert_int_eq(phone_open(relay_phone, return_page), 200);
        ck_assert_int_eq(phone_press(relay_phone, "This was not me"), 410);
    } else if (step != RETURN) {
        steps[step](&right);
    }
}

/* Another program keeps the database locked, or has changed it. */
static void
run(const struct relay_fault *fault)
{
    char *path = scratch_path(relay_server_dir(relay_here), "db/relay.db");
    sqlite3 *database;

    prepare((enum step)fault->step);
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_busy_timeout(database, 10000), SQLITE_OK); /* the relay writes, too */
    ck_assert_int_eq(sqlite3_exec(database, fault->text, NULL, NULL, NULL), SQLITE_OK);
    steps[fault->step](fault);
    ck_assert_int_eq(sqlite3_exec(database, fault->mend, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(database), SQLITE_OK);
    if (fault->expected.status != 200)
        again((enum step)fault->step);
}

/* --- the rows -----------------------------------------------------------------------------------
 */

#define LOCKED .text = "BEGIN IMMEDIATE", .mend = "ROLLBACK"
#define BROKEN(event)                                                                              \
    .text = "CREATE TRIGGER broken BEFORE " event                                                  \
            " BEGIN SELECT RAISE(ABORT, 'the disk is on fire'); END",                              \
    .mend = "DROP TRIGGER broken"
#define REFUSED      .expected = {"HTTP 503", 503, "", "store: "}
#define REFUSED_PAGE .expected = {NULL, 503, NO_BANK, "store: "}

static const struct relay_fault faults[] = {
    {.name = "locked-generate",
     .broken = "locked: a code is asked for",
     .step = GENERATE,
     LOCKED,
     REFUSED},
    {.name = "locked-status",
     .broken = "locked: a status is read all the same",
     .step = ASK,
     LOCKED,
     .expected = {"open", 200, "", NULL}},
    {.name = "locked-link",
     .broken = "locked: the link is opened all the same",
     .step = LINK,
     LOCKED,
     .expected = {NULL, 200, "Testbank Noord", NULL}},
    {.name = "locked-bank",
     .broken = "locked: a bank is chosen, and no transaction begins",
     .step = BANK,
     LOCKED,
     .expected = {NULL, 502, NO_BANK, "store: "}},
    {.name = "locked-return",
     .broken = "locked: the phone comes back",
     .step = RETURN,
     LOCKED,
     REFUSED_PAGE},
    {.name = "locked-number",
     .broken = "locked: the number is typed, and is no try",
     .step = NUMBER,
     LOCKED,
     REFUSED},
    {.name = "broken-generate",
     .broken = "no login can be added",
     .step = GENERATE,
     BROKEN("INSERT ON login"),
     REFUSED},
    {.name = "broken-bank",
     .broken = "no login can be changed: a bank is chosen",
     .step = BANK,
     BROKEN("UPDATE ON login"),
     .expected = {NULL, 502, NO_BANK, "store: "}},
    {.name = "broken-return",
     .broken = "no transaction can be changed: the phone comes back",
     .step = RETURN,
     BROKEN("UPDATE ON trx"),
     REFUSED_PAGE},
    {.name = "broken-number",
     .broken = "no login can be changed: the number is typed",
     .step = NUMBER,
     BROKEN("UPDATE ON login"),
     REFUSED},
    {.name = "broken-deny",
     .broken = "no login can be changed: This was not me",
     .step = DENY,
     BROKEN("UPDATE ON login"),
     REFUSED_PAGE},
    {.name = "broken-cancel",
     .broken = "no login can be changed: the desk cancels",
     .step = CANCEL,
     BROKEN("UPDATE ON login"),
     REFUSED},
    {.name = "no-table-status",
     .broken = "the table of logins is gone: a status is asked for",
     .step = ASK,
     .text = "ALTER TABLE login RENAME TO away",
     .mend = "ALTER TABLE away RENAME TO login",
     REFUSED},
    {.name = "no-table-link",
     .broken = "the table of logins is gone: the link is opened",
     .step = LINK,
     .text = "ALTER TABLE login RENAME TO away",
     .mend = "ALTER TABLE away RENAME TO login",
     REFUSED_PAGE},
    {.name = "no-desks",
     .broken = "the table of desks is gone",
     .step = ASK,
     .text = "ALTER TABLE desk RENAME TO away",
     .mend = "ALTER TABLE away RENAME TO desk",
     REFUSED},
};

const struct relay_fault_layer relay_layer_store = {
    .name = "store",
    .faults = faults,
    .n_faults = ARRAY_LENGTH(faults),
    .run = run,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0"}};

/* --- a full disk --------------------------------------------------------------------------------
 */

#define BURNED 16 /* codes whose end fills what room the database's log has left */

static void
mount_disk(const char *dir)
{
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount("none", "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("disk", dir, "tmpfs", 0, "size=4m,mode=711"), 0);
}

static void
run_full(const struct relay_fault *fault)
{
    static const char page[4096];
    struct relay_code codes[BURNED];
    char *ballast = scratch_path(relay_server_dir(relay_here), "ballast");
    long status = 200;
    int fd;

    relay_server_stop(relay_here); /* empties the log */
    relay_server_start(relay_here);
    for (int i = 0; i < BURNED; i++)
        relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &codes[i]);
    prepare((enum step)fault->step);
    fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, page, sizeof page) > 0)
        continue;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
    for (int i = 0; i < BURNED && status == 200; i++) {
        json_t *answer;
        status = relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                  json_pack("{s:s}", "qr_id", codes[i].id), &answer);
        json_decref(answer);
    }
    ck_assert_int_eq(status, 503);
    steps[fault->step](fault);
    ck_assert_int_eq(unlink(ballast), 0);
    again((enum step)fault->step);
}

static const struct relay_fault disk_faults[] = {
    {.name = "full-generate",
     .broken = "the disk is full: a code is asked for",
     .step = GENERATE,
     .expected = {"HTTP 503", 503, "", "full"}},
    {.name = "full-bank",
     .broken = "the disk is full: a bank is chosen, and no transaction begins",
     .step = BANK,
     .expected = {NULL, 502, NO_BANK, "full"}},
    {.name = "full-return",
     .broken = "the disk is full: the phone comes back",
     .step = RETURN,
     .expected = {NULL, 503, NO_BANK, "full"}},
    {.name = "full-deny",
     .broken = "the disk is full: This was not me",
     .step = DENY,
     .expected = {NULL, 503, NO_BANK, "full"}},
    {.name = "full-number",
     .broken = "the disk is full: the number is typed",
     .step = NUMBER,
     .expected = {"HTTP 503", 503, "", "full"}},
    {.name = "full-cancel",
     .broken = "the disk is full: the desk cancels",
     .step = CANCEL,
     .expected = {"HTTP 503", 503, "", "full"}},
};

static const char *
why_no_disk(void)
{
    return namespace_why_not();
}

const struct relay_fault_layer relay_layer_disk = {
    .name = "disk",
    .faults = disk_faults,
    .n_faults = ARRAY_LENGTH(disk_faults),
    .run = run_full,
    .options = {.general = "codes_per_desk = 0\ncodes_in_all = 0", .prepare = mount_disk},
    .why_not = why_no_disk};
