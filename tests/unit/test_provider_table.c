/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the properties of the provider table that its readers rely on: sizes, fallbacks that are
 * valid values, and keywords that are settings. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/runner.h"

#include <string.h>

TEST_CASE("table");

TEST(a_provider_is_found_by_its_whole_name)
{
    ck_assert_str_eq(provider_table_find("idin-qr")->name, "idin-qr");
    ck_assert_ptr_eq(provider_table_find("idin-qr"), provider_table_at(0));
    ck_assert_ptr_null(provider_table_find(""));
    ck_assert_ptr_null(provider_table_find("idin"));
    ck_assert_ptr_null(provider_table_find("idin-qrs"));
    ck_assert_ptr_null(provider_table_find("IDIN-QR"));
    ck_assert_ptr_null(provider_table_at(100));
}

/* A provider that could not be chosen, or a choice without a provider, would be half a provider. */
TEST(the_configuration_offers_exactly_the_providers)
{
    int i = setting_find(config_settings(), "provider");
    char reason[300], offered[300] = "";
    const struct provider_description *provider;

    ck_assert_int_ge(i, 0);
    for (size_t n = 0; (provider = provider_table_at(n)); n++) {
        ck_assert_int_eq(
            setting_check(&config_settings()[i], provider->name, reason, sizeof reason), 0);
        strcat(strcat(offered, n > 0 ? "|" : ""), provider->name);
    }
    ck_assert_str_eq(config_settings()[i].choices, offered);
}

TEST(every_setting_can_be_sent)
{
    const struct provider_description *provider;
    struct start_message *start = NULL;

    for (size_t n = 0; (provider = provider_table_at(n)); n++) {
        size_t n_settings = 0;
        for (const struct setting *s = provider->settings; s->keyword; s++, n_settings++) {
            size_t most = s->kind == SETTING_URL ? 2048 : s->kind == SETTING_NUMBER ? 9 : 255;
            if (s->kind != SETTING_NUMBER && s->most > 0)
                most = (size_t)s->most;
            ck_assert_msg(strlen(s->keyword) < sizeof start->settings[0].keyword, "%s", s->keyword);
            ck_assert_msg(most < sizeof start->settings[0].value, "%s", s->keyword);
        }
        ck_assert_uint_le(n_settings, PROVIDER_SETTINGS_MAX);
        ck_assert_uint_lt(strlen(provider->name), sizeof start->provider);
    }
}

TEST(every_fallback_is_a_value)
{
    const struct provider_description *provider;

    for (size_t n = 0; (provider = provider_table_at(n)); n++)
        for (const struct setting *s = provider->settings; s->keyword; s++) {
            char reason[300];
            ck_assert_msg(!(s->required && s->fallback), "%s is required, with a fallback",
                          s->keyword);
            ck_assert_msg(!s->fallback || setting_check(s, s->fallback, reason, sizeof reason) == 0,
                          "%s", s->keyword);
            ck_assert_msg(setting_find(provider->settings, s->keyword) == s - provider->settings,
                          "%s is there twice", s->keyword);
        }
}

TEST(the_keywords_it_names_are_settings)
{
    const struct provider_description *provider;

    for (size_t n = 0; (provider = provider_table_at(n)); n++) {
        int scope = setting_find(provider->settings, provider->scope_keyword);
        int hosts = setting_find(provider->settings, "qr_hosts");
        ck_assert_int_ge(scope, 0);
        ck_assert_int_ge(hosts, 0);
        ck_assert_int_eq(provider->settings[scope].kind, SETTING_URL);
        ck_assert_uint_eq(provider->settings[scope].offset, provider->scope_url);
        /* One of which there is always a value. */
        ck_assert(provider->settings[scope].required || provider->settings[scope].fallback);
        ck_assert_int_eq(provider->settings[hosts].kind, SETTING_HOSTS);
        ck_assert_int_ge(setting_find(provider->settings, "scope"), 0);
    }
}

/* Fills each text with its keyword, each number with 7, each choice with its last one. */
static struct provider_settings
settings_of(const char *name)
{
    const struct provider_description *provider = provider_table_find(name);
    struct provider_settings settings;

    memset(&settings, 0xAA, sizeof settings);
    provider_settings_begin(provider, &settings);
    for (const struct setting *s = provider->settings; s->keyword; s++) {
        const char *value = s->kind == SETTING_NUMBER ? "7"
                            : s->choices              ? strrchr(s->choices, '|') + 1
                                                      : s->keyword;
        ck_assert_int_eq(setting_fill(s, value, &settings), 0);
    }
    ck_assert_str_eq(provider_scope_url(provider, &settings), provider->scope_keyword);
    ck_assert_str_eq(settings.scope, "scope");
    ck_assert_str_eq(settings.qr_hosts, "qr_hosts");
    ck_assert_int_eq(settings.poll_interval_s, 7);
    return settings;
}

static const struct {
    const char *provider, *name, *in_texts;
    bool has_banks;
} voices[] = {
    {"idin-qr", "", "", true},
    {"idin-qr", "itsme", "itsme", false},
    {"signicat", "itsme", "Signicat", true}, /* the keyword is idin-qr's */
    {"oidc-device", "itsme", "id.test", false},
};

LOOP_TEST(where_people_approve, ARRAY_LENGTH(voices))
{
    const struct provider_description *provider = provider_table_find(voices[_i].provider);
    char name[PROVIDER_NAME_SIZE];
    struct provider_settings settings;

    provider_settings_begin(provider, &settings);
    settings.idin_qr.name = voices[_i].name;
    settings.oidc.issuer = "https://id.test/login";
    provider_table_name(provider, &settings, name);
    ck_assert_str_eq(name, voices[_i].in_texts);
    ck_assert_int_eq(provider_has_banks(provider, &settings), voices[_i].has_banks);
}

#define IS_ITS_KEYWORD(name) ck_assert_str_eq(own->name, #name)

TEST(each_setting_has_its_field)
{
    struct provider_settings settings = settings_of("idin-qr");
    {
        const struct idin_qr_settings *own = &settings.idin_qr;
        IS_ITS_KEYWORD(qr_backend_url);
        IS_ITS_KEYWORD(status_url);
        IS_ITS_KEYWORD(cancel_url);
        IS_ITS_KEYWORD(name);
        IS_ITS_KEYWORD(merchant_token);
        IS_ITS_KEYWORD(signing_key);
        ck_assert_int_eq(own->signing_key_encoding, SIGNING_KEY_ED25519);
        ck_assert_int_eq(own->status_nonce, STATUS_NONCE_OFF);
        ck_assert_int_eq(own->merchant_sub_id, 7);
        ck_assert_int_eq(own->long_poll_s, 7);
        ck_assert_str_eq(settings.oidc.jwks_file, "");
        ck_assert_str_eq(settings.signicat.client_id, "");
    }
    settings = settings_of("signicat");
    {
        const struct signicat_settings *own = &settings.signicat;
        IS_ITS_KEYWORD(token_url);
        IS_ITS_KEYWORD(api_url);
        IS_ITS_KEYWORD(callback_url);
        IS_ITS_KEYWORD(client_id);
        IS_ITS_KEYWORD(account_id);
        IS_ITS_KEYWORD(request_domain);
        IS_ITS_KEYWORD(client_secret);
        ck_assert_int_eq(own->requested_loa, LOA_HIGH);
        ck_assert_str_eq(settings.idin_qr.signing_key, "");
    }
    settings = settings_of("oidc-device");
    {
        const struct oidc_settings *own = &settings.oidc;
        IS_ITS_KEYWORD(issuer);
        IS_ITS_KEYWORD(client_id);
        IS_ITS_KEYWORD(oauth_scope);
        IS_ITS_KEYWORD(subject_claim);
        IS_ITS_KEYWORD(required_acr);
        IS_ITS_KEYWORD(jwks_file);
        IS_ITS_KEYWORD(device_endpoint);
        IS_ITS_KEYWORD(client_secret);
        IS_ITS_KEYWORD(client_key);
        IS_ITS_KEYWORD(client_key_id);
        ck_assert_int_eq(own->client_auth, CLIENT_NONE);
        ck_assert_int_eq(own->client_audience, AUDIENCE_ENDPOINT);
    }
}

/* What START does not have is as if the configuration did not have it. */
TEST(a_setting_that_is_missing_has_its_fallback)
{
    struct provider_settings settings;

    memset(&settings, 0xAA, sizeof settings);
    provider_settings_begin(provider_table_find("idin-qr"), &settings);
    ck_assert_str_eq(settings.qr_hosts, "qrcode.idin.nl");
    ck_assert_int_eq(settings.poll_interval_s, 2);
    ck_assert_int_eq(settings.idin_qr.status_nonce, STATUS_NONCE_REQUIRED);
    provider_settings_begin(provider_table_find("signicat"), &settings);
    ck_assert_str_eq(settings.qr_hosts, "");
    ck_assert_int_eq(settings.poll_interval_s, 3);
}

/* The agent fills the settings in from START. */
TEST(pairs_of_a_start)
{
    static const struct {
        const char *provider, *keyword, *value;
        int error;
    } rows[] = {
        {"oidc-device", "jwks_file", "/jwks", 0},
        {"oidc-device", "client_auth", "client_secret_post", 0},
        {"oidc-device", "client_auth", "client_secret_pos", IDQ_CONFIG},
        {"oidc-device", "jwks_files", "/jwks", IDQ_CONFIG},
        {"idin-qr", "jwks_file", "/jwks", IDQ_CONFIG},
        {"idin", "qr_hosts", "a.nl", IDQ_CONFIG},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct start_message start = {.n_settings = 1};
        struct provider_settings settings;
        strcpy(start.provider, rows[i].provider);
        strcpy(start.settings[0].keyword, rows[i].keyword);
        strcpy(start.settings[0].value, rows[i].value);
        ck_assert_msg(provider_read_settings(&start, &settings) == rows[i].error, "%s = %s",
                      rows[i].keyword, rows[i].value);
        if (i == 0)
            ck_assert_str_eq(settings.oidc.jwks_file, "/jwks");
        if (i == 1)
            ck_assert_int_eq(settings.oidc.client_auth, CLIENT_SECRET_POST);
    }
}

RUN_TESTS("provider_table", NULL);
