/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, on names that a client may have chosen. */
#include "pam_idinqr/audit/audit.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/audit/journal.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <unistd.h>

void
audit_new_session(char ret_session[AUDIT_SESSION_SIZE])
{
    unsigned char bytes[(AUDIT_SESSION_SIZE - 1) / 2] = {0};

    /* Not a secret: it only has to differ from the others in the log. */
    (void)!getrandom(bytes, sizeof bytes, GRND_NONBLOCK);
    characters_write_hex(bytes, sizeof bytes, ret_session);
}

#define VALUE_MAX  255 /* bytes of a value: the longest name of a machine */
#define DETAIL_MAX 511 /* bytes of a quoted one: the text of a diag */

struct field {
    const char *keyword;      /* in the line */
    const char *journal_name; /* in the journal */
    const char *value;        /* NULL or "": omitted */
    bool is_quoted;           /* quoted in the line, because it may contain blanks */
};

#define N_FIELDS 15

static void
list_fields(const struct audit *audit, const char *duration, struct field ret_fields[N_FIELDS])
{
    const char *outcome = audit->is_asking ? "" : error_word(audit->outcome);
    const struct field fields[N_FIELDS] = {
        {"outcome", "IDINQR_OUTCOME", outcome, 0},
        {"session", "IDINQR_SESSION", audit->session, 0},
        {"service", "IDINQR_SERVICE", audit->service, 0},
        {"account", "IDINQR_ACCOUNT", audit->account, 0},
        {"provider", "IDINQR_PROVIDER", audit->provider, 0},
        {"duration", "IDINQR_DURATION_MS", audit->is_asking ? "" : duration, 0},
        {"tty", "IDINQR_TTY", audit->tty, 0},
        {"rhost", "IDINQR_RHOST", audit->rhost, 0},
        {"uid", "IDINQR_UID", audit->uid, 0},
        {"loginuid", "IDINQR_LOGINUID", audit->loginuid, 0},
        {"identity", "IDINQR_IDENTITY", audit->hash, 0},
        {"issuer", "IDINQR_ISSUER", audit->issuer, 0},
        {"transaction", "IDINQR_TRANSACTION", audit->transaction, 0},
        {"station", "IDINQR_STATION", audit->station, 1},
        {"detail", "IDINQR_DETAIL", audit->detail, 1},
    };

    memcpy(ret_fields, fields, sizeof fields);
}

/* Truncates, and replaces all but printable ASCII. So no byte ends a line or changes a terminal's
 * display. */
static void
copy_value(const struct field *field, char ret_value[DETAIL_MAX + 1])
{
    snprintf(ret_value, DETAIL_MAX + 1, "%.*s", field->is_quoted ? DETAIL_MAX : VALUE_MAX,
             field->value ? field->value : "");
    characters_make_loggable(ret_value);
}

/* Appends " keyword=value", or nothing without a value. */
static void
add_to_line(char *line, size_t size, const struct field *field)
{
    const char *quote = field->is_quoted ? "\"" : "";
    char value[DETAIL_MAX + 1];
    size_t used = strlen(line);

    copy_value(field, value);
    characters_make_value(value, field->is_quoted);
    if (*value)
        snprintf(line + used, size - used, "%s%s=%s%s%s", used ? " " : "", field->keyword, quote,
                 value, quote);
}

void
audit_format(const struct audit *audit, char *ret_line, size_t size)
{
    struct field fields[N_FIELDS];
    char duration[32];

    snprintf(duration, sizeof duration, "%lld.%llds", (long long)audit->duration_ms / 1000,
             (long long)audit->duration_ms % 1000 / 100);
    list_fields(audit, duration, fields);
    snprintf(ret_line, size, "%s", audit->is_asking ? "asking" : "");
    for (size_t i = 0; i < N_FIELDS; i++)
        add_to_line(ret_line, size, &fields[i]);
}

#define MESSAGE_SIZE (AUDIT_LINE_SIZE + VALUE_MAX + 32)

/* Begins like a line of pam_syslog, which the journal's readers and filters know. */
static void
write_message(const struct audit *audit, char ret_message[MESSAGE_SIZE])
{
    char line[AUDIT_LINE_SIZE];

    audit_format(audit, line, sizeof line);
    snprintf(ret_message, MESSAGE_SIZE, "pam_idinqr(%.*s:auth): %s", VALUE_MAX,
             audit->service ? audit->service : "", line);
    characters_make_loggable(ret_message);
}

int
audit_to_journal(const struct audit *audit, int priority, const char *socket_path)
{
    /* An application's name is its argv[0], which any user may choose. */
    const struct field program = {"", "", program_invocation_short_name, 0};
    char message[MESSAGE_SIZE], priority_digits[12], facility_digits[12], pid_digits[12],
        duration_digits[24];
    char program_name[DETAIL_MAX + 1], values[N_FIELDS][DETAIL_MAX + 1];
    struct field fields[N_FIELDS];
    struct journal_field record[5 + N_FIELDS] = {
        {"MESSAGE", message},
        {"PRIORITY", priority_digits},
        {"SYSLOG_FACILITY", facility_digits},
        {"SYSLOG_IDENTIFIER", program_name},
        {"SYSLOG_PID", pid_digits},
    };
    size_t n = 5;

    write_message(audit, message);
    snprintf(priority_digits, sizeof priority_digits, "%d", LOG_PRI(priority));
    snprintf(facility_digits, sizeof facility_digits, "%d", LOG_FAC(LOG_AUTHPRIV));
    snprintf(pid_digits, sizeof pid_digits, "%d", (int)getpid());
    snprintf(duration_digits, sizeof duration_digits, "%lld", (long long)audit->duration_ms);
    copy_value(&program, program_name);
    list_fields(audit, duration_digits, fields);
    for (size_t i = 0; i < N_FIELDS; i++) {
        copy_value(&fields[i], values[i]);
        if (*values[i])
            record[n++] = (struct journal_field){fields[i].journal_name, values[i]};
    }
    return journal_send(socket_path, record, n);
}
