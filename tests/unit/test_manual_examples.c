/* SPDX-License-Identifier: BSD-3-Clause */
/* The examples against the code: conf/idinqr.conf has every keyword with its default, what the
 * pages show can be read, and the pages themselves are well-formed, where mandoc is there to tell.
 * Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/identity/map.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"
#include "tests/unit/diag_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const pages[] = {"idinqr.1", "idinqr-sandbox.1", "idinqr.conf.5", "idinqr.map.5",
                                    "pam_idinqr.8"};

/* Each setting of a table once in the text, with its default, and marked where it has to be filled
 * in. A key in PEM is a file, which is not there. */
static void
check_example(const char *text, const struct setting *settings, const struct config *config)
{
    struct names said = names_collect("conf/idinqr.conf", text, "^#([a-z0-9_]+) ="),
                 known = {.where = "the code"};

    for (const struct setting *setting = settings; setting->keyword; setting++)
        if (!setting->is_pem)
            names_add(&known, setting->keyword);
    names_check_same(&said, &known);
    for (const struct setting *setting = settings; setting->keyword; setting++) {
        char mark[80], *before;
        if (setting->is_pem)
            continue;
        snprintf(mark, sizeof mark, "\n#%s = ", setting->keyword);
        before = strndup(text, (size_t)(strstr(text, mark) - text));
        const char *paragraph = before;
        for (const char *p = before; (p = strstr(p, "\n\n")); p++)
            paragraph = p;
        ck_assert_msg((strstr(paragraph, "FILL IN") != NULL) == setting->required, "FILL IN %s?",
                      setting->keyword);
        if (setting->fallback)
            ck_assert_str_eq(manual_value(setting, config_text(config, setting)),
                             manual_value(setting, setting->fallback));
        free(before);
    }
}

/* 0 or IDQ_CONFIG, as a file of this text would be. */
static int
load(const char *name, const char *text, struct config **ret_config, struct diag *ret_diag)
{
    char *dir = scratch_dir(name), *path = scratch_path(dir, "idinqr.conf");
    int result;

    scratch_write(path, 0600, text);
    result = config_load(path, "", ret_config, ret_diag);
    return result;
}

TEST_CASE("examples");

TEST(example_configuration)
{
    CONFIG_AUTO *config = NULL;
    char *text = manual_read("conf/idinqr.conf"), *live = strdup(text);
    const struct provider_description *provider;
    struct diag diag;

    ck_assert_int_eq(load("as-it-is", text, &config, &diag), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "provider is not set"));
    /* Every keyword, and nothing that is prose, taken out of its comment. */
    for (char *line = live; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (line[0] == '#' && line[1] != ' ' && line[1] != '\n')
            line[0] = ' ';
    ck_assert_msg(load("filled-in", live, &config, &diag) == 0, "%s", diag_line(&diag));

    char *general = manual_between(text, "", "\n[");
    check_example(general, config_settings(), config);
    for (size_t i = 0; (provider = provider_table_at(i)); i++) {
        const struct provider_description *next = provider_table_at(i + 1);
        char start[64], end[64];
        snprintf(start, sizeof start, "\n[%s]\n", provider->name);
        snprintf(end, sizeof end, "\n%s[%s", next ? "" : "#", next ? next->name : "service:");
        char *section = manual_between(text, start, end);
        ck_assert_int_eq(config_override(config, "here", "provider", provider->name, &diag), 0);
        check_example(section, provider->settings, config);
    }
    free(live);
}

/* The first display of the section EXAMPLES. */
static char *
read_example(const char *page, const char *start)
{
    char *section = manual_section(page, "EXAMPLES"),
         *example = manual_between(section, start, ".Ed");

    return example;
}

/* The configurations that idinqr.conf(5) shows, in its order, each with a secret of it. */
static const struct {
    const char *start, *secret;
} conf_examples[] = {
    {"in a separate file:\n.Bd -literal -offset indent\n", "signing_key"},
    {"with Signicat:\n.Bd -literal -offset indent\n", "client_secret"},
};

static const char *
secret_of(const struct config *config, const char *keyword)
{
    int i = setting_find(config->provider->settings, keyword);

    ck_assert_int_ge(i, 0);
    return config_text(config, &config->provider->settings[i]);
}

LOOP_TEST(examples_of_the_configuration, ARRAY_LENGTH(conf_examples))
{
    char *conf = read_example("man/idinqr.conf.5", conf_examples[_i].start);
    char *dir = scratch_dir("secrets"), *path, *here, *rest = conf;
    CONFIG_AUTO *config = NULL;
    struct diag diag;
    size_t size = 0;
    FILE *stream = open_memstream(&here, &size);

    /* The example's files, in a directory that a test may write. */
    while ((path = strstr(rest, "/etc/idinqr/"))) {
        char *file = manual_between(path, "/etc/idinqr/", "\n"), *copy = scratch_path(dir, file);
        scratch_write(copy, 0600, "a-secret-of-no-one\n");
        fprintf(stream, "%.*s%s", (int)(path - rest), rest, copy);
        rest = path + strlen("/etc/idinqr/") + strlen(file);
    }
    fprintf(stream, "%s", rest);
    ck_assert_int_eq(fclose(stream), 0);
    ck_assert_msg(load("page", here, &config, &diag) == 0, "%s", diag_line(&diag));
    ck_assert_str_eq(secret_of(config, conf_examples[_i].secret), "a-secret-of-no-one");
    free(here);
}

TEST(example_of_the_map)
{
    char *text = read_example("man/idinqr.map.5", ".Bd -literal\n");
    MAP_AUTO *map = NULL;
    struct diag diag;

    ck_assert_msg(map_parse(text, strlen(text), "idinqr.map(5)", &map, &diag) == 0, "%s",
                  diag_line(&diag));
    ck_assert_uint_gt(map_count(map), 0);
}

/* What an integrator builds the endpoint by: the answer is one to the question, and its signature
 * is right, in both ways. */
TEST(example_of_the_status_endpoint)
{
    char *section = manual_section("man/idinqr.conf.5", "THE STATUS ENDPOINT");
    char *question = manual_between(section, ".Bd -literal -offset indent\n", ".Ed"),
         *hash = manual_between(section, "x-idin-qr-hash: ", "\n"),
         *body = manual_between(strstr(section, hash), "\n\n", ".Ed"),
         *text = manual_between(section, ".Ic signing_key\n.Li ", " ."),
         *public = manual_between(section, "The public key is\n.Li ", " ."),
         *signature = manual_between(strstr(section, public), "x-idin-qr-hash: ", "\n");
    JSON_AUTO *asked = json_text_read(question, strlen(question));
    const struct status_request request = {
        .qr_id = json_string_value(json_object_get(asked, "qr_id")),
        .nonce = json_string_value(json_object_get(asked, "nonce")),
    };
    struct provider_status status;
    SECRET_AUTO *key = NULL, *public_key = NULL;
    const char *diag;
    long retry_after_s;

    ck_assert_ptr_nonnull(request.qr_id);
    ck_assert_ptr_nonnull(request.nonce);
    ck_assert_uint_eq(strlen(request.nonce), PROVIDER_NONCE_SIZE - 1);
    ck_assert_int_eq(signing_key_read(text, SIGNING_KEY_TEXT, &key), 0);
    ck_assert_int_eq(signature_check(key, SIGNING_KEY_TEXT, body, strlen(body), hash, 1), 0);
    ck_assert_int_eq(signing_key_read(public, SIGNING_KEY_ED25519, &public_key), 0);
    ck_assert_int_eq(
        signature_check(public_key, SIGNING_KEY_ED25519, body, strlen(body), signature, 1), 0);
    ck_assert_msg(
        idin_qr_read_status(body, strlen(body), &request, &status, &retry_after_s, &diag) == 0,
        "%s", diag);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, IDQ_OK);
}

TEST_CASE("form",
          .why_not = system("command -v mandoc >/dev/null") == 0 ? NULL : "there is no mandoc");

LOOP_TEST(mandoc_has_no_complaint, ARRAY_LENGTH(pages))
{
    char command[1024], *output;

    /* Whether a page that it refers to is there, and in the index, is this machine's matter. */
    snprintf(command, sizeof command,
             "mandoc -Tlint '%s/man/%s' 2>&1 | "
             "sed '/STYLE: referenced manual not found/d; /outdated mandoc.db lacks/d'",
             SOURCE_DIR, pages[_i]);
    output = manual_output_of(command);
    ck_assert_str_eq(output, "");
}

RUN_TESTS("manual_examples", NULL);
