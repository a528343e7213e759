/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: what sshd's configuration makes of a stack with the module in it. Its findings
 * are about everybody whom no Match in sshd_config singles out; of the others it says that it has
 * not looked, and how to. */
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/sshd_config.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PROMPT_TIMEOUT_S 100 /* of the module, where nobody has set timeout */
#define MARGIN_S         10  /* for the way there and back, and what sshd does around it */

/* "2m", "1h30m", "120"; -1 when it is none, or more than sshd takes. */
static int64_t
seconds_of(const char *text)
{
    int64_t total_s = 0;

    while (*text) {
        char *end;
        int64_t number = strtoll(text, &end, 10);
        if (end == text || number < 0 || number > INT_MAX)
            return -1;
        switch (tolower((unsigned char)*end)) {
        case 'w':
            number *= 7;
            __attribute__((fallthrough));
        case 'd':
            number *= 24;
            __attribute__((fallthrough));
        case 'h':
            number *= 60;
            __attribute__((fallthrough));
        case 'm':
            number *= 60;
            __attribute__((fallthrough));
        case 's':
            end++;
            break;
        case '\0':
            break;
        default:
            return -1;
        }
        total_s += number;
        if (total_s > INT_MAX)
            return -1;
        text = end;
    }
    return total_s;
}

static int
is(const struct sshd_config *config, enum sshd_keyword keyword, const char *value)
{
    return strcasecmp(config->settings[keyword].value, value) == 0;
}

static void
add(struct check *check, enum finding_kind kind, const struct sshd_setting *setting,
    const char *text)
{
    finding_add(&check->findings, kind, setting->file, setting->line, "sshd", "%s", text);
}

/* Whether a code can be shown with this value of these keywords. */
static int
lets_ask(const struct sshd_setting *setting)
{
    if (setting->keyword == SSHD_METHODS)
        return setting->value[0] == '\0' || strcasecmp(setting->value, "any") == 0 ||
               strstr(setting->value, "keyboard-interactive");
    return strcasecmp(setting->value, "no") != 0;
}

/* The same, for anybody at all. */
static int
lets_anybody_ask(const struct sshd_config *config, enum sshd_keyword keyword)
{
    int lets = lets_ask(&config->settings[keyword]);

    for (size_t i = 0; i < config->n_exceptions; i++)
        if (config->exceptions[i].keyword == keyword)
            lets |= lets_ask(&config->exceptions[i]);
    return lets;
}

/* Every list of methods must have one that PAM takes part in; "any" and "" ask for none. */
static int
methods_need_pam(const char *methods)
{
    char copy[SSHD_VALUE_SIZE], *rest = copy, *list;

    snprintf(copy, sizeof copy, "%s", methods);
    if (copy[0] == '\0' || strcasecmp(copy, "any") == 0)
        return 0;
    while ((list = strsep(&rest, " ")))
        if (!strstr(list, "keyboard-interactive"))
            return 0;
    return 1;
}

static void
check_grace(struct check *check, const struct sshd_setting *grace, const struct check_service *sshd)
{
    int64_t grace_s = seconds_of(grace->value);
    long timeout_s = sshd->timeout_s;
    char text[120];

    if (!sshd->has_timeout && timeout_s > PROMPT_TIMEOUT_S)
        timeout_s = PROMPT_TIMEOUT_S;
    if (grace_s <= 0 || grace_s >= timeout_s + MARGIN_S)
        return;
    snprintf(text, sizeof text, "LoginGraceTime is %lld seconds, and a code has %ld",
             (long long)grace_s, timeout_s);
    add(check, FINDING_SSHD_GRACE, grace, text);
}

/* Who is singled out depends on names, addresses and groups, which only sshd can compare. */
static void
note_exceptions(struct check *check, const struct sshd_config *config)
{
    for (size_t i = 0; i < config->n_exceptions; i++) {
        const struct sshd_setting *setting = &config->exceptions[i];
        char text[SSHD_VALUE_SIZE + 160];
        snprintf(
            text, sizeof text,
            "%s %s is for some people only, by a Match; what is found here is about the others",
            sshd_config_name(setting->keyword), setting->value);
        add(check, FINDING_SSHD_MATCH, setting, text);
    }
}

static void
check_file(struct check *check, const struct sshd_config *config)
{
    if (check_is_unseen(check, config->unread, config->error))
        return;
    /* None at all is no sshd. */
    if (config->error == ENOENT && strcmp(config->unread, config->file) == 0)
        return;
    finding_add(&check->findings, FINDING_SSHD_FILE, config->unread, 0, "sshd", "%s",
                config->error == ELOOP ? "files include each other too deeply"
                                       : strerror(config->error));
}

void
check_sshd(struct check *check)
{
    SSHD_CONFIG_AUTO config = {.error = 0};
    const struct sshd_setting *settings = config.settings;
    const struct check_service *sshd = check_find_service(check, "sshd");
    int methods_pam;

    if (!sshd)
        return;
    if (sshd_config_read(check->root, &config) != 0) {
        check->findings.is_short = 1;
        return;
    }
    /* Half of the settings would be another configuration. */
    if (config.error) {
        check_file(check, &config);
        return;
    }
    methods_pam = methods_need_pam(settings[SSHD_METHODS].value);
    note_exceptions(check, &config);
    if (!is(&config, SSHD_USE_PAM, "yes"))
        add(check, FINDING_SSHD_PAM, &settings[SSHD_USE_PAM], "sshd does not use PAM");
    if (!lets_anybody_ask(&config, SSHD_KEYBOARD))
        add(check, FINDING_SSHD_KEYBOARD, &settings[SSHD_KEYBOARD],
            "sshd never asks a question, and so never shows a code");
    if (!lets_anybody_ask(&config, SSHD_METHODS))
        add(check, FINDING_SSHD_METHODS, &settings[SSHD_METHODS],
            "AuthenticationMethods has no method that shows a code");
    if (is(&config, SSHD_PASSWORD, "yes") && !methods_pam)
        add(check, FINDING_SSHD_PASSWORD, &settings[SSHD_PASSWORD],
            "the method password can show no code, and always fails where the module is needed");
    if (is(&config, SSHD_PUBKEY, "yes") && !methods_pam)
        add(check, FINDING_SSHD_KEY, &settings[SSHD_PUBKEY],
            "whoever has a key gets in without iDIN");
    if (sshd->timeout_s > 0)
        check_grace(check, &settings[SSHD_GRACE], sshd);
}
