/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this, often as root. Everything from the agent is untrusted. */
#include "pam_idinqr/login/login.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/login/login_screen.h"
#include "pam_idinqr/wire/frame.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define CODES_MAX  20   /* in one login */
#define FRAMES_MAX 200  /* in one login: more is a flood */
#define TICK_MS    5000 /* between two updates of the time */
#define CONTACT_MS 1000 /* without a code, before a person is told who is contacted */

/* Of waiting between two prompts. sshd notices only in a prompt that its client has gone. The agent
 * then needs time to cancel, within two seconds in all. */
#define PROMPT_SLICE_MS 1000

/* For an application that shows a code only in a prompt, unless the setting timeout is set. */
#define PROMPT_TIMEOUT_S 100

struct login_run {
    const struct login *login;
    struct agent_process agent;
    struct wait wait;
    struct login_screen screen;
    bool has_ticked; /* before the first code */
    unsigned n_codes, n_frames;
    unsigned tries_left; /* for the number on the phone; 0: it was not asked for */
    char transaction[TRANSACTION_MAX + 1]; /* as the agent last named it; or "" */
    struct diag *diag;
};

static void
reach(const struct login *login, enum login_step step)
{
    if (login->reached)
        login->reached(login->reached_context, step);
}

static int
show_code(struct login_run *run)
{
    int result = login_screen_show_code(&run->screen, wait_left_ms(&run->wait));

    if (result == 0)
        reach(run->login, LOGIN_CODE_SHOWN);
    return result;
}

static int
show_state(struct login_run *run)
{
    return login_screen_show_state(&run->screen, wait_left_ms(&run->wait));
}

/* If a message appears only with a prompt, each wait ends with one. Only a prompt lets such an
 * application notice that its client has gone. */
static int
ask_to_wait(struct login_run *run)
{
    const struct conversation *conversation = run->login->conversation;
    CODE_TEXT_AUTO *prompt = NULL;
    char answer[512];
    int result = login_screen_make_prompt(&run->screen, wait_left_ms(&run->wait), &prompt);

    if (result != 0)
        return result;
    reach(run->login, LOGIN_CODE_SHOWN);
    wait_pause(&run->wait);
    result = conversation->ask(conversation->context, prompt, answer, sizeof answer);
    wait_resume(&run->wait);
    secret_wipe(answer, sizeof answer); /* some people type a password here by habit */
    return result;
}

/* The agent has checked this too. The module does not rely on it. */
static bool
leads_to_allowed_host(const struct login_run *run)
{
    const struct config *config = run->login->config;
    const struct provider_settings *settings = &config->settings;
    struct https_url url;

    if (https_url_parse(run->screen.qr.payload, strlen(run->screen.qr.payload), &url) != 0)
        return false;
    return settings->qr_hosts[0]
               ? https_url_is_allowed(&url, settings->qr_hosts)
               : https_url_is_at(&url, provider_scope_url(config->provider, settings));
}

static int
take_qr(struct login_run *run, struct frame *frame)
{
    int result = message_read_qr(frame, login_screen_next_code(&run->screen));

    if (result != 0 || run->n_codes++ >= CODES_MAX)
        return IDQ_AGENT;
    reach(run->login, LOGIN_CODE_MADE);
    if (!leads_to_allowed_host(run))
        return IDQ_HOST;
    result = login_screen_encode(&run->screen);
    if (result != 0)
        return result;
    /* A prompt waits until all of the agent's frames are read. */
    return run->login->application == APPLICATION_PROMPT ? 0 : show_code(run);
}

static int
take_state(struct login_run *run, struct frame *frame)
{
    enum login_state state;

    if (run->n_codes == 0 || message_read_state(frame, &state) != 0)
        return IDQ_AGENT;
    run->screen.is_scanned = true;
    reach(run->login, LOGIN_SCANNED);
    return run->login->application == APPLICATION_PROMPT ? 0 : show_state(run);
}

/* The record of a login contains the agent's last error. */
static int
take_log(struct login_run *run, struct frame *frame)
{
    struct log_message log;

    if (message_read_log(frame, &log) != 0)
        return IDQ_AGENT;
    if (log.priority <= LOG_WARNING)
        diag_set(run->diag, "%s", log.line);
    else
        run->login->log(run->login->log_context, log.priority, log.line);
    return 0;
}

/* Without an answer the person has pressed Ctrl-C, unless the terminal is gone. */
static int
why_no_number(struct login_run *run, int result)
{
    bool is_left = result == IDQ_CONV && run->login->terminal->fd >= 0 &&
                   wait_for(&run->wait, -1, 0) != WAIT_HANGUP;

    return is_left ? IDQ_CANCELLED : result;
}

/* A relay shows a number on the phone, which proves that its person is at this desk. */
static int
take_ask(struct login_run *run, struct frame *frame)
{
    const struct login *login = run->login;
    bool is_again = run->tries_left > 0;
    unsigned tries_left;
    char number[NUMBER_SIZE];
    int result = message_read_ask(frame, &tries_left, run->transaction);

    if (result != 0 || run->n_codes == 0 || !login->config->settings.idin_qr.is_relay ||
        (is_again && tries_left >= run->tries_left))
        return IDQ_AGENT;
    run->tries_left = tries_left;
    if (login->is_window)
        return IDQ_NO_PROMPT; /* a locker answers each prompt with the typed password */
    if (!is_again && login->application == APPLICATION_TERMINAL) {
        terminal_flush_input(login->terminal); /* it was typed before the question */
        result = login_screen_show_approved(&run->screen);
    }
    if (result != 0)
        return result;
    if (wait_left_ms(&run->wait) == 0)
        return IDQ_TIMEOUT; /* a prompt that was open took it */
    wait_pause(&run->wait);
    result = number_ask(login->conversation, login->voice, tries_left, is_again, number);
    wait_resume(&run->wait);
    if (result != 0)
        return why_no_number(run, result);
    message_write_number(frame, number); /* the caller wipes it; a second one is 8 KB of stack */
    secret_wipe(number, sizeof number);
    if (wait_left_ms(&run->wait) == 0)
        return IDQ_TIMEOUT;
    (void)frame_send(frame, run->agent.socket); /* an agent that has ended has said why */
    return 0;
}

/* The configuration decides which of the two it is, and not the agent. */
static int
check_subject(const struct config *config, const char *subject)
{
    if (!config->settings.idin_qr.is_relay)
        return subject_check(config->provider->name, subject);
    return subject_is_hash(subject, strlen(subject)) ? 0 : IDQ_NO_SUBJECT;
}

static int
take_result(struct login_run *run, struct frame *frame, struct result_message *ret_result)
{
    int result = message_read_result(frame, ret_result);

    if (result != 0)
        return result;
    if (ret_result->transaction[0])
        memcpy(run->transaction, ret_result->transaction, sizeof run->transaction);
    if (ret_result->outcome != IDQ_OK)
        return ret_result->outcome;
    if (run->n_codes == 0)
        return IDQ_AGENT; /* verified, although no code was shown */
    return check_subject(run->login->config, ret_result->subject);
}

/* Handles one frame. *ret_is_over is set if the login has ended with the returned result. */
static int
take_frame(struct login_run *run, struct result_message *ret_result, bool *ret_is_over)
{
    FRAME_AUTO frame;
    int result = frame_receive(&frame, run->agent.socket);

    *ret_is_over = true;
    /* While the application was in a prompt, only the agent measured the time. */
    if (result == 0 && wait_left_ms(&run->wait) == 0)
        return IDQ_TIMEOUT;
    if (result <= 0 || run->n_frames++ >= FRAMES_MAX)
        return IDQ_AGENT;
    switch (frame_type(&frame)) {
    case MESSAGE_QR:
        result = take_qr(run, &frame);
        break;
    case MESSAGE_STATE:
        result = take_state(run, &frame);
        break;
    case MESSAGE_ASK:
        result = take_ask(run, &frame);
        break;
    case MESSAGE_LOG:
        result = take_log(run, &frame);
        break;
    case MESSAGE_RESULT:
        return take_result(run, &frame, ret_result);
    default:
        return IDQ_AGENT;
    }
    *ret_is_over = result != 0;
    return result;
}

/* A code replaces the line that says who is contacted, where a line can be replaced. */
static int
tick_without_code(struct login_run *run)
{
    const struct login *login = run->login;
    bool is_first = !run->has_ticked;

    run->has_ticked = true;
    return is_first && login->application == APPLICATION_TERMINAL && !login->is_window &&
                   login->terminal->takes_escapes
               ? login_screen_show_contacting(&run->screen)
               : 0;
}

/* Updates the time when nothing else has happened. */
static int
tick(struct login_run *run)
{
    if (run->n_codes == 0)
        return tick_without_code(run);
    if (run->tries_left > 0)
        return 0; /* the last word on the screen is the number */
    if (run->login->application == APPLICATION_PROMPT)
        return ask_to_wait(run);
    return run->login->terminal->takes_escapes ? show_state(run) : 0;
}

/* If the person closes the terminal, the application's next message fails. The result must not
 * depend on which of the two is noticed first. */
static int
why_conversation_failed(struct login_run *run)
{
    return wait_for(&run->wait, -1, 0) == WAIT_HANGUP ? IDQ_HANGUP : IDQ_CONV;
}

static int
wait_for_result(struct login_run *run, struct result_message *ret_result)
{
    const struct login *login = run->login;
    int tick_ms = login->application == APPLICATION_PROMPT ? PROMPT_SLICE_MS : TICK_MS;
    int contact_ms = CONTACT_MS;
    bool is_over = false;
    int result = IDQ_AGENT;

    if (login->tick_ms != 0)
        tick_ms = login->tick_ms;
    if (login->contact_ms != 0)
        contact_ms = login->contact_ms;
    while (!is_over) {
        bool is_code_due = login->application == APPLICATION_PROMPT && run->n_codes > 0 &&
                           run->screen.prompt_rows == 0 && run->tries_left == 0;
        int slice_ms = run->n_codes == 0 && !run->has_ticked ? contact_ms : tick_ms;
        switch (wait_for(&run->wait, run->agent.socket, is_code_due ? 0 : slice_ms)) {
        case WAIT_READY:
            result = take_frame(run, ret_result, &is_over);
            break;
        case WAIT_TICK:
            result = tick(run);
            is_over = result != 0;
            break;
        case WAIT_TYPED:
            terminal_flush_input(login->terminal); /* it did not answer the application */
            return IDQ_CANCELLED;
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
    return result == IDQ_CONV ? why_conversation_failed(run) : result;
}

/* sshd allows 120 seconds in all (LoginGraceTime), and tells no module. */
static long
timeout_ms(const struct login *login)
{
    int timeout_s = login->config->timeout_s;

    if (login->application == APPLICATION_PROMPT &&
        !config_is_set(login->config, offsetof(struct config, timeout_s)) &&
        timeout_s > PROMPT_TIMEOUT_S)
        timeout_s = PROMPT_TIMEOUT_S;
    return timeout_s * 1000L;
}

static void
tell_failure(const struct login *login, int error)
{
    if (error != 0 && login->failed)
        login->failed(login->failed_context, error);
}

/* Runs a login with a running agent, until it has ended. */
static int
run_with_agent(struct login_run *run, struct result_message *ret_result)
{
    const struct login *login = run->login;
    struct diag end_diag = {.text = "the agent broke the protocol"};
    const struct agent_login start = {.language = login->voice->language,
                                      .station = run->screen.station,
                                      .service = login->service,
                                      .account = login->account,
                                      .timeout_ms = wait_left_ms(&run->wait)};
    int result = agent_send_start(login->config, &start, run->agent.socket, run->diag);

    if (result == 0)
        result = wait_for_result(run, ret_result);
    if (result == 0)
        reach(login, LOGIN_VERIFIED);
    agent_process_dismiss(&run->agent); /* it cancels at the backend meanwhile */
    tell_failure(login, result);
    /* If the login ended before, the agent's exit status does not matter, unless its exit ended the
     * login. */
    (void)agent_process_end(&run->agent, AGENT_GRACE_MS, &end_diag);
    if (result == IDQ_AGENT && run->diag->text[0] == '\0')
        *run->diag = end_diag;
    /* Nothing may follow a RESULT: an agent that sends more is not trusted. */
    if (result == 0 && run->agent.n_unread > 0) {
        diag_set(run->diag, "the agent sent more after its result");
        result = IDQ_AGENT;
        tell_failure(login, result);
    }
    return result;
}

int
login_run(const struct login *login, struct result_message *ret_result, struct diag *ret_diag)
{
    struct login_run run = {.login = login, .diag = ret_diag};
    int result;

    memset(ret_result, 0, sizeof *ret_result);
    *ret_diag = (struct diag){.line = 0};
    login_screen_begin(&run.screen, login, ret_diag);
    result = wait_begin(&run.wait, login->terminal->fd, timeout_ms(login));
    if (login->application == APPLICATION_TERMINAL && login->terminal->stop_key == STOP_KEY_ENTER) {
        terminal_flush_input(login->terminal); /* not the Enter from before the code was shown */
        run.wait.typing_stops = true;
    }
    if (result == 0)
        result = agent_start(login->config, &run.agent, ret_diag);
    if (result == 0) {
        reach(login, LOGIN_AGENT_STARTED);
        result = run_with_agent(&run, ret_result);
    } else {
        tell_failure(login, result);
    }
    login_screen_end(&run.screen);
    if (result != 0) {
        result_wipe(ret_result);
        memcpy(ret_result->transaction, run.transaction, sizeof run.transaction);
    }
    if (result != 0 && login->wait)
        *login->wait = run.wait;
    else
        wait_end(&run.wait);
    return result;
}
