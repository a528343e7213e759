/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of providers must keep to what its readers rely on: sizes, fallbacks that are valid
 * values, and keywords that the table itself names. Pure; runs as whoever runs the tests. */
#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/runner.h"

#include <string.h>

START_TEST(a_provider_is_found_by_its_whole_name)
{
    ck_assert_str_eq(provider_table_find("idin-qr")->name, "idin-qr");
    ck_assert_ptr_eq(provider_table_find("idin-qr"), provider_table_at(0));
    ck_assert_ptr_null(provider_table_find(""));
    ck_assert_ptr_null(provider_table_find("idin"));
    ck_assert_ptr_null(provider_table_find("idin-qrs"));
    ck_assert_ptr_null(provider_table_find("IDIN-QR"));
    ck_assert_ptr_null(provider_table_at(100));
}
END_TEST

/* A provider that could not be chosen, or a choice without a provider, would be half a provider. */
START_TEST(the_configuration_offers_exactly_the_providers)
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
END_TEST

START_TEST(every_setting_can_be_sent)
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
END_TEST

START_TEST(every_fallback_is_a_value)
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
END_TEST

START_TEST(the_keywords_it_names_are_settings)
{
    const struct provider_description *provider;

    for (size_t n = 0; (provider = provider_table_at(n)); n++) {
        int scope = setting_find(provider->settings, provider->scope_keyword);
        int hosts = setting_find(provider->settings, provider->hosts_keyword);
        ck_assert_int_ge(scope, 0);
        ck_assert_int_ge(hosts, 0);
        ck_assert_int_eq(provider->settings[scope].kind, SETTING_URL);
        /* One of which there is always a value. */
        ck_assert(provider->settings[scope].required || provider->settings[scope].fallback);
        ck_assert_int_eq(provider->settings[hosts].kind, SETTING_HOSTS);
        ck_assert_int_ge(setting_find(provider->settings, "scope"), 0);
    }
}
END_TEST

static Suite *
provider_table_suite(void)
{
    Suite *suite = suite_create("provider_table");
    TCase *table = tcase_create("table");

    tcase_add_test(table, a_provider_is_found_by_its_whole_name);
    tcase_add_test(table, the_configuration_offers_exactly_the_providers);
    tcase_add_test(table, every_setting_can_be_sent);
    tcase_add_test(table, every_fallback_is_a_value);
    tcase_add_test(table, the_keywords_it_names_are_settings);
    suite_add_tcase(suite, table);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "provider_table", provider_table_suite, NULL);
}
