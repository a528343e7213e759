/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr keys --fetch` by the real agent, against the real sandbox: what is shown, asked and
 * written, and what is left alone. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/qr_backend.h"
#include "tests/harness/desk.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/token_keys.h"
#include "tests/unit/tool_run.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct qr_backend *backend;
static char *keys, *published;

static void
start(const char *provider, const char *fault)
{
    char *agent = desk_copy_agent();

    backend = qr_backend_start((const char *const[]){"--agent", agent, "--provider", provider,
                                                     fault ? "--fault" : NULL, fault, NULL});
    keys = scratch_path(qr_backend_dir(backend), "jwks.json");
    published = scratch_read(keys);
}

static void
tear_down(void)
{
    qr_backend_stop(&backend);
}

static struct output
run(const char *input)
{
    return RUN(qr_backend_conf_file(backend), input, "keys", "--fetch");
}

static void
must_hold(const char *text)
{
    char *found = scratch_read(keys);

    ck_assert_str_eq(found, text);
}

/* The one key of a set. */
static json_t *
key_of(const char *text)
{
    json_t *set = json_loads(text, JSON_REJECT_DUPLICATES, NULL),
           *key = json_incref(json_array_get(json_object_get(set, "keys"), 0));

    ck_assert_msg(json_array_size(json_object_get(set, "keys")) == 1, "%s", text);
    json_object_del(key, "use"); /* what verification does not need is not written */
    json_decref(set);
    return key;
}

TEST_CASE("fetch", .teardown = tear_down);

TEST(an_administrator_says_yes)
{
    struct stat status;
    char *written;

    start("oidc-device", NULL);
    json_t *right = key_of(published);
    ck_assert_int_eq(unlink(keys), 0);
    OUTPUT_AUTO output = run("y\n");
    tool_must_say(&output, 0, "new     ES256  ", "");
    tool_must_say(&output, 0, json_string_value(json_object_get(right, "kid")), "");
    tool_must_say(&output, 0, "Compare them with the provider's. Write ", "");
    ck_assert_int_eq(stat(keys, &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0644);
    written = scratch_read(keys);
    json_t *key = key_of(written);
    ck_assert_msg(json_equal(key, right), "%s", written);
    /* Once they are there, nothing is asked. */
    OUTPUT_AUTO again = run("");
    tool_must_say(&again, 0, "present ES256  ", "");
    tool_must_say(&again, 0, "has exactly these keys.", "");
    must_hold(written);
    OUTPUT_AUTO check = RUN(qr_backend_conf_file(backend), "", "check", "--json");
    ck_assert_msg(!strstr(check.out, "jwks-file"), "%s", check.out);
    json_decref(key);
    json_decref(right);
}

TEST(an_administrator_says_no)
{
    static const char *const answers[] = {"n\n", "", "yess\n"};

    TOKEN_KEY_AUTO *other = token_key_new("ES256", "other", 0);
    char *old = token_key_set((const struct token_key *const[]){other, NULL});

    start("oidc-device", NULL);
    scratch_write(keys, 0644, old);
    for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
        OUTPUT_AUTO output = run(answers[i]);
        tool_must_say(&output, 1, "new     ES256  ", "idinqr: nothing was changed");
        must_hold(old);
    }
    OUTPUT_AUTO forced = RUN(qr_backend_conf_file(backend), "", "keys", "--fetch", "--yes");
    tool_must_say(&forced, 0, "Written: ", "");
    ck_assert_ptr_null(strstr(forced.out, "Compare"));
}

TEST(a_provider_that_does_not_answer)
{
    char *conf;

    start("oidc-device", NULL);
    conf = strdup(qr_backend_conf_file(backend));
    char *copy_dir = scratch_dir("conf"), *copy = scratch_path(copy_dir, "idinqr.conf"),
         *text = scratch_read(conf);
    scratch_write(copy, 0600, text);
    qr_backend_stop(&backend);
    OUTPUT_AUTO output = RUN(copy, "y\n", "keys", "--fetch");
    tool_must_say(&output, 4, "", "idinqr: ");
    free(conf);
}

TEST(a_provider_that_is_another)
{
    start("oidc-device", "oidc-discovery-other-issuer");
    OUTPUT_AUTO output = run("y\n");
    tool_must_say(&output, 4, "", "idinqr: discovery: another issuer's document");
    must_hold(published);
}

TEST(nowhere_to_write)
{
    start("idin-qr", NULL);
    OUTPUT_AUTO other = run("y\n");
    tool_must_say(&other, 3, "", "idinqr: jwks_file is not set for the provider idin-qr");
    must_hold(published);
    OUTPUT_AUTO usage = RUN(qr_backend_conf_file(backend), "", "keys");
    tool_must_say(&usage, 2, "", "idinqr: keys takes --fetch, and nothing else");
    OUTPUT_AUTO words = RUN(qr_backend_conf_file(backend), "", "keys", "--fetch", "x");
    tool_must_say(&words, 2, "", "idinqr: keys takes --fetch, and nothing else");
}

RUN_TESTS("tool_keys", agent_user_why_not());
