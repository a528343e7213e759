/* SPDX-License-Identifier: BSD-3-Clause */
/* Which account an identity opens: the verdict of a login, from a map and a subject. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/login/account.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/stack_residue.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/scripted_conversation.h"
#include "tests/unit/diag_line.h"

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define ANNA "NLANNA0123456789"
#define BRAM "NLBRAM0123456789"

static char *dir, *map_path, *key_path;
static struct config *config;
static struct secret *key;
static struct account_gate gate;
static struct scripted_conversation script;
static struct diag diag; /* of the last that was asked to be let in */

static int lookup_error;        /* what the user database says, when it is not 0 */
static const char *lookup_name; /* the one account that it has, when it is not NULL */
static time_t now_s;            /* what the clock says, when it is not 0 */

/* In libc's place. A sanitizer calls it before there is a test. */
time_t
time(time_t *ret_time)
{
    struct timespec now = {.tv_sec = now_s};

    if (now_s == 0 && clock_gettime(CLOCK_REALTIME, &now) != 0)
        abort();
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

/* In libc's place. */
int
getpwnam_r(const char *name, struct passwd *entry, char *buffer, size_t size,
           struct passwd **ret_found)
{
    int (*libcs)(const char *, struct passwd *, char *, size_t, struct passwd **);

    *ret_found = NULL;
    if (lookup_error != 0)
        return lookup_error;
    if (lookup_name) {
        snprintf(buffer, size, "%s", lookup_name);
        *entry = (struct passwd){.pw_name = buffer};
        *ret_found = entry;
        return 0;
    }
    *(void **)&libcs = dlsym(RTLD_NEXT, "getpwnam_r");
    return libcs(name, entry, buffer, size, ret_found);
}

static void
set_up(void)
{
    dir = scratch_dir("account");
    map_path = scratch_path(dir, "idinqr.map");
    key_path = scratch_path(dir, "idinqr.key");
    config = sample_config(dir, "");
    ck_assert_int_eq(map_key_read_or_create(key_path, &key, &diag), 0);
    memset(&script, 0, sizeof script);
}

static void
tear_down(void)
{
    account_gate_close(&gate);
    ck_assert_ptr_null(gate.map);
    ck_assert_ptr_null(gate.key);
    secret_free(&key);
    config_free(&config);
}

/* A line of the map, as an administrator's `enroll` writes it. Returns the identity. */
static const char *
enroll(const char *account, const char *subject, const char *more)
{
    static char hash[IDENTITY_HASH_SIZE];
    FILE *map = fopen(map_path, "ae");

    ck_assert_ptr_nonnull(map);
    ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), "idin-qr",
                                   "status.example", subject, hash),
                     0);
    fprintf(map, "%s %s%s\n", account, hash, more);
    ck_assert_int_eq(fclose(map), 0);
    ck_assert_int_eq(chmod(map_path, 0600), 0);
    return hash;
}

/* A map of which every identity was revoked. */
static const char *
empty_map(void)
{
    char fingerprint[IDENTITY_FINGERPRINT_SIZE];

    identity_fingerprint((const unsigned char *)secret_bytes(key), fingerprint);
    return scratch_text("# " MAP_FINGERPRINT " %s\n# nobody yet\n", fingerprint);
}

static int
open_gate(const char *account)
{
    int result;

    account_gate_close(&gate); /* of an earlier login of the test */
    result = account_gate_open(&gate, config, account, &diag);
    if (result == IDQ_MAP)
        ck_assert_msg(strncmp(diag_line(&diag), dir, strlen(dir)) == 0, "%s", diag_line(&diag));
    return result;
}

/* Opens the gate for an account (NULL: the identity chooses), and asks it for a subject. */
static int
admit(const char *account, const char *subject, char ret_account[MAP_ACCOUNT_SIZE],
      char ret_hash[IDENTITY_HASH_SIZE])
{
    const struct conversation conversation = scripted_conversation(&script);

    diag.text[0] = '\0';
    ck_assert_int_eq(open_gate(account), 0);
    return account_gate_admit(&gate, subject, &conversation, &text_idin_voices[LANGUAGE_EN],
                              ret_account, ret_hash, &diag);
}

static const char *
myself(void)
{
    return getpwuid(getuid())->pw_name;
}

TEST_CASE("open", .setup = set_up, .teardown = tear_down);

TEST(nothing_is_asked_of_anybody_without_an_enrollment)
{
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_ENROLLED); /* no map */
    ck_assert_int_eq(open_gate(NULL), IDQ_NOT_ENROLLED);
    scratch_write(map_path, 0600, "# nobody yet\n\n");
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_ENROLLED);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), IDQ_NOT_ENROLLED);
    account_gate_close(&gate);
    enroll("bob", BRAM, "");
    /* A line for another account, or for a similar name, does not count. */
    for (const char *const *p = (const char *const[]){"alice", "Bob", "bobby", "bo", "", NULL}; *p;
         p++) {
        ck_assert_int_eq(open_gate(*p), IDQ_NOT_ENROLLED);
        account_gate_close(&gate);
    }
    ck_assert_int_eq(open_gate("bob"), 0);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), 0);
}

/* Who is not enrolled yet may be asked for a password, up to the last day. */
TEST(a_rollout)
{
    char today[11];

    map_today(today);
    config->password_until = today;
    scratch_write(map_path, 0600, empty_map());
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_YET_ENROLLED);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL),
                     IDQ_NOT_ENROLLED); /* there is no name to ask a password for */
    account_gate_close(&gate);
    enroll("alice", ANNA, " expires=2020-01-01");
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_ENROLLED);
    ck_assert_str_eq(diag_line(&diag),
                     scratch_text("%s:3: the last day of alice, 2020-01-01, has passed: idinqr "
                                  "enroll alice",
                                  map_path));
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate("bob"), IDQ_NOT_YET_ENROLLED);
    account_gate_close(&gate);
    enroll("bob", BRAM, "");
    ck_assert_int_eq(open_gate("bob"), 0);
    account_gate_close(&gate);
    config->password_until = "2020-01-01";
    ck_assert_int_eq(open_gate("carol"), IDQ_NOT_ENROLLED);
}

/* A map that is lost must not turn an identity into a password: beside a key, a map of which only
 * comments are left, or that was made anew, may be such a map. */
static const char *const lost_maps[] = {NULL, "", "# nobody yet\n\n",
                                        "# identities-of: idin-qr status.example\n"};

LOOP_TEST(a_rollout_with_a_lost_map, ARRAY_LENGTH(lost_maps))
{
    const char *text = lost_maps[_i];

    if (text)
        scratch_write(map_path, 0600, text);
    config->password_until = "2999-12-31";
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": it was lost: restore it from a backup"));
    if (!text)
        ck_assert_ptr_nonnull(
            strstr(diag_line(&diag),
                   scratch_text("/idinqr.conf:2: map: is this path right? %s", map_path)));
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), IDQ_NOT_ENROLLED);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": it was lost: restore it from a backup"));
    account_gate_close(&gate);
    /* Any other day, it opens nothing either. */
    config->password_until = "";
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_ENROLLED);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), ": it was lost: restore it from a backup"));
    account_gate_close(&gate);
    /* Before the first enrollment there is no key. */
    ck_assert_int_eq(unlink(key_path), 0);
    config->password_until = "2999-12-31";
    ck_assert_int_eq(open_gate("alice"), text ? IDQ_NOT_YET_ENROLLED : IDQ_MAP);
    if (!text)
        ck_assert_ptr_nonnull(strstr(diag_line(&diag), "idinqr.map: is missing: with"));
}

/* One line is enough to tell it from a lost one: 0.1.0 wrote no fingerprint. */
TEST(a_rollout_with_a_map_of_0_1_0)
{
    config->password_until = "2999-12-31";
    enroll("alice", ANNA, "");
    ck_assert_int_eq(open_gate("bob"), IDQ_NOT_YET_ENROLLED);
}

/* A name service may know an enrolled person under other spellings. */
TEST(a_rollout_with_another_spelling)
{
    static const struct {
        const char *name; /* of the account that the database returns */
        int error, result;
    } cases[] = {
        {"carol", 0, IDQ_NOT_YET_ENROLLED},
        {"Carol", 0, IDQ_NOT_ENROLLED},
        {NULL, ENOENT, IDQ_NOT_YET_ENROLLED}, /* no such account, so no password opens it */
        {NULL, EIO, IDQ_SYSTEM},
        {NULL, ERANGE, IDQ_NOT_ENROLLED},
    };

    config->password_until = "2999-12-31";
    scratch_write(map_path, 0600, empty_map());
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        lookup_error = cases[i].error;
        lookup_name = cases[i].name;
        ck_assert_msg(open_gate("carol") == cases[i].result, "%zu", i);
        account_gate_close(&gate);
    }
    lookup_error = 0;
    lookup_name = NULL;
}

/* The gate of a desk whose relay makes the hashes: no key is read, whatever the map says of one. */
static void
use_relay(void)
{
    config->settings.idin_qr.is_relay = true;
    ck_assert_int_eq(unlink(key_path), 0);
}

TEST(a_relay_makes_the_hashes)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE], anna[IDENTITY_HASH_SIZE];

    scratch_write(map_path, 0600, "# " MAP_FINGERPRINT " 0123456789abcdef\n");
    snprintf(anna, sizeof anna, "%s", enroll("alice", ANNA, ""));
    use_relay();
    ck_assert_int_eq(admit("alice", anna, account, hash), 0);
    ck_assert_str_eq(account, "alice");
    ck_assert_str_eq(hash, anna);
    ck_assert_int_eq(
        admit("alice", "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde", account, hash),
        IDQ_UNKNOWN_IDENTITY);
}

TEST(a_rollout_behind_a_relay)
{
    use_relay();
    config->password_until = "2999-12-31";
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    ck_assert_ptr_nonnull(
        strstr(diag_line(&diag),
               "must exist, even if empty: if anyone was enrolled here, restore it and its key"));
    scratch_write(map_path, 0600, "");
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_YET_ENROLLED);
}

/* Of 0.1.0, or without its first lines: then a changed scope cannot be seen. */
TEST(a_map_that_does_not_say_whose_identities_it_has)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE];

    enroll("alice", ANNA, "");
    ck_assert_int_eq(admit("alice", BRAM, account, hash), IDQ_UNKNOWN_IDENTITY);
    ck_assert_ptr_nonnull(
        strstr(diag_line(&diag), "does not say of which provider and scope its identities are"));
    scratch_write(
        map_path, 0600,
        scratch_text("# " MAP_ORIGIN " idin-qr status.example\n%s", scratch_read(map_path)));
    ck_assert_int_eq(admit("alice", BRAM, account, hash), IDQ_UNKNOWN_IDENTITY);
    ck_assert_str_eq(diag_line(&diag), "");
}

TEST(an_enrollment_that_has_ended_is_none)
{
    char today[11], more[32];

    enroll("alice", ANNA, " expires=2020-01-01");
    ck_assert_int_eq(open_gate("alice"), IDQ_NOT_ENROLLED);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), IDQ_NOT_ENROLLED);
    account_gate_close(&gate);
    map_today(today);
    snprintf(more, sizeof more, " expires=%s", today); /* its last day is one of its days */
    enroll("alice", BRAM, more);
    ck_assert_int_eq(open_gate("alice"), 0);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), 0);
}

TEST(a_map_that_cannot_be_used_is_no_empty_one)
{
    enroll("alice", ANNA, "");
    ck_assert_int_eq(chmod(map_path, 0666), 0);
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    scratch_write(map_path, 0600, "alice\n");
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    ck_assert_int_eq(open_gate("bob"), IDQ_MAP);
    /* Too large a map, after something else was not found. */
    ck_assert_int_eq(truncate(map_path, MAP_SIZE_MAX + 1), 0);
    diag.error = ENOENT;
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
}

TEST(no_login_without_the_key)
{
    enroll("alice", ANNA, "");
    ck_assert_int_eq(chmod(key_path, 0604), 0);
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    account_gate_close(&gate);
    scratch_write(key_path, 0600, "0123\n");
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    account_gate_close(&gate);
    ck_assert_int_eq(unlink(key_path), 0);
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
    account_gate_close(&gate);
    ck_assert_int_eq(open_gate(NULL), IDQ_MAP);
}

/* Each login would be refused as one of a person who is not enrolled. */
TEST(no_login_with_another_key)
{
    char fingerprint[IDENTITY_FINGERPRINT_SIZE], *map;

    enroll("alice", ANNA, "");
    identity_fingerprint((const unsigned char *)secret_bytes(key), fingerprint);
    map = scratch_read(map_path);
    scratch_write(map_path, 0600, scratch_text("# key-fingerprint: %s\n%s", fingerprint, map));
    ck_assert_int_eq(open_gate("alice"), 0);
    account_gate_close(&gate);
    fingerprint[0] = fingerprint[0] == '0' ? '1' : '0';
    scratch_write(map_path, 0600, scratch_text("# key-fingerprint: %s\n%s", fingerprint, map));
    ck_assert_int_eq(open_gate("alice"), IDQ_MAP);
}

/* The refusal is the same, and the log says why no identity matches. */
TEST(a_map_of_another_scope)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE], *map;
    static const char *const scopes[] = {"status.example", "old.example"};

    enroll("alice", ANNA, "");
    map = scratch_read(map_path);
    for (size_t i = 0; i < ARRAY_LENGTH(scopes); i++) {
        scratch_write(map_path, 0600,
                      scratch_text("# identities-of: idin-qr %s\n%s", scopes[i], map));
        ck_assert_int_eq(admit("alice", "NLNOBODY", account, hash), IDQ_UNKNOWN_IDENTITY);
        ck_assert_msg((strstr(diag.text, "has the identities of idin-qr old.example, not of "
                                         "idin-qr status.example") != NULL) == (i == 1),
                      "%s", diag.text);
        account_gate_close(&gate);
    }
}

static const struct {
    const char *account, *subject;
    int result;
} named[] = {
    {"alice", ANNA, 0},
    {"alice", "NLANNASECONDBANK", 0},
    {"alice", BRAM, IDQ_WRONG_PERSON},
    {"bob", BRAM, 0},
    {"bob", ANNA, IDQ_WRONG_PERSON},
    {"root", BRAM, 0}, /* one identity may open several accounts */
    {"root", ANNA, IDQ_WRONG_PERSON},
    {"alice", "NLNOBODY", IDQ_UNKNOWN_IDENTITY},
    {"alice", "nlanna0123456789", IDQ_UNKNOWN_IDENTITY},
    {"alice", ANNA " ", IDQ_UNKNOWN_IDENTITY},
    {"alice", "", IDQ_UNKNOWN_IDENTITY},
    {"carol", "NLCAROL", IDQ_UNKNOWN_IDENTITY}, /* has ended; the other line of hers has not */
};

TEST_CASE("admit", .setup = set_up, .teardown = tear_down);

LOOP_TEST(a_named_account_opens_to_its_own_people, ARRAY_LENGTH(named))
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE] = "x", *expected;

    enroll("alice", ANNA, " note=\"first bank\"");
    enroll("alice", "NLANNASECONDBANK", "");
    enroll("bob", BRAM, "");
    enroll("root", BRAM, "");
    enroll("carol", "NLCAROL", " expires=2020-01-01");
    enroll("carol", "NLCAROLTWO", "");
    ck_assert_int_eq(admit(named[_i].account, named[_i].subject, account, hash), named[_i].result);
    ck_assert_str_eq(account, named[_i].result == 0 ? named[_i].account : "");
    /* The administrator learns which identity it was, so that it can be enrolled. */
    expected = strdup(enroll("x", named[_i].subject, ""));
    ck_assert_str_eq(hash, expected);
    free(expected);
    ck_assert_uint_eq(script.n_asked + script.n_shown, 0);
}

TEST(an_identity_is_one_of_its_provider_and_scope)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE], other[IDENTITY_HASH_SIZE], line[200];

    /* The same subject, as another scope knows it. */
    ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), "idin-qr",
                                   "other.example", ANNA, other),
                     0);
    snprintf(line, sizeof line, "alice %s\n", other);
    scratch_write(map_path, 0600, line);
    ck_assert_int_eq(admit("alice", ANNA, account, hash), IDQ_UNKNOWN_IDENTITY);
}

TEST(the_identity_chooses_its_only_account)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE];

    enroll("no-such-account-here", BRAM, "");
    enroll(myself(), ANNA, "");
    enroll("daemon", ANNA, " expires=2020-01-01");
    ck_assert_int_eq(admit(NULL, ANNA, account, hash), 0);
    ck_assert_str_eq(account, myself());
    ck_assert_uint_eq(script.n_asked + script.n_shown, 0);
    account_gate_close(&gate);
    ck_assert_int_eq(admit(NULL, "NLNOBODY", account, hash), IDQ_UNKNOWN_IDENTITY);
    ck_assert_str_eq(account, "");
    ck_assert_uint_gt(strlen(hash), 0);
    account_gate_close(&gate);
    /* A map that a fleet shares: this machine has not got that account. */
    ck_assert_int_eq(admit(NULL, BRAM, account, hash), IDQ_MAP);
    ck_assert_str_eq(account, "");
}

static const struct {
    int error, result;
    const char *diag;
} lookups[] = {
    {EIO, IDQ_SYSTEM, " cannot be looked up among the users of this machine: Input/output error"},
    {EMFILE, IDQ_SYSTEM, " cannot be looked up among the users of this machine: Too many open"},
    /* An entry that is long is one. */
    {ERANGE, 0, NULL},
    /* What some name services say of a name that they do not know. */
    {ENOENT, IDQ_MAP, " of the map does not exist on this machine"},
    {ESRCH, IDQ_MAP, " of the map does not exist on this machine"},
    {EBADF, IDQ_MAP, " of the map does not exist on this machine"},
    {EPERM, IDQ_MAP, " of the map does not exist on this machine"},
};

/* The map is blamed for an account that is not there, and not for a directory that is down. */
LOOP_TEST(an_account_that_cannot_be_looked_up, ARRAY_LENGTH(lookups))
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE];

    enroll(myself(), ANNA, "");
    lookup_error = lookups[_i].error;
    ck_assert_int_eq(admit(NULL, ANNA, account, hash), lookups[_i].result);
    lookup_error = 0;
    ck_assert_str_eq(account, lookups[_i].result == 0 ? myself() : "");
    if (lookups[_i].diag)
        ck_assert_msg(strstr(diag_line(&diag), lookups[_i].diag) &&
                          strstr(diag_line(&diag), myself()),
                      "%s", diag_line(&diag));
}

static const struct {
    const char *answer; /* NULL: the end of input */
    int result;
    const char *account;
} choices[] = {
    {"1", 0, "daemon"},
    {"2", 0, "bin"},
    {"3", IDQ_MAP, ""}, /* is not on this machine */
    {"0", IDQ_CONV, ""},
    {"4", IDQ_CONV, ""},
    {"9", IDQ_CONV, ""},
    {":", IDQ_CONV, ""},
    {"/", IDQ_CONV, ""},
    {"", IDQ_CONV, ""},
    {"1 ", IDQ_CONV, ""},
    {" 1", IDQ_CONV, ""},
    {"11", IDQ_CONV, ""},
    {"x", IDQ_CONV, ""},
    {"-1", IDQ_CONV, ""},
    {"daemon", IDQ_CONV, ""},
    {"1234567890123456", IDQ_CONV, ""}, /* does not fit */
    {NULL, IDQ_CONV, ""},
};

LOOP_TEST(a_person_with_several_accounts_chooses, ARRAY_LENGTH(choices))
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE];

    enroll("daemon", ANNA, "");
    enroll("root", BRAM, "");
    enroll("bin", ANNA, "");
    enroll("no-such-account-here", ANNA, "");
    script.answer = choices[_i].answer;
    ck_assert_int_eq(admit(NULL, ANNA, account, hash), choices[_i].result);
    ck_assert_str_eq(account, choices[_i].account);
    /* A wrong answer may be mended twice; no answer, or one that does not fit, ends it. */
    int is_wrong =
        choices[_i].result == IDQ_CONV && choices[_i].answer && strlen(choices[_i].answer) < 16;
    ck_assert_uint_eq(script.n_asked, is_wrong ? 3 : 1);
    static const char question[] = "  You can log in as:\n"
                                   "    1  daemon\n"
                                   "    2  bin\n"
                                   "    3  no-such-account-here\n"
                                   "Your choice (1-3): \n";
    ck_assert_int_eq(strncmp(script.text, question, sizeof question - 1), 0);
}

TEST(nine_can_be_chosen_from)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE], name[16];

    for (unsigned i = 1; i <= 12; i++) {
        snprintf(name, sizeof name, "account%u", i);
        enroll(i == 9 ? "daemon" : name, ANNA, "");
    }
    script.answer = "9";
    ck_assert_int_eq(admit(NULL, ANNA, account, hash), 0);
    ck_assert_str_eq(account, "daemon");
    ck_assert_ptr_nonnull(strstr(script.text, "Your choice (1-9): "));
    ck_assert_ptr_null(strstr(script.text, "account10"));
}

LOOP_TEST(a_choice_that_cannot_be_shown_is_none, 3, .first = 1)
{
    char account[MAP_ACCOUNT_SIZE], hash[IDENTITY_HASH_SIZE];

    enroll("daemon", ANNA, "");
    enroll("bin", ANNA, "");
    script.answer = "1";
    script.fail_at = (unsigned)_i;
    ck_assert_int_eq(admit(NULL, ANNA, account, hash), IDQ_CONV);
    ck_assert_str_eq(account, "");
    ck_assert_uint_eq(script.n_asked, 0);
}

#define MIDNIGHT_S 1782864000 /* 2026-07-01T00:00:00Z */

/* What changes while the person is at the bank, or thinks about the question. */
static const struct change {
    const char *map, *key; /* new content; "": the file is gone; NULL: as it was */
    mode_t map_mode;
    time_t now_s;
    int result;
} changes[] = {
    {NULL, NULL, 0600, MIDNIGHT_S - 1, 0},
    {NULL, NULL, 0600, MIDNIGHT_S, IDQ_UNKNOWN_IDENTITY}, /* the last day has passed */
    {"# all are revoked\n", NULL, 0600, MIDNIGHT_S - 1, IDQ_UNKNOWN_IDENTITY},
    {"", NULL, 0600, MIDNIGHT_S - 1, IDQ_UNKNOWN_IDENTITY},
    {NULL, NULL, 0666, MIDNIGHT_S - 1, IDQ_MAP},
    {"daemon\n", NULL, 0600, MIDNIGHT_S - 1, IDQ_MAP},
    {NULL, "", 0600, MIDNIGHT_S - 1, IDQ_MAP},
    {NULL, "00\n", 0600, MIDNIGHT_S - 1, IDQ_MAP},
    /* Another key: the map's identities are no longer these people's. */
    {NULL, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n", 0600,
     MIDNIGHT_S - 1, IDQ_UNKNOWN_IDENTITY},
};

static void
change(const char *path, const char *content)
{
    if (content && *content)
        scratch_write(path, 0600, content);
    else if (content)
        ck_assert_int_eq(unlink(path), 0);
}

static void
make_change(void *user, unsigned number)
{
    const struct change *made = user;

    (void)number;
    change(map_path, made->map);
    change(key_path, made->key);
    if (!made->map)
        ck_assert_int_eq(chmod(map_path, made->map_mode), 0);
    now_s = made->now_s;
}

static int
admit_at_open_gate(char ret_account[MAP_ACCOUNT_SIZE], char ret_hash[IDENTITY_HASH_SIZE])
{
    const struct conversation conversation = scripted_conversation(&script);

    return account_gate_admit(&gate, ANNA, &conversation, &text_idin_voices[LANGUAGE_EN],
                              ret_account, ret_hash, &diag);
}

LOOP_TEST(the_map_counts_as_it_is_at_the_verdict, ARRAY_LENGTH(changes))
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE] = "x";

    now_s = MIDNIGHT_S - 60;
    enroll("daemon", ANNA, " expires=2026-06-30");
    ck_assert_int_eq(open_gate("daemon"), 0);
    make_change((void *)(uintptr_t)&changes[_i], 0);
    ck_assert_int_eq(admit_at_open_gate(account, hash), changes[_i].result);
    ck_assert_str_eq(account, changes[_i].result == 0 ? "daemon" : "");
    ck_assert_uint_eq(hash[0] != '\0', changes[_i].result != IDQ_MAP);
}

LOOP_TEST(the_map_counts_as_it_is_after_the_question, ARRAY_LENGTH(changes))
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE];

    now_s = MIDNIGHT_S - 60;
    enroll("daemon", ANNA, " expires=2026-06-30");
    enroll("bin", ANNA, " expires=2026-06-30");
    ck_assert_int_eq(open_gate(NULL), 0);
    script.answer = "2";
    script.on_ask = make_change;
    script.user = (void *)(uintptr_t)&changes[_i];
    ck_assert_int_eq(admit_at_open_gate(account, hash), changes[_i].result);
    ck_assert_str_eq(account, changes[_i].result == 0 ? "bin" : "");
    ck_assert_uint_eq(script.n_asked, 1);
}

/* Only the account that was chosen is left to the person, or only another. */
LOOP_TEST(an_account_that_is_revoked_at_the_question, 2)
{
    char account[MAP_ACCOUNT_SIZE] = "x", hash[IDENTITY_HASH_SIZE], left[100];
    const char *stays = _i == 0 ? "daemon" : "bin";
    struct change made = {left, NULL, 0600, 0, 0};

    enroll("daemon", ANNA, "");
    snprintf(left, sizeof left, "%s %s\n", stays, enroll("bin", ANNA, ""));
    ck_assert_int_eq(open_gate(NULL), 0);
    script.answer = "2";
    script.on_ask = make_change;
    script.user = &made;
    ck_assert_int_eq(admit_at_open_gate(account, hash), _i == 0 ? IDQ_WRONG_PERSON : 0);
    ck_assert_str_eq(account, _i == 0 ? "" : "bin");
}

TEST_CASE("open", .setup = set_up, .teardown = tear_down);

/* A code may be shown for minutes. During that time, the application's memory holds neither the key
 * nor the map. */
TEST(nothing_is_held_while_a_person_is_waited_for)
{
    enroll("alice", ANNA, "");
    ck_assert_int_eq(open_gate("alice"), 0);
    ck_assert_ptr_null(gate.key);
    ck_assert_ptr_null(gate.map);
}

static char account_on_stack[MAP_ACCOUNT_SIZE], hash_on_stack[IDENTITY_HASH_SIZE];
static int result_on_stack;

static void
admit_on_stack(void *unused)
{
    static struct conversation conversation;

    (void)unused;
    conversation = scripted_conversation(&script);
    result_on_stack = account_gate_admit(&gate, ANNA, &conversation, &text_idin_voices[LANGUAGE_EN],
                                         account_on_stack, hash_on_stack, &diag);
}

TEST_CASE("admit", .setup = set_up, .teardown = tear_down);

/* Out of habit, some type a password at the question for an account. */
TEST(a_wrong_answer_leaves_the_stack, .why_not = stack_residue_why_not())
{
    enroll("daemon", ANNA, "");
    enroll("bin", ANNA, "");
    ck_assert_int_eq(open_gate(NULL), 0);
    script.answer = "correct-horse";
    stack_residue_run(admit_on_stack, NULL);
    ck_assert_int_eq(result_on_stack, IDQ_CONV);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_uint_eq(stack_residue_count(script.answer, strlen(script.answer)), 0);
}

RUN_TESTS("account", NULL);
