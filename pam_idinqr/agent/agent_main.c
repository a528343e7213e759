/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr-agent: asks a backend which person approved, and checks the answers. The module or
 * idinqr(1) starts it as its user. Descriptor 0 is the wire, 3 the fetch process's socket, and 4
 * the picture reader's, if the provider needs one. It reports a result and decides nothing. It has
 * the keys and no network. All its input is untrusted, except the module's START. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/agent/agent_probe.h"
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/jail/jail.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <syslog.h>
#include <unistd.h>

#define START_MS  10000 /* for the module to send START */
#define LINGER_MS 2000  /* for the module to read the result */
#define CODES_MAX 10    /* in one login */
#define CODE_LEAST_MS                                                                              \
    10000 /* of the login, to request another code: scanning and approving takes longer */
#define RETRY_LEAST_MS 250 /* between polls that fail */

static bool
may_pass(int error)
{
    return error == IDQ_UNREACHABLE || error == IDQ_BUSY;
}

/* Has the module ask for the number on the phone. Returns 0, IDQ_TIMEOUT or IDQ_CANCELLED. */
static int
ask_for_number(const struct provider *provider, void *state, const struct provider_context *context,
               const struct provider_status *status)
{
    char number[NUMBER_SIZE];
    int error;

    wire_send_ask(context->wire, status->tries_left, status->result.transaction);
    error = wire_receive_number(context->wire, context->deadline_ms, number);
    if (!error)
        provider->take_number(state, number);
    secret_wipe(number, sizeof number);
    return error;
}

/* Polls, first after next_ms, until there is an outcome. Returns 0 with ret_result, IDQ_TIMEOUT at
 * the deadline, or another error. *ret_scanned is set after a scan. */
static int
wait_for_person(const struct provider *provider, void *state,
                const struct provider_context *context, int next_ms,
                struct result_message *ret_result, bool *ret_scanned)
{
    struct wire *wire = context->wire;
    struct provider_status status = {.next_ms = next_ms};
    bool is_failing = false, was_told = false;
    int error;

    *ret_scanned = false;

    for (;;) {
        if (wire_wait(wire, status.next_ms))
            return IDQ_CANCELLED;
        if (clock_left_ms(context->deadline_ms) == 0)
            return IDQ_TIMEOUT;
        error = provider->poll(state, &status);
        if (error && !may_pass(error))
            return error;
        /* Logs one line when polls begin to fail and one when they succeed again. */
        if (error && !is_failing)
            wire_log(wire, LOG_WARNING, "%s; retrying", error_text(error));
        if (!error && is_failing)
            wire_log(wire, LOG_NOTICE, "the backend answers again");
        is_failing = error != 0;
        if (!error && status.was_scanned)
            *ret_scanned = true;
        if (!error && status.state == PROVIDER_DONE) {
            *ret_result = status.result;
            result_wipe(&status.result);
            return 0;
        }
        if (!error && status.state == PROVIDER_SCANNED && !was_told) {
            wire_send_state(wire, STATE_SCANNED);
            was_told = true;
        }
        if (!error && status.state == PROVIDER_NUMBER) {
            error = ask_for_number(provider, state, context, &status);
            if (error)
                return error;
        }
        if (error && status.next_ms < RETRY_LEAST_MS)
            status.next_ms = RETRY_LEAST_MS;
    }
}

/* Returns the time for a cancel. A request may have used part of it after the module closed. */
static int
cancel_left_ms(const struct wire *wire)
{
    return wire->cancelled ? clock_left_ms(wire->cancelled_ms + PROVIDER_CANCEL_MS)
                           : PROVIDER_CANCEL_MS;
}

/* Ends with a RESULT, unless the module closed or the time is up. */
static void
run_provider(const struct provider *provider, const struct provider_context *context)
{
    struct wire *wire = context->wire;
    struct qr_message qr = {0};
    RESULT_AUTO result = {0};
    void *state = NULL;
    bool was_scanned = false;
    int next_ms = 0, error;

    /* If a code expires early and was not scanned, a new one replaces it. If it was scanned, or the
     * login is nearly over, the person gets the error instead. */
    for (int n_codes = 1;; n_codes++) {
        error = provider->start(context, &state, &qr, &next_ms);
        if (error)
            break;
        wire_send_qr(wire, &qr);
        error = wait_for_person(provider, state, context, next_ms, &result, &was_scanned);
        if (error || result.outcome != IDQ_EXPIRED || was_scanned || n_codes == CODES_MAX ||
            clock_left_ms(context->deadline_ms) < CODE_LEAST_MS)
            break;
        provider->end(&state);
        result_wipe(&result);
    }
    if (error)
        result.outcome = error;
    /* The module measures the same time, and reports the timeout. */
    if (error != IDQ_TIMEOUT)
        wire_send_result(wire, &result);
    if (error && provider->cancel)
        provider->cancel(state, cancel_left_ms(wire));
    provider->end(&state);
    if (error == IDQ_TIMEOUT)
        (void)wire_wait(wire, LINGER_MS);
}

/* Runs one login as START describes it. Returns 0, or the reason why it did not begin. */
static int
serve(struct wire *wire)
{
    START_AUTO start = {0};
    struct provider_settings settings;
    struct provider_context context = {.start = &start, .settings = &settings, .wire = wire};
    struct fetch fetch;
    const struct provider *provider;
    int error;

    if (wire_receive_start(wire, START_MS, &start))
        return IDQ_AGENT;
    provider = provider_find(start.provider);
    if (!provider) {
        wire_log(wire, LOG_ERR, "the agent has no provider of that name");
        return IDQ_CONFIG;
    }
    if (provider_read_settings(&start, &settings)) {
        wire_log(wire, LOG_ERR, "the agent does not know one of the settings");
        return IDQ_CONFIG;
    }
    context.deadline_ms = clock_ms() + start.timeout_ms;
    context.fetch = &fetch;
    error = fetch_begin(&fetch, wire, FETCH_SOCKET, &start);
    if (error)
        return error;
    switch (start.purpose) {
    case PURPOSE_LOGIN:
        run_provider(provider, &context);
        break;
    case PURPOSE_PROBE:
        wire_send_probed(wire, agent_probe_run(&context));
        break;
    case PURPOSE_KEYS:
        wire_send_probed(wire, key_fetch_run(&context));
        break;
    }
    return 0;
}

/* Runs before the libraries have allocated memory. They read their files now, while the process can
 * open files. */
static int
set_up_libraries(void)
{
    json_set_alloc_funcs(wiping_heap_malloc, wiping_heap_free);
    json_object_seed(0);
    return wiping_heap_give_openssl() != 0 || !OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL)
               ? IDQ_SYSTEM
               : 0;
}

/* Runs one login or one probe, and returns an exit status. A separate function, so that its stack
 * frame is wiped. */
static __attribute__((noinline)) int
run(void)
{
    struct wire wire = {.socket = STDIN_FILENO};
    struct result_message result = {0};

    if (!wire_is_at(wire.socket)) {
        fputs("idinqr-agent is started by pam_idinqr and by idinqr(1), never by hand.\n", stderr);
        return 2;
    }
    /* The process was executed by descriptor, so ps(1) would show the descriptor's number as its
     * name. */
    (void)prctl(PR_SET_NAME, "idinqr-agent", 0, 0, 0);
    result.outcome = jail_begin();
    if (result.outcome == IDQ_AGENT)
        wire_log(&wire, LOG_ERR, "the agent refuses to run as root");
    if (!result.outcome)
        result.outcome = set_up_libraries();
    if (!result.outcome)
        result.outcome = jail_close(JAIL_AGENT, &wire);
    if (!result.outcome)
        result.outcome = serve(&wire);
    if (result.outcome) {
        wire_send_result(&wire, &result);
        wire_linger(&wire, LINGER_MS); /* START may be in the socket, unread */
    }
    return 0;
}

int
main(void)
{
    int status = run();

    secret_wipe_stack();
    /* No exit handlers of libraries: the linker would resolve their calls, and save registers to
     * the stack that may still contain parts of a request. */
    _exit(status);
}
