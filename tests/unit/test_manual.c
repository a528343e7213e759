/* SPDX-License-Identifier: BSD-3-Clause */
/* The manual against the code: a name that one has and the other has not is a failure, both ways.
 * Reads the man pages and, where a list is private to a file, that file's source; runs the built
 * programs with --help. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/config/config.h"
#include "tests/harness/runner.h"
#include "tests/unit/manual_text.h"
#include "tests/unit/diag_line.h"

/* For pam_code, which is private to the module's entry: what hosts get is written down in
 * pam_idinqr(8). */
#include "pam_idinqr/module/pam_idinqr.c" // NOLINT(bugprone-suspicious-include)

#include <stdio.h>
#include <string.h>

/* The names that a table of settings allows in a file. */
static struct names
names_of_settings(const char *where, const struct setting *settings)
{
    struct names names = {.where = where};
    char keyword[NAME_SIZE];

    for (const struct setting *setting = settings; setting->keyword; setting++) {
        if (!setting->is_pem)
            names_add(&names, setting->keyword);
        snprintf(keyword, sizeof keyword, "%s_file", setting->keyword);
        if (setting->kind == SETTING_SECRET)
            names_add(&names, keyword);
    }
    return names;
}

/* What the page says of one keyword: its choices, its range, its default. */
static void
check_item(const char *section, const struct setting *setting)
{
    char mark[80], range[64];
    char *item, *fallback;

    snprintf(mark, sizeof mark, ".It Ic %s%s\n", setting->keyword, setting->is_pem ? "_file" : "");
    item = manual_between(section, mark, "\n.It ");
    fallback = strstr(item, "Default:");
    if (setting->choices) {
        struct names said = names_collect("idinqr.conf(5)", item, "^\\.Cm ([a-z_-]+)"),
                     known = names_collect(setting->keyword, setting->choices, "([a-z_-]+)");
        names_check_same(&said, &known);
    }
    snprintf(range, sizeof range, "%ld to %ld", setting->least, setting->most);
    ck_assert_msg(setting->kind != SETTING_NUMBER || strstr(item, range), "%s is from %s",
                  setting->keyword, range);
    ck_assert_msg((strstr(item, "Must be set") != NULL) == setting->required, "%s: must it be set?",
                  setting->keyword);
    ck_assert_msg((fallback == NULL) == setting->required, "%s: which default?", setting->keyword);
    ck_assert_msg(!setting->fallback ||
                      (fallback && strstr(fallback, manual_value(setting, setting->fallback))),
                  "%s: the default is %s", setting->keyword, setting->fallback);
}

TEST_CASE("names");

TEST(configuration_keywords)
{
    char *section = manual_section("man/idinqr.conf.5", "KEYWORDS");
    struct names said = names_collect("idinqr.conf(5)", section, "^\\.It Ic ([a-z0-9_]+)$"),
                 known = names_of_settings("config.c", config_settings());

    names_check_same(&said, &known);
    for (const struct setting *setting = config_settings(); setting->keyword; setting++)
        check_item(section, setting);
}

TEST(provider_keywords)
{
    char *page = manual_read("man/idinqr.conf.5");
    struct names sections = names_collect("idinqr.conf(5)", page, "^\\.Sh PROVIDER (.+)$"),
                 providers = {.where = "provider_table.c"};
    const struct provider_description *provider;

    for (size_t i = 0; (provider = provider_table_at(i)); i++) {
        char title[80];
        snprintf(title, sizeof title, "PROVIDER %s", provider->name);
        names_add(&providers, provider->name);
        char *section = manual_section("man/idinqr.conf.5", title);
        struct names said = names_collect("idinqr.conf(5)", section, "^\\.It Ic ([a-z0-9_]+)$"),
                     known = names_of_settings(provider->name, provider->settings);
        names_check_same(&said, &known);
        for (const struct setting *setting = provider->settings; setting->keyword; setting++)
            check_item(section, setting);
    }
    names_check_same(&sections, &providers);
}

TEST(module_arguments)
{
    char *section = manual_section("man/pam_idinqr.8", "ARGUMENTS");
    char *source = manual_read("pam_idinqr/config/arguments.c");
    struct names said = names_collect("pam_idinqr(8)", section, "^\\.It Cm ([a-z_]+)"),
                 known = names_collect("arguments.c", source, "\"([a-z_]+)(=/?)?\"");

    names_check_same(&said, &known);
    for (size_t i = 0; i < said.n; i++) {
        char with_value[NAME_SIZE + 8];
        const char *alone[] = {said.names[i]}, *valued[] = {with_value};
        struct arguments arguments;
        struct diag diag;
        snprintf(with_value, sizeof with_value, "%s=/x", said.names[i]);
        ck_assert_msg(arguments_parse(1, alone, &arguments, &diag) == 0 ||
                          arguments_parse(1, valued, &arguments, &diag) == 0,
                      "%s", diag_line(&diag));
    }
}

static const char *
pam_name(int code)
{
    switch (code) {
    case PAM_SUCCESS:
        return "PAM_SUCCESS";
    case PAM_AUTH_ERR:
        return "PAM_AUTH_ERR";
    case PAM_USER_UNKNOWN:
        return "PAM_USER_UNKNOWN";
    case PAM_CRED_INSUFFICIENT:
        return "PAM_CRED_INSUFFICIENT";
    case PAM_CRED_UNAVAIL:
        return "PAM_CRED_UNAVAIL";
    case PAM_CONV_ERR:
        return "PAM_CONV_ERR";
    case PAM_AUTHINFO_UNAVAIL:
        return "PAM_AUTHINFO_UNAVAIL";
    default:
        return "a code that the page does not explain";
    }
}

TEST(outcomes)
{
    char *section = manual_section("man/pam_idinqr.8", "OUTCOMES");
    struct names said = names_collect("pam_idinqr(8)", section, "^\\.It Cm ([a-z-]+) Ta Dv PAM_"),
                 known = {.where = "error.c"};

    for (int error = 0; error > -256; error--) {
        char row[120];
        if (!error_is_known(error))
            continue;
        names_add(&known, error_word(error));
        snprintf(row, sizeof row, "\n.It Cm %s Ta Dv %s Ta ", error_word(error),
                 pam_name(pam_code(error)));
        ck_assert_msg(strstr(section, row) != NULL, "pam_idinqr(8) should have the line%s", row);
    }
    names_check_same(&said, &known);
}

/* Names that are private to a file, found where they stand in its source. */
static const struct {
    const char *page, *section, *said;
    const char *source, *known;
} lists[] = {
    {"man/pam_idinqr.8", "THE LOG", "^\\.It Cm ([a-z]+)$", "pam_idinqr/audit/audit.c",
     "^        \\{\"([a-z]+)\", \"IDINQR_"},
    {"man/pam_idinqr.8", "THE LOG", "(IDINQR_[A-Z_]+)", "pam_idinqr/audit/audit.c",
     "\"(IDINQR_[A-Z_]+)\""},
    {"man/pam_idinqr.8", "CAVEATS", "^\\.Li ([a-z0-9*-]+) [,.]$", "pam_idinqr/login/application.c",
     "^    \"([a-z0-9*-]+)\",$"},
    {"man/idinqr.map.5", "DESCRIPTION", "^\\.It Ic ([a-z]+)$", "pam_idinqr/identity/map.c",
     "\\{\"([a-z]+)\", .*MAP_OF_ENROLLED"},
    {"man/idinqr.1", "OPTIONS", "^\\.It Fl -([a-z-]+)", "pam_idinqr/tool/tool_main.c",
     "\\{\"([a-z-]+)\", [a-z]+_argument,"},
    {"man/idinqr.1", "FINDINGS", "^\\.It Li ([a-z-]+)$", "pam_idinqr/tool/finding_kinds.c",
     "\\{\"([a-z-]+)\", FINDING_"},
    {"man/idinqr.1", "EXIT STATUS", "^\\.It ([0-9]+)$", "pam_idinqr/tool/command.h",
     "COMMAND_[A-Z]+ = ([0-9]+)"},
};

LOOP_TEST(names_in_sources, ARRAY_LENGTH(lists))
{
    char *section = manual_section(lists[_i].page, lists[_i].section);
    char *source = manual_read(lists[_i].source);
    struct names said = names_collect(lists[_i].page, section, lists[_i].said),
                 known = names_collect(lists[_i].source, source, lists[_i].known);

    names_check_same(&said, &known);
}

TEST(help_of_idinqr)
{
    char *help = manual_output_of("'" BUILD_DIR "/idinqr' --help 2>&1");
    char *page = manual_read("man/idinqr.1");
    char *section = manual_section("man/idinqr.1", "COMMANDS");
    struct names commands = names_collect("idinqr(1)", section, "^\\.It Ic ([a-z]+)"),
                 known_commands = names_collect("idinqr --help", help, "^  idinqr ([a-z]+)"),
                 options = names_collect("idinqr(1)", page, "^\\.It Fl -([a-z-]+)"),
                 known_options = names_collect("idinqr --help", help, "--([a-z-]+)");

    names_check_same(&commands, &known_commands);
    names_check_same(&options, &known_options);
}

TEST(help_of_sandbox)
{
    char *help = manual_output_of("'" BUILD_DIR "/idinqr-sandbox' --help 2>&1");
    char *page = manual_read("man/idinqr-sandbox.1");
    char *source = manual_read("pam_idinqr/sandbox/options.c");
    struct names said = names_collect("idinqr-sandbox(1)", page, "^\\.It Fl -([a-z-]+)"),
                 helped = names_collect("idinqr-sandbox --help", help, "--([a-z-]+)"),
                 known = names_collect("options.c", source, "\\{\"([a-z-]+)\", [a-z]+_argument,");

    names_check_same(&said, &helped);
    names_check_same(&said, &known);
}

RUN_TESTS("manual", NULL);
