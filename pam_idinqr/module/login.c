/* See login.h. */
#include "pam_idinqr/module/login.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/identity/subject.h"
#include "pam_idinqr/module/agent_process.h"
#include "pam_idinqr/module/wait.h"
#include "pam_idinqr/wire/frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define AGENT_GRACE_MS 2000 /* for the agent to cancel at the backend */
#define CODES_MAX      20   /* in one login */
#define FRAMES_MAX     200  /* in one login: more is no login but a flood */
#define TEXT_ROWS      7    /* lines around the drawing, the cursor's included */
#define LINK_INDENT    2    /* columns before the link */

struct attempt {
    const struct login *login;
    struct agent_process agent;
    struct wait wait;
    unsigned n_codes, n_frames;
    char station[64];
    struct problem *problem;
};

void
login_station(const struct config *config, char *ret_station, size_t size)
{
    char host[256];

    snprintf(ret_station, size, "%s", config_text(config, "station"));
    if (ret_station[0] != '\0')
        return;
    if (gethostname(host, sizeof host) != 0)
        host[0] = '\0';
    host[sizeof host - 1] = '\0';
    host[strcspn(host, ".")] = '\0';
    snprintf(ret_station, size, "%s", host[0] ? host : "this machine");
}

/* A setting that is longer than the wire's field for it. */
static int
copy_text(char *field, size_t capacity, const char *text)
{
    size_t size = strlen(text);

    if (size >= capacity)
        return -1;
    memcpy(field, text, size + 1);
    return 0;
}

static int
send_start(struct attempt *attempt)
{
    const struct config *config = attempt->login->config;
    const struct provider_description *provider = config_provider(config);
    START_AUTO start = {.timeout_ms = (uint32_t)wait_left_ms(&attempt->wait)};
    FRAME_AUTO frame;
    int failed = 0;

    failed |= copy_text(start.provider, sizeof start.provider, provider->name);
    failed |= copy_text(start.language, sizeof start.language,
                        text_language_code(attempt->login->language));
    failed |= copy_text(start.station, sizeof start.station, attempt->station);
    failed |= copy_text(start.ca_file, sizeof start.ca_file, config_text(config, "ca_file"));
    failed |=
        copy_text(start.pin_sha256, sizeof start.pin_sha256, config_text(config, "pin_sha256"));
    failed |= copy_text(start.proxy, sizeof start.proxy, config_text(config, "proxy"));
    for (const struct setting *setting = provider->settings; setting->keyword; setting++) {
        size_t i = start.n_settings++;
        failed |= copy_text(start.settings[i].keyword, sizeof start.settings[i].keyword,
                            setting->keyword);
        failed |= copy_text(start.settings[i].value, sizeof start.settings[i].value,
                            config_provider_text(config, setting->keyword));
    }
    message_write_start(&frame, &start);
    if (failed || frame.broken) {
        problem_set(attempt->problem, "the settings are too long for the agent");
        return IDQ_CONFIG;
    }
    return frame_send(&frame, attempt->agent.socket);
}

static void
write_code(FILE *stream, const struct attempt *attempt, const struct qr_message *qr,
           enum drawing_mode mode, unsigned quiet)
{
    const struct login *login = attempt->login;
    enum text_language language = login->language;
    long left_s = (wait_left_ms(&attempt->wait) + 999) / 1000;
    struct https_url url;
    char left[32];

    /* The line before the first: a host may have written something of its own there. */
    fputs("\n  ", stream);
    if (login->account)
        text_write(stream, language, TEXT_ENTERING_ACCOUNT, attempt->station, login->account,
                   login->service);
    else
        text_write(stream, language, TEXT_ENTERING, attempt->station, login->service, NULL);
    fputs("\n  ", stream);
    text_write(stream, language, mode == DRAWING_URL ? TEXT_OPEN_LINK : TEXT_SCAN, NULL, NULL,
               NULL);
    fputc('\n', stream);
    drawing_write(stream, qr, mode, quiet);
    fprintf(stream, "  %s\n  ", qr->payload);
    if (https_url_parse(qr->payload, strlen(qr->payload), &url) == 0) {
        char authority[sizeof url.host + 8];
        snprintf(authority, sizeof authority, url.port == 443 ? "%s" : "%s:%u", url.host, url.port);
        text_write(stream, language, TEXT_CHECK_LINK, authority, NULL, NULL);
    }
    fputs("\n  ", stream);
    snprintf(left, sizeof left, "%ld:%02ld", left_s / 60, left_s % 60);
    text_write(stream, language, TEXT_WAITING, left, NULL, NULL);
}

/* The rows of text beside the drawing: a link that is longer than a row takes more of them. */
static unsigned
text_rows(const struct terminal *terminal, const struct qr_message *qr)
{
    unsigned columns = LINK_INDENT + (unsigned)strlen(qr->payload);

    return TEXT_ROWS + (terminal->columns > 0 ? (columns - 1) / terminal->columns : 0);
}

static int
show_code(const struct attempt *attempt, const struct qr_message *qr)
{
    const struct login *login = attempt->login;
    const char *display = config_text(login->config, "display");
    unsigned quiet = 2;
    enum drawing_mode mode = DRAWING_URL;
    char *text = NULL;
    size_t size;
    FILE *stream;
    int result;

    if (strcmp(display, "half") == 0)
        mode = DRAWING_HALF;
    else if (strcmp(display, "auto") == 0)
        mode = terminal_choose(login->terminal, qr->size, text_rows(login->terminal, qr), &quiet);
    stream = open_memstream(&text, &size);
    if (!stream)
        return IDQ_SYSTEM;
    write_code(stream, attempt, qr, mode, quiet);
    if (fclose(stream) != 0) {
        free(text);
        return IDQ_SYSTEM;
    }
    result = login->conversation->show(login->conversation->context, text);
    free(text);
    return result;
}

/* The agent has checked this too; a module that need not believe it does not. */
static int
leads_to_allowed_host(const struct attempt *attempt, const struct qr_message *qr)
{
    const struct config *config = attempt->login->config;
    struct https_url url;

    return https_url_parse(qr->payload, strlen(qr->payload), &url) == 0 &&
           https_url_is_allowed(
               &url, config_provider_text(config, config_provider(config)->hosts_keyword));
}

static int
take_qr(struct attempt *attempt, struct frame *frame)
{
    struct qr_message qr;
    int result = message_read_qr(frame, &qr);

    if (result != 0 || attempt->n_codes++ >= CODES_MAX)
        return IDQ_AGENT;
    result = leads_to_allowed_host(attempt, &qr) ? show_code(attempt, &qr) : IDQ_HOST;
    secret_wipe(&qr, sizeof qr); /* whoever has the link can use the code */
    return result;
}

static int
take_state(struct attempt *attempt, struct frame *frame)
{
    const struct login *login = attempt->login;
    enum login_state state;
    char text[200];

    if (attempt->n_codes == 0 || message_read_state(frame, &state) != 0)
        return IDQ_AGENT;
    text_copy(text, sizeof text, login->language, TEXT_SCANNED, NULL);
    return conversation_show(login->conversation, "  %s", text);
}

/* The administrator's line about a login holds the last thing that went wrong in the agent. */
static int
take_log(struct attempt *attempt, struct frame *frame)
{
    struct log_message log;

    if (message_read_log(frame, &log) != 0)
        return IDQ_AGENT;
    if (log.priority <= LOG_WARNING)
        problem_set(attempt->problem, "%s", log.line);
    else
        attempt->login->log(attempt->login->log_context, log.priority, log.line);
    return 0;
}

static int
take_result(struct attempt *attempt, struct frame *frame, struct result_message *ret_result)
{
    int result = message_read_result(frame, ret_result);

    if (result != 0)
        return result;
    if (ret_result->outcome != IDQ_OK)
        return ret_result->outcome;
    if (attempt->n_codes == 0)
        return IDQ_AGENT; /* verified, though nobody was shown a code */
    return subject_check(config_provider(attempt->login->config)->name, ret_result->subject);
}

/* Takes one frame. *ret_is_over once the login has ended with what is returned. */
static int
take_frame(struct attempt *attempt, struct result_message *ret_result, int *ret_is_over)
{
    FRAME_AUTO frame;
    int result = frame_receive(&frame, attempt->agent.socket);

    *ret_is_over = 1;
    if (result <= 0 || attempt->n_frames++ >= FRAMES_MAX)
        return IDQ_AGENT;
    switch (frame_type(&frame)) {
    case MESSAGE_QR:
        result = take_qr(attempt, &frame);
        break;
    case MESSAGE_STATE:
        result = take_state(attempt, &frame);
        break;
    case MESSAGE_LOG:
        result = take_log(attempt, &frame);
        break;
    case MESSAGE_RESULT:
        return take_result(attempt, &frame, ret_result);
    default:
        return IDQ_AGENT;
    }
    *ret_is_over = result != 0;
    return result;
}

static int
wait_for_result(struct attempt *attempt, struct result_message *ret_result)
{
    int is_over = 0, result = IDQ_AGENT;

    while (!is_over) {
        switch (wait_for(&attempt->wait, attempt->agent.socket)) {
        case WAIT_READY:
            result = take_frame(attempt, ret_result, &is_over);
            break;
        case WAIT_STOPPED:
            return IDQ_CANCELLED;
        case WAIT_HANGUP:
            return IDQ_HANGUP;
        case WAIT_TIMEOUT:
            return IDQ_TIMEOUT;
        case WAIT_FAILED:
            return IDQ_SYSTEM;
        }
    }
    return result;
}

int
login_run(const struct login *login, struct result_message *ret_result, struct problem *ret_problem)
{
    struct attempt attempt = {.login = login, .problem = ret_problem};
    struct problem end_problem = {"the agent broke the protocol"};
    int result = IDQ_AGENT;

    memset(ret_result, 0, sizeof *ret_result);
    ret_problem->text[0] = '\0';
    login_station(login->config, attempt.station, sizeof attempt.station);
    result = wait_begin(&attempt.wait, login->terminal->fd,
                        config_number(login->config, "timeout") * 1000);
    if (result == 0)
        result =
            agent_process_start(config_text(login->config, "agent"), &attempt.agent, ret_problem);
    if (result == 0) {
        result = send_start(&attempt);
        if (result == 0)
            result = wait_for_result(&attempt, ret_result);
        /* How the agent ended says nothing about a login that has ended before, unless the agent's
         * end is what ended it. */
        (void)agent_process_end(&attempt.agent, AGENT_GRACE_MS, &end_problem);
        if (result == IDQ_AGENT && ret_problem->text[0] == '\0')
            *ret_problem = end_problem;
        /* Nothing may follow a RESULT: an agent that says more is not ours any more. */
        if (result == 0 && attempt.agent.n_unread > 0) {
            problem_set(ret_problem, "the agent went on after its result");
            result = IDQ_AGENT;
        }
    }
    wait_end(&attempt.wait);
    if (result != 0)
        result_wipe(ret_result);
    return result;
}
