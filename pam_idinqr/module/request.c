/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs in the application, often as root. PAM's functions return 0 on success. */
#include "pam_idinqr/module/request.h"

#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/audit/journal.h"

#include <fcntl.h>
#include <security/pam_ext.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* The fields that are known at the start of a login. */
static struct audit
audit_of(const struct request *request)
{
    struct audit audit = {
        .service = request->service,
        .account = request->account[0] ? request->account : request->user,
        .tty = request->tty,
        .rhost = request->rhost,
        .uid = request->uid,
        .loginuid = request->loginuid,
        .provider = request->provider,
        .station = request->station,
    };

    memcpy(audit.session, request->session, sizeof audit.session);
    return audit;
}

static int
show(void *context, const char *text)
{
    const struct request *request = context;
    int style;

    /* PAM_SILENT is ignored: sudo always sets it, and without a visible code no login succeeds. */
    if (!request->service)
        return IDQ_CONV;
    style = application_shows_errors_only(request->service) ? PAM_ERROR_MSG : PAM_TEXT_INFO;
    return pam_prompt(request->pamh, style, NULL, "%s", text) == 0 ? 0 : IDQ_CONV;
}

/* If sshd's client goes or its time ends during a prompt, sshd kills the process of the module:
 * pam_idinqr(8), BUGS. So the log records first that a code was shown. */
static void
log_asking(struct request *request)
{
    struct audit audit = audit_of(request);
    char line[AUDIT_LINE_SIZE];

    if (request->was_asked)
        return;
    request->was_asked = true;
    audit.is_asking = true;
    audit_format(&audit, line, sizeof line);
    pam_syslog(request->pamh, LOG_NOTICE, "%s", line);
}

static int
ask(void *context, const char *prompt, char *ret_line, size_t size)
{
    struct request *request = context;
    char *answer = NULL;
    int result = IDQ_CONV;

    log_asking(request);
    /* An application may report success without an answer. */
    if (pam_prompt(request->pamh, PAM_PROMPT_ECHO_ON, &answer, "%s", prompt) == 0 && answer &&
        strlen(answer) < size) {
        memcpy(ret_line, answer, strlen(answer) + 1);
        result = 0;
    }
    if (answer)
        secret_wipe(answer, strlen(answer)); /* some people type a password here by habit */
    free(answer);
    return result;
}

static void
forget_items(struct request *request)
{
    free(request->service);
    free(request->user);
    free(request->tty);
    free(request->rhost);
    request->service = request->user = request->tty = request->rhost = NULL;
}

/* `unset` replaces an item that is not set. */
static int
copy_item(const struct request *request, int type, const char *unset, char **ret_text)
{
    const void *value = NULL;

    if (pam_get_item(request->pamh, type, &value) != 0)
        return IDQ_SYSTEM;
    if (!value)
        value = unset;
    *ret_text = value ? strdup(value) : NULL;
    return *ret_text || !value ? 0 : IDQ_SYSTEM;
}

/* The user who called su or sudo, and the user of the session, if pam_loginuid(8) sets it. This
 * shows when mallory requests a login as alice and approves it as mallory. */
static void
ask_kernel(struct request *request)
{
    int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, request->loginuid, sizeof request->loginuid - 1);

    if (fd >= 0)
        close(fd);
    request->loginuid[size < 0 ? 0 : size] = '\0';
    request->loginuid[strspn(request->loginuid, "0123456789")] = '\0';
    if (strcmp(request->loginuid, "4294967295") == 0)
        request->loginuid[0] = '\0'; /* not in a login session: a service's, or a console's */
    snprintf(request->uid, sizeof request->uid, "%u", (unsigned)getuid());
}

int
request_begin(struct request *request, pam_handle_t *pamh)
{
    int result;

    *request = (struct request){.pamh = pamh, .start_ms = clock_ms()};
    request->conversation = (struct conversation){request, show, ask, .columns = 0};
    audit_new_session(request->session);
    ask_kernel(request);
    result = copy_item(request, PAM_SERVICE, "", &request->service);
    if (result == 0)
        result = copy_item(request, PAM_USER, NULL, &request->user);
    if (result == 0)
        result = copy_item(request, PAM_TTY, "", &request->tty);
    if (result == 0)
        result = copy_item(request, PAM_RHOST, "", &request->rhost);
    if (result != 0)
        forget_items(request);
    return result;
}

void
request_end(struct request *request)
{
    forget_items(request);
}

bool
request_is_for(const struct request *request, const char *account)
{
    const void *user = NULL;

    return pam_get_item(request->pamh, PAM_USER, &user) == 0 && user && strcmp(user, account) == 0;
}

/* Whether the application, such as sshd, shows a message only with its next prompt, and drops it if
 * the login fails before that. Only an application without a terminal asks in place of showing. */
static bool
drops_messages(const struct request *request)
{
    return request->was_asked && request->conversation.columns == 0;
}

/* Whether there is no person to tell, or no text. */
static bool
has_no_reason(const struct request *request, int result)
{
    return result == IDQ_CONV || result == IDQ_HANGUP || request->was_told;
}

void
request_tell(void *context, int result)
{
    struct request *request = context;
    char text[TEXT_ERROR_SIZE];

    if (has_no_reason(request, result) || (result != IDQ_OK && drops_messages(request)))
        return;
    request->was_told = true;
    if (result == IDQ_OK)
        text_copy(text, sizeof text, &request->voice, TEXT_WELCOME, request->account);
    else
        text_copy_error(text, sizeof text, &request->voice, result);
    /* An error of the conversation changes nothing any more. */
    (void)conversation_show(&request->conversation, "  %s", text);
}

void
request_tell_in_prompt(struct request *request, int result)
{
    char reason[TEXT_ERROR_SIZE], go_on[100], prompt[TEXT_ERROR_SIZE + 110], answer[512];

    if (has_no_reason(request, result) || result == IDQ_OK || !drops_messages(request))
        return;
    if (result == IDQ_CANCELLED)
        return; /* the person knows, and a signal to exit must not wait for a person */
    request->was_told = true;
    text_copy_error(reason, sizeof reason, &request->voice, result);
    text_copy(go_on, sizeof go_on, &request->voice, TEXT_GO_ON, NULL);
    snprintf(prompt, sizeof prompt, "\n  %s\n  %s", reason, go_on);
    (void)ask(request, prompt, answer, sizeof answer);
    secret_wipe(answer, sizeof answer); /* some people type a password here by habit */
}

/* Without echo: some people type a password at any question. */
int
request_wait_for_enter(struct request *request)
{
    char text[TEXT_ERROR_SIZE] = "  ", *answer = NULL;
    int result;

    text_copy(text + 2, sizeof text - 2, &request->voice, TEXT_ANOTHER_CODE, NULL);
    text_wrap(text, request->conversation.columns);
    result = pam_prompt(request->pamh, PAM_PROMPT_ECHO_OFF, &answer, "%s", text);
    if (answer)
        secret_wipe(answer, strlen(answer));
    free(answer);
    return result == 0 ? 0 : IDQ_CONV;
}

void
request_log_line(void *context, int priority, const char *line)
{
    const struct request *request = context;

    /* One line about a login is enough, except for debugging. */
    if (request->debug)
        pam_syslog(request->pamh, priority, "session=%s %s", request->session, line);
}

/* One record, not also a line: the journal forwards records to syslog, which would log the login
 * twice. */
void
request_log_end(const struct request *request, int result)
{
    struct audit audit = audit_of(request);
    int priority = result == IDQ_OK ? LOG_NOTICE : LOG_WARNING;
    char line[AUDIT_LINE_SIZE], detail[DIAG_LINE_SIZE];

    audit.outcome = result;
    audit.hash = request->hash;
    audit.issuer = request->issuer;
    audit.transaction = request->transaction;
    audit.detail = diag_format(&request->diag, detail);
    audit.duration_ms = clock_ms() - request->start_ms;
    if (audit_to_journal(&audit, priority, JOURNAL_SOCKET) == 0)
        return;
    audit_format(&audit, line, sizeof line);
    pam_syslog(request->pamh, priority, "%s", line);
}
