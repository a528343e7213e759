/* SPDX-License-Identifier: BSD-3-Clause */
/* The application and idinqr(1) run this, on text from files. */
#include "pam_idinqr/common/setting.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/https_url.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MOST 255 /* bytes of a value, unless its setting has another limit */

/* The place of a value among the choices, from 0; or -1. */
static int
find_choice(const char *choices, const char *value)
{
    size_t size = strlen(value);

    for (int i = 0; choices; i++) {
        if (strcspn(choices, "|") == size && memcmp(choices, value, size) == 0)
            return i;
        choices = strchr(choices, '|');
        choices = choices ? choices + 1 : NULL;
    }
    return -1;
}

static bool
is_number(const char *value, long least, long most)
{
    char *end;
    long number;

    if (*value == '\0' || strlen(value) > 9 || value[strspn(value, "0123456789")] != '\0')
        return false;
    number = strtol(value, &end, 10);
    return number >= least && number <= most;
}

/* A list that allows nothing, or contains an entry that never matches, is an error. */
static bool
is_host_list(const char *value)
{
    struct https_url host;
    int found, n_hosts = 0;

    while ((found = https_url_next_host(&value, &host)) > 0)
        n_hosts++;
    return found == 0 && n_hosts > 0;
}

/* Without a password, which would be a secret, and which many proxies log. The port is required,
 * because proxies have no common default. */
static bool
is_proxy(const char *value)
{
    size_t scheme_size = 0, size = strlen(value), n_digits = 0;
    char url[300];
    struct https_url parsed;

    if (strncmp(value, "http://", 7) == 0)
        scheme_size = 7;
    else if (strncmp(value, "https://", 8) == 0)
        scheme_size = 8;
    while (n_digits < size && strchr("0123456789", value[size - 1 - n_digits]))
        n_digits++;
    if (scheme_size == 0 || n_digits == 0 || value[size - 1 - n_digits] != ':' ||
        strpbrk(value + scheme_size, "/?#"))
        return false;
    return snprintf(url, sizeof url, "https://%s", value + scheme_size) < (int)sizeof url &&
           https_url_parse(url, strlen(url), &parsed) == 0;
}

/* Hashes in libcurl's form, which takes any other text as the name of a file. */
static bool
is_pin(const char *value)
{
    static const char begin[] = "sha256//";
    unsigned char hash[32];
    char base64[4 * (sizeof hash + 2) / 3 + 1];
    size_t size;

    do {
        if (strncmp(value, begin, strlen(begin)) != 0)
            return false;
        value += strlen(begin);
        size = strcspn(value, ";");
        if (size >= sizeof base64)
            return false;
        memcpy(base64, value, size);
        base64[size] = '\0';
        if (characters_read_base64(base64, hash, sizeof hash) != 0)
            return false;
        value += size;
    } while (*value++ == ';');
    return true;
}

/* "any", or "local" followed by the names of terminals below /dev. */
static bool
is_require(const char *value)
{
    static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789";
    size_t size = strlen("local");

    if (strcmp(value, "any") == 0)
        return true;
    if (strncmp(value, "local", size) != 0)
        return false;
    for (value += size; *value; value += size) {
        size_t blanks = strspn(value, " ");
        size = strspn(value += blanks, name_characters);
        if (blanks == 0 || size == 0)
            return false;
    }
    return true;
}

/* A file in PEM has several lines, and begins with a label. */
static bool
is_pem(const char *value)
{
    static const char begin[] = "-----BEGIN ";
    size_t size = strlen(value);

    if (strncmp(value, begin, strlen(begin)) != 0 || !strchr(value, '\n'))
        return false;
    for (size_t i = 0; i < size; i++)
        if (value[i] != '\n' && value[i] != '\r' && !characters_are_printable_ascii(&value[i], 1))
            return false;
    return true;
}

int
setting_check(const struct setting *setting, const char *value, char *ret_reason,
              size_t reason_size)
{
    size_t size = strlen(value), most = setting->most > 0 ? (size_t)setting->most : SIZE_MOST,
           least = setting->least > 0 ? (size_t)setting->least : 1;
    struct https_url url;

    switch (setting->kind) {
    case SETTING_NUMBER:
        if (is_number(value, setting->least, setting->most))
            return 0;
        snprintf(ret_reason, reason_size, "must be a whole number from %ld to %ld", setting->least,
                 setting->most);
        return -1;
    case SETTING_CHOICE:
    case SETTING_SWITCH:
        if (find_choice(setting->choices, value) >= 0)
            return 0;
        snprintf(ret_reason, reason_size, "must be one of %s", setting->choices);
        return -1;
    case SETTING_DAY:
        if (characters_are_in_calendar(value))
            return 0;
        snprintf(ret_reason, reason_size, "must be a day, as 2030-12-31");
        return -1;
    case SETTING_REQUIRE:
        if (is_require(value) && size <= most)
            return 0;
        snprintf(ret_reason, reason_size,
                 "must be any, or local and the names of serial lines, as in local ttyS0");
        return -1;
    case SETTING_URL:
        if (https_url_parse(value, size, &url) == 0)
            return 0;
        snprintf(ret_reason, reason_size, "must be an https:// URL");
        return -1;
    case SETTING_PROXY:
        if (is_proxy(value) && size <= most)
            return 0;
        snprintf(ret_reason, reason_size,
                 "must be http://host:port or https://host:port, without a user or a password");
        return -1;
    case SETTING_PIN:
        if (is_pin(value) && size <= most)
            return 0;
        snprintf(ret_reason, reason_size,
                 "must be sha256// and 44 characters of base64, or two of these with ; between");
        return -1;
    case SETTING_HOSTS:
        if (is_host_list(value) && size <= most)
            return 0;
        snprintf(ret_reason, reason_size, "must be hosts, each as host or host:port");
        return -1;
    case SETTING_PATH:
        if (value[0] == '/' && size <= most && characters_are_clean(value, size))
            return 0;
        snprintf(ret_reason, reason_size, "must be an absolute path");
        return -1;
    case SETTING_SECRET:
        if (setting->is_pem) {
            if (is_pem(value) && size <= most)
                return 0;
            snprintf(ret_reason, reason_size,
                     "must be a file with a private key in PEM, of at most %zu bytes", most);
            return -1;
        }
        if (size >= least && size <= most &&
            (setting->may_have_blanks ? characters_are_printable_ascii(value, size)
                                      : characters_are_visible_ascii(value, size)))
            return 0;
        snprintf(ret_reason, reason_size, "must be %zu to %zu %s ASCII characters%s", least, most,
                 setting->may_have_blanks ? "printable" : "visible",
                 characters_are_printable_ascii(value, size)
                     ? ""
                     : "; it has another, such as a quotation mark or blank of a word processor");
        return -1;
    case SETTING_TEXT:
        if (size <= most && characters_are_clean(value, size))
            return 0;
        snprintf(ret_reason, reason_size, "must be at most %zu bytes of text", most);
        return -1;
    }
    snprintf(ret_reason, reason_size, "cannot be checked");
    return -1;
}

const char *
setting_fallback(const struct setting *setting)
{
    return setting->fallback ? setting->fallback : "";
}

int
setting_fill(const struct setting *setting, const char *value, void *fields)
{
    void *field = (char *)fields + setting->offset;
    const char *text = value ? value : setting_fallback(setting);
    int number = 0;

    switch (setting->kind) {
    case SETTING_NUMBER:
    case SETTING_CHOICE:
        number = setting->kind == SETTING_NUMBER ? (int)strtol(text, NULL, 10)
                                                 : find_choice(setting->choices, text);
        memcpy(field, &number, sizeof number);
        break;
    case SETTING_SWITCH:
        *(bool *)field = strcmp(text, "yes") == 0;
        break;
    default:
        memcpy(field, &text, sizeof text);
    }
    return number < 0 ? -1 : 0;
}

int
setting_find(const struct setting *settings, const char *keyword)
{
    for (int i = 0; settings[i].keyword; i++)
        if (strcmp(settings[i].keyword, keyword) == 0)
            return i;
    return -1;
}
