/* See probe.h. */
#include "pam_idinqr/tool/probe.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/agent_start.h"
#include "pam_idinqr/wire/messages.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define PROBE_MS   15000 /* for one host */
#define FRAMES_MAX 50

static int
copy(char *field, size_t size, const char *text)
{
    return snprintf(field, size, "%s", text) < (int)size ? 0 : -1;
}

static int
send_probe(const struct config *config, const char *keyword, int socket)
{
    START_AUTO probe = {.is_probe = 1, .timeout_ms = PROBE_MS};
    FRAME_AUTO frame;
    int failed =
        copy(probe.provider, sizeof probe.provider, config_provider(config)->name) |
        copy(probe.language, sizeof probe.language, "en") |
        copy(probe.ca_file, sizeof probe.ca_file, config_text(config, "ca_file")) |
        copy(probe.pin_sha256, sizeof probe.pin_sha256, config_text(config, "pin_sha256")) |
        copy(probe.proxy, sizeof probe.proxy, config_text(config, "proxy"));

    if (keyword) {
        probe.n_settings = 1;
        failed |= copy(probe.settings[0].keyword, sizeof probe.settings[0].keyword, keyword) |
                  copy(probe.settings[0].value, sizeof probe.settings[0].value,
                       config_provider_text(config, keyword));
    }
    message_write_start(&frame, &probe);
    return failed || frame.broken ? IDQ_CONFIG : frame_send(&frame, socket);
}

/* Takes one frame. 1 when it was the last, with *ret_outcome. */
static int
take(struct frame *frame, struct probe_report *report, int *ret_outcome)
{
    RESULT_AUTO result = {0};
    struct log_message log;

    switch (frame_type(frame)) {
    case MESSAGE_LOG:
        if (message_read_log(frame, &log) != 0)
            break;
        /* Of less weight than a warning is only what the jail cannot do: see jail.c. */
        problem_set(log.priority <= LOG_WARNING ? &report->problem : &report->jail, "%s", log.line);
        return 0;
    case MESSAGE_PROBED:
        if (message_read_probed(frame, ret_outcome) != 0)
            break;
        return 1;
    case MESSAGE_RESULT:
        /* It did not come as far as the network; a login that opens is no answer here. */
        if (message_read_result(frame, &result) != 0 || result.outcome == IDQ_OK)
            break;
        *ret_outcome = result.outcome;
        return 1;
    default:
        break;
    }
    *ret_outcome = IDQ_AGENT;
    return 1;
}

static int
wait_for_outcome(int socket, struct probe_report *report)
{
    int64_t end_ms = clock_ms() + PROBE_MS + AGENT_GRACE_MS;
    int outcome = IDQ_AGENT;

    for (unsigned n_frames = 0; n_frames < FRAMES_MAX; n_frames++) {
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        FRAME_AUTO frame;
        int left_ms = clock_left_ms(end_ms);
        frame_begin(&frame, 0);
        if (left_ms == 0 || poll(&wait, 1, left_ms) <= 0 || frame_receive(&frame, socket) != 1 ||
            take(&frame, report, &outcome))
            break;
    }
    return outcome;
}

int
probe_run_agent(const struct config *config, const char *keyword, struct probe_report *ret_report)
{
    struct agent_process agent;
    struct problem end = {""};
    int result;

    *ret_report = (struct probe_report){0};
    result = agent_start(config, &agent, &ret_report->problem);
    if (result != 0)
        return result;
    result = send_probe(config, keyword, agent.socket);
    if (result == 0)
        result = wait_for_outcome(agent.socket, ret_report);
    if (agent_process_end(&agent, AGENT_GRACE_MS, &end) != 0 && ret_report->problem.text[0] == '\0')
        ret_report->problem = end;
    return result;
}
