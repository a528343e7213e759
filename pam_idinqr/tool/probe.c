/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. Each message of the agent is untrusted. */
#include "pam_idinqr/tool/probe.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/wire/messages.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define PROBE_MS 15000 /* for one host */

/* For several hosts. With an agent's way out, this is 5 s. */
#define SIDE_BY_SIDE_MS 4000

#define FETCH_MS   30000 /* for two answers */
#define FRAMES_MAX (50 + KEY_SET_KEYS_MAX)

/* The agent's results so far. */
struct answer {
    struct probe_report *report;
    struct key_message *keys; /* room for KEY_SET_KEYS_MAX; NULL: no keys were requested */
    size_t n_keys;
};

/* Begins a START without a login. Its messages are for the log, in English. */
static int
fill_in(const struct config *config, struct start_message *probe)
{
    probe->purpose = PURPOSE_PROBE;
    probe->timeout_ms = PROBE_MS;
    return agent_start_fill(config, LANGUAGE_EN, probe);
}

/* Handles one frame. Returns 1 if it was the last, with *ret_outcome. */
static int
take(struct frame *frame, struct answer *answer, int *ret_outcome)
{
    struct probe_report *report = answer->report;
    RESULT_AUTO result = {0};
    struct log_message log;

    switch (frame_type(frame)) {
    case MESSAGE_LOG:
        if (message_read_log(frame, &log) != 0)
            break;
        /* The only lines below a warning are about the kernel's limits of the jail: see jail.c. */
        diag_set(log.priority <= LOG_WARNING ? &report->diag : &report->jail, "%s", log.line);
        return 0;
    case MESSAGE_KEY:
        if (!answer->keys || answer->n_keys == KEY_SET_KEYS_MAX ||
            message_read_key(frame, &answer->keys[answer->n_keys]) != 0)
            break;
        answer->n_keys++;
        return 0;
    case MESSAGE_PROBED:
        if (message_read_probed(frame, ret_outcome) != 0)
            break;
        return 1;
    case MESSAGE_RESULT:
        /* It did not reach the network. A login that opens is not a valid answer here. */
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
wait_for_outcome(int socket, int64_t end_ms, struct answer *answer)
{
    int outcome = IDQ_AGENT;

    for (unsigned n_frames = 0; n_frames < FRAMES_MAX; n_frames++) {
        struct pollfd wait = {.fd = socket, .events = POLLIN};
        FRAME_AUTO frame;
        int left_ms = clock_left_ms(end_ms);
        frame_begin(&frame, 0);
        if (left_ms == 0 || poll(&wait, 1, left_ms) <= 0 || frame_receive(&frame, socket) != 1 ||
            take(&frame, answer, &outcome))
            break;
    }
    return outcome;
}

/* Ends an agent. If it has not said why it failed, its end says it. */
static void
end_agent(struct agent_process *agent, struct probe_report *report)
{
    struct diag end = {.line = 0};

    if (agent_process_end(agent, AGENT_GRACE_MS, &end) != 0 && report->diag.text[0] == '\0')
        report->diag = end;
}

/* Starts an agent, and gives it its task. After an error, no agent runs. */
static int
begin(const struct config *config, const struct start_message *probe,
      struct agent_process *ret_agent, struct probe_report *report)
{
    int result = agent_start(config, ret_agent, &report->diag);

    if (result != 0)
        return result;
    result = agent_start_send(probe, ret_agent->socket);
    if (result != 0)
        end_agent(ret_agent, report);
    return result;
}

/* Waits for an agent that has begun. */
static int
finish(struct agent_process *agent, int64_t end_ms, struct answer *answer)
{
    int result = wait_for_outcome(agent->socket, end_ms, answer);

    end_agent(agent, answer->report);
    return result;
}

static int64_t
end_of(int timeout_ms)
{
    return clock_ms() + timeout_ms + AGENT_GRACE_MS;
}

static int
run(const struct config *config, const struct start_message *probe, struct answer *answer)
{
    struct agent_process agent;
    int result = begin(config, probe, &agent, answer->report);

    return result != 0 ? result : finish(&agent, end_of((int)probe->timeout_ms), answer);
}

static int
begin_setting(const struct config *config, const struct setting *setting, int timeout_ms,
              struct agent_process *ret_agent, struct probe_report *ret_report)
{
    START_AUTO probe = {0};

    *ret_report = (struct probe_report){0};
    if (fill_in(config, &probe) != 0 ||
        (setting && agent_start_add(setting->keyword, config_text(config, setting), &probe) != 0))
        return IDQ_CONFIG;
    probe.timeout_ms = (uint32_t)timeout_ms;
    return begin(config, &probe, ret_agent, ret_report);
}

int
probe_run_agent(const struct config *config, const struct setting *setting,
                struct probe_report *ret_report)
{
    struct agent_process agent;
    struct answer answer = {.report = ret_report};
    int result = begin_setting(config, setting, PROBE_MS, &agent, ret_report);

    return result != 0 ? result : finish(&agent, end_of(PROBE_MS), &answer);
}

/* All agents work while one of them is waited for. */
void
probe_run_agents(const struct config *config, struct probe *probes, size_t n_probes)
{
    int64_t end_ms = end_of(SIDE_BY_SIDE_MS);

    for (size_t i = 0; i < n_probes; i++)
        probes[i].result = begin_setting(config, probes[i].setting, SIDE_BY_SIDE_MS,
                                         &probes[i].agent, &probes[i].report);
    for (size_t i = 0; i < n_probes; i++) {
        struct answer answer = {.report = &probes[i].report};
        if (probes[i].result == 0)
            probes[i].result = finish(&probes[i].agent, end_ms, &answer);
    }
}

int
probe_run_keys(const struct config *config, struct probe_report *ret_report)
{
    START_AUTO probe = {0};
    struct answer answer = {.report = ret_report};

    *ret_report = (struct probe_report){0};
    if (fill_in(config, &probe) != 0 ||
        agent_start_add("jwks_file", config->settings.oidc.jwks_file, &probe) != 0 ||
        agent_start_read_keys(config->settings.oidc.jwks_file, probe.key_set, &ret_report->diag) !=
            0)
        return IDQ_CONFIG;
    return run(config, &probe, &answer);
}

int
probe_fetch_keys(const struct config *config, struct key_message *ret_keys, size_t *ret_n_keys,
                 struct probe_report *ret_report)
{
    START_AUTO fetch = {0};
    struct answer answer = {.report = ret_report, .keys = ret_keys};
    int result;

    *ret_report = (struct probe_report){0};
    if (fill_in(config, &fetch) != 0 ||
        agent_start_add("issuer", config->settings.oidc.issuer, &fetch) != 0)
        return IDQ_CONFIG;
    fetch.purpose = PURPOSE_KEYS;
    fetch.timeout_ms = FETCH_MS;
    result = run(config, &fetch, &answer);
    if (result == 0 && answer.n_keys == 0)
        return IDQ_AGENT; /* it never calls that a success */
    *ret_n_keys = answer.n_keys;
    return result;
}
