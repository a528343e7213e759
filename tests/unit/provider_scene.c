/* SPDX-License-Identifier: BSD-3-Clause */
/* See provider_scene.h. */
#include "tests/unit/provider_scene.h"

#include "pam_idinqr/common/clock.h"

#include <check.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define LOGIN_MS 120000

struct provider_scene provider_scene;

void
provider_scene_begin(const struct provider *provider)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    memset(&provider_scene, 0, sizeof provider_scene);
    provider_scene.provider = provider;
    provider_scene.module_end = ends[0]; /* stays open: what is logged stays in it */
    provider_scene.wire = (struct link){.socket = ends[1]};
    provider_scene.start = (struct start_message){.timeout_ms = LOGIN_MS, .language = "nl"};
    provider_scene.context = (struct provider_context){.start = &provider_scene.start,
                                                       .link = &provider_scene.wire,
                                                       .deadline_ms = clock_ms() + LOGIN_MS};
}

void
provider_scene_set(const char *keyword, const char *value)
{
    struct start_message *start = &provider_scene.start;
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
provider_scene_start(void)
{
    memset(&provider_scene.qr, 0xAA, sizeof provider_scene.qr);
    provider_scene.first_ms = -1;
    return provider_scene.provider->start(&provider_scene.context, &provider_scene.state,
                                          &provider_scene.qr, &provider_scene.first_ms);
}

int
provider_scene_poll(void)
{
    memset(&provider_scene.status, 0xAA, sizeof provider_scene.status);
    return provider_scene.provider->poll(provider_scene.state, &provider_scene.status);
}

void
provider_scene_cancel(int timeout_ms)
{
    provider_scene.provider->cancel(provider_scene.state, timeout_ms);
}

void
provider_scene_end(void)
{
    provider_scene.provider->end(&provider_scene.state);
    ck_assert_ptr_null(provider_scene.state);
}

const char *
provider_scene_logged(void)
{
    static char lines[4096];
    struct log_message line;
    struct frame frame;
    size_t used = 0;

    lines[0] = '\0';
    frame_begin(&frame, 0);
    while (frame_receive(&frame, provider_scene.module_end) == 1) {
        ck_assert_int_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &line), 0);
        used += (size_t)snprintf(lines + used, sizeof lines - used, "%s\n", line.line);
        ck_assert_uint_lt(used, sizeof lines);
        frame_begin(&frame, 0);
    }
    return lines;
}
