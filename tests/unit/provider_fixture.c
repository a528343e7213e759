/* SPDX-License-Identifier: BSD-3-Clause */
/* See provider_fixture.h. */
#include "tests/unit/provider_fixture.h"

#include "pam_idinqr/common/clock.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LOGIN_MS 120000

struct provider_fixture provider_fixture;

void
provider_fixture_begin(const struct provider *provider)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    memset(&provider_fixture, 0, sizeof provider_fixture);
    provider_fixture.provider = provider;
    provider_fixture.module_end = ends[0]; /* stays open: what is logged stays in it */
    provider_fixture.wire = (struct wire){.socket = ends[1]};
    provider_fixture.start = (struct start_message){.timeout_ms = LOGIN_MS, .language = "nl"};
    strcpy(provider_fixture.start.provider, provider->name);
    provider_fixture.context = (struct provider_context){.start = &provider_fixture.start,
                                                         .settings = &provider_fixture.settings,
                                                         .wire = &provider_fixture.wire,
                                                         .deadline_ms = clock_ms() + LOGIN_MS};
}

void
provider_fixture_set(const char *keyword, const char *value)
{
    struct start_message *start = &provider_fixture.start;
    size_t i = 0;

    while (i < start->n_settings && strcmp(start->settings[i].keyword, keyword) != 0)
        i++;
    ck_assert_uint_lt(i, PROVIDER_SETTINGS_MAX);
    ck_assert_uint_lt(strlen(keyword), sizeof start->settings[i].keyword);
    ck_assert_uint_lt(strlen(value), sizeof start->settings[i].value);
    if (i == start->n_settings)
        start->n_settings++;
    strcpy(start->settings[i].keyword, keyword);
    strcpy(start->settings[i].value, value);
}

int
provider_fixture_start(void)
{
    ck_assert_int_eq(provider_read_settings(&provider_fixture.start, &provider_fixture.settings),
                     0);
    memset(&provider_fixture.qr, 0xAA, sizeof provider_fixture.qr);
    provider_fixture.first_ms = -1;
    return provider_fixture.provider->start(&provider_fixture.context, &provider_fixture.state,
                                            &provider_fixture.qr, &provider_fixture.first_ms);
}

int
provider_fixture_poll(void)
{
    memset(&provider_fixture.status, 0xAA, sizeof provider_fixture.status);
    return provider_fixture.provider->poll(provider_fixture.state, &provider_fixture.status);
}

void
provider_fixture_cancel(int timeout_ms)
{
    provider_fixture.provider->cancel(provider_fixture.state, timeout_ms);
}

void
provider_fixture_end(void)
{
    provider_fixture.provider->end(&provider_fixture.state);
    ck_assert_ptr_null(provider_fixture.state);
}

const char *
provider_fixture_logged(void)
{
    static char lines[4096];
    struct log_message line;
    struct frame frame;
    size_t used = 0;

    lines[0] = '\0';
    frame_begin(&frame, 0);
    while (frame_receive(&frame, provider_fixture.module_end) == 1) {
        ck_assert_int_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &line), 0);
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s\n", line.line);
        ck_assert_uint_lt(used, sizeof lines);
        frame_begin(&frame, 0);
    }
    return lines;
}
