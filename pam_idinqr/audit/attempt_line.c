/* SPDX-License-Identifier: BSD-3-Clause */
/* See attempt_line.h. */
#include "pam_idinqr/audit/attempt_line.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/identity/identity.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

/* Fields without a place here are passed over, so that a newer module's line can still be read. */
static const char **
place_of(struct attempt *attempt, const char *keyword)
{
    const struct {
        const char *keyword, **value;
    } places[] = {
        {"outcome", &attempt->outcome},   {"session", &attempt->session},
        {"service", &attempt->service},   {"account", &attempt->account},
        {"provider", &attempt->provider}, {"station", &attempt->station},
        {"duration", &attempt->duration}, {"tty", &attempt->tty},
        {"rhost", &attempt->rhost},       {"identity", &attempt->identity},
        {"issuer", &attempt->issuer},     {"transaction", &attempt->transaction},
        {"detail", &attempt->detail},     {"uid", &attempt->uid},
        {"loginuid", &attempt->loginuid},
    };

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(keyword, places[i].keyword) == 0)
            return places[i].value;
    return NULL;
}

/* Cuts "keyword=value" or "keyword="value"" off the front. The writer leaves no quote and no '=' in
 * a value without quotes, and no quote in one with, so what has one was not written by it. */
static int
cut_field(char **rest, char **ret_keyword, char **ret_value)
{
    char *keyword = *rest, *value, *end;
    size_t size = strspn(keyword, "abcdefghijklmnopqrstuvwxyz_");

    if (size == 0 || keyword[size] != '=')
        return -1;
    keyword[size] = '\0';
    value = keyword + size + 1;
    if (*value == '"') {
        end = strchr(++value, '"');
        if (!end)
            return -1;
        *end++ = '\0';
    } else {
        end = value + strcspn(value, " \"=");
    }
    if ((*end != '\0' && *end != ' ') || *value == '\0')
        return -1;
    *rest = *end == ' ' ? end + 1 : end;
    if (*end == ' ' && **rest == '\0')
        return -1;
    *end = '\0';
    *ret_keyword = keyword;
    *ret_value = value;
    return 0;
}

/* What stands behind libpam's "pam_idinqr(service:auth): "; NULL where that is not in front: other
 * programs may log what a stranger typed. */
static char *
skip_name(char *text)
{
    static const char name[] = "pam_idinqr(";
    char *end = text + strcspn(text, " )");

    return strncmp(text, name, sizeof name - 1) == 0 && strncmp(end, "): ", 3) == 0 ? end + 3
                                                                                    : NULL;
}

static int
is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

int
attempt_line_parse(char *text, struct attempt *ret_attempt)
{
    struct attempt attempt = {0, 0, "", "", "", "", "", "", "", "", "", "", "", "", "", "", ""};
    char *rest = skip_name(text), *keyword, *value;

    if (!characters_are_printable_ascii(text, strlen(text)) || !rest ||
        strncmp(rest, "outcome=", strlen("outcome=")) != 0)
        return -1;
    while (*rest) {
        const char **place;
        if (cut_field(&rest, &keyword, &value) != 0)
            return -1;
        place = place_of(&attempt, keyword);
        if (place && **place)
            return -1; /* given twice */
        if (place)
            *place = value;
    }
    if (*attempt.identity && !identity_is_hash(attempt.identity, strlen(attempt.identity)))
        return -1;
    if (!is_number(attempt.uid) || !is_number(attempt.loginuid))
        return -1;
    *ret_attempt = attempt;
    return 0;
}

/* "Nov 22 16:00:00": in which year, it does not say. */
static const char *
parse_short_time(const char *text, int64_t now_s, int64_t *ret_time_s)
{
    time_t now = (time_t)now_s;
    const char *end = NULL;
    struct tm today;

    if (!localtime_r(&now, &today))
        return NULL;
    for (int year = today.tm_year + 1; year >= today.tm_year - 1; year--) {
        struct tm parsed = {.tm_isdst = -1};
        end = strptime(text, "%b %e %H:%M:%S", &parsed);
        if (!end)
            return NULL;
        parsed.tm_year = year;
        *ret_time_s = mktime(&parsed);
        if (*ret_time_s <= now_s + DAY_S)
            break;
    }
    return end;
}

/* "2026-11-22T16:00:00.123456+01:00". A fraction of a second is passed over. */
static const char *
parse_long_time(const char *text, int64_t *ret_time_s)
{
    struct tm parsed = {0}, zone = {0};
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &parsed);

    if (!end)
        return NULL;
    if (*end == '.')
        end += 1 + strspn(end + 1, "0123456789");
    end = strptime(end, "%z", &zone);
    if (!end)
        return NULL;
    *ret_time_s = timegm(&parsed) - zone.tm_gmtoff;
    return end;
}

int
attempt_line_parse_syslog(char *text, int64_t now_s, struct attempt *ret_attempt)
{
    int64_t time_s;
    const char *after = *text >= '0' && *text <= '9' ? parse_long_time(text, &time_s)
                                                     : parse_short_time(text, now_s, &time_s);
    char *host, *tag;

    /* " host program[123]: message" */
    if (!after || *after != ' ')
        return -1;
    host = text + (after - text) + 1;
    tag = strchr(host, ' ');
    if (!tag || tag == host)
        return -1;
    tag++;
    tag += strcspn(tag, " ");
    if (*tag != ' ' || tag[-1] != ':' || attempt_line_parse(tag + 1, ret_attempt) != 0)
        return -1;
    ret_attempt->time_s = time_s;
    return 0;
}
